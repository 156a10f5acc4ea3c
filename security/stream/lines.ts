/**
 * Bytes in arbitrary chunks → lines, keeping the bytes of all lines since the last `take`. Every byte is copied once
 * and looked at once, so a stream that comes byte by byte costs no more than one that comes whole.
 *
 *   bytes   ────taken────|──lines seen──|──line being read──|
 *                        start          line                end
 */
const LF = 0x0a;
const CR = 0x0d;

export class LineBuffer {
  readonly #ends: 'any' | 'lf';
  #bytes: Uint8Array = new Uint8Array(1024);
  #start = 0;
  #line = 0;
  #seen = 0;
  #end = 0;
  /** The last line ended with CR, so a line feed that follows belongs to it (WHATWG HTML §9.2.5). */
  #afterCr = false;

  /** @param ends  `any`: CR, LF or CRLF end a line; `lf`: only LF does */
  constructor(ends: 'any' | 'lf') {
    this.#ends = ends;
  }

  /** Bytes since the last `take`. */
  get kept(): number {
    return this.#end - this.#start;
  }

  push(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#bytes.length) this.#grow(chunk.length);
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The next whole line without its end; undefined when more bytes are needed. */
  next(): Uint8Array | undefined {
    if (this.#afterCr && this.#line < this.#end) {
      if (this.#bytes[this.#line] === LF) this.#line++;
      this.#seen = Math.max(this.#seen, this.#line);
      this.#afterCr = false;
    }
    for (let i = this.#seen; i < this.#end; i++) {
      const byte = this.#bytes[i];
      if (byte !== LF && (byte !== CR || this.#ends === 'lf')) continue;
      const line = this.#bytes.subarray(this.#line, i);
      // CRLF in one chunk is one line end; where the chunk stops after CR, the line is whole all the same.
      this.#line = byte === CR && this.#bytes[i + 1] === LF && i + 1 < this.#end ? i + 2 : i + 1;
      this.#afterCr = byte === CR && this.#line === i + 1 && this.#line === this.#end;
      this.#seen = this.#line;
      return line;
    }
    this.#seen = this.#end;
    return undefined;
  }

  /** The bytes of the line that no line end has closed; counts as read. */
  rest(): Uint8Array {
    const rest = this.#bytes.subarray(this.#line, this.#end);
    this.#line = this.#end;
    return rest;
  }

  /** A copy of the bytes of the lines read since the last `take`; with `all`, of everything. */
  take(all: boolean = false): Uint8Array {
    const to = all ? this.#end : this.#line;
    const taken = this.#bytes.slice(this.#start, to);
    this.#start = to;
    this.#line = Math.max(this.#line, to);
    this.#seen = Math.max(this.#seen, to);
    return taken;
  }

  #grow(more: number): void {
    const kept = this.kept;
    // Moves to the front when that frees half the room, else doubles: amortised one copy a byte.
    const size = (kept + more) * 2 <= this.#bytes.length ? this.#bytes.length : Math.max(2048, (kept + more) * 2);
    const bytes = size === this.#bytes.length ? this.#bytes : new Uint8Array(size);
    bytes.set(this.#bytes.subarray(this.#start, this.#end), 0);
    this.#line -= this.#start;
    this.#seen -= this.#start;
    this.#end = kept;
    this.#start = 0;
    this.#bytes = bytes;
  }
}
