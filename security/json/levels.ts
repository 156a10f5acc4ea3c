/**
 * The open containers of a JSON text, innermost last, one 32-bit cell each: where its keys begin × 4 + its kind.
 *
 * A hostile body of one megabyte opens a million. Plain arrays grow by half and move to pages of their own beyond 16k
 * elements, which fitted an exponent of 1.33 over `[[[[…`; doubled cells stay at 1.1.
 */
export const ARRAY = 0;
export const OBJECT = 1;
/** The object behind a key `constructor`. */
export const CONSTRUCTOR = 2;
export type Kind = typeof ARRAY | typeof OBJECT | typeof CONSTRUCTOR;

/** One for all: nothing else runs during a scan, and a fresh array cost a short message a tenth of it. */
const SHALLOW = new Int32Array(32);

export class Levels {
  depth = 0;
  #cells: Int32Array = SHALLOW;

  push(kind: Kind, base: number): void {
    if (this.depth === this.#cells.length) {
      const cells = new Int32Array(this.depth * 2);
      cells.set(this.#cells);
      this.#cells = cells;
    }
    this.#cells[this.depth++] = base * 4 + kind;
  }

  pop(): void {
    this.depth--;
  }

  /** Of the innermost container; −1 where none is open. */
  get kind(): Kind | -1 {
    return this.depth === 0 ? -1 : ((this.#cells[this.depth - 1]! & 3) as Kind);
  }

  /** How many keys were open before the innermost container's own. */
  get base(): number {
    return this.depth === 0 ? 0 : this.#cells[this.depth - 1]! >> 2;
  }
}
