/** Where decoders put what they read: pieces of text, joined by newlines, each unit with its origin. */
import { type Allowance, type Layer, Weaver } from '../layer.ts';

export class Pieces {
  readonly weaver: Weaver;
  #mark = 0;

  constructor(layer: Layer, allowance: Allowance) {
    this.weaver = new Weaver(layer, 0, allowance);
  }

  get length(): number {
    return this.weaver.length - this.#mark;
  }

  /** Opens a piece at the parent's `start`. */
  begin(start: number): void {
    if (this.weaver.length > 0) this.weaver.put(10, start, start + 1);
    this.#mark = this.weaver.length;
  }

  /** Keeps the piece, or forgets it and its newline. */
  end(keep: boolean): boolean {
    if (keep && this.length > 0) return true;
    this.weaver.rewind(Math.max(0, this.#mark - 1));
    return false;
  }
}

/** A decoded stretch counts as text when it has this many characters at least. */
const SHORTEST = 4;
/** Text followed by bytes that are none still counts, when it is this long: nothing binary begins so. */
const LONG_PREFIX = 24;

/**
 * Bytes → UTF-8 (or UTF-16, when every other byte is zero) → a piece. Stops at the first byte that no text has, so that
 * binary content costs a few bytes of work.
 */
export class ByteText {
  readonly #pieces: Pieces;
  #bytes = 0;
  #wide: 'no' | 'bom' | 'le' = 'no';
  #held = 0;
  #heldStart = 0;
  #point = 0;
  #missing = 0;
  #smallest = 0;
  #letters = 0;
  #ascii = 0;
  #count = 0;

  constructor(pieces: Pieces, start: number) {
    this.#pieces = pieces;
    pieces.begin(start);
  }

  /** @returns false when the byte cannot be text; the caller then calls `end` */
  push(byte: number, start: number, end: number): boolean {
    const index = this.#bytes++;
    if (this.#wide !== 'no') return this.#pushWide(byte, start, end);
    if (this.#missing > 0) return this.#continue(byte, end);
    if (byte < 0x80) {
      if (byte === 0 && index === 1 && this.#count === 1) {
        this.#wide = 'le';
        this.#bytes = 0;
        return true;
      }
      return this.#put(byte, start, end);
    }
    if (index === 0 && byte === 0xff) {
      this.#wide = 'bom';
      return true;
    }
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.#missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    this.#smallest = byte < 0xe0 ? 0x80 : byte < 0xf0 ? 0x800 : 0x10000;
    this.#point = byte & (0x3f >> this.#missing);
    this.#heldStart = start;
    return true;
  }

  /**
   * Closes the piece; true when it was text and stays.
   *
   * @param whole  the code was read to its end; otherwise only a long beginning counts
   * @param least  characters that the piece must have; above the default also nearly all ASCII, for codes so wide that
   *               ordinary tokens and tables of numbers decode to something
   */
  end(whole: boolean, least: number = SHORTEST): boolean {
    const count = this.#count;
    const complete = whole && this.#missing === 0;
    const enough = count >= (complete ? least : LONG_PREFIX);
    // JSON is half punctuation; short pieces have no room for any.
    const wordy = this.#letters >= (count >= 16 ? 0.5 : 0.75) * count;
    const plain =
      this.#ascii >=
      (this.#wide !== 'no' || (least > SHORTEST && count < LONG_PREFIX) ? 0.9 : count < 8 ? 1 : 0) * count;
    return this.#pieces.end(enough && wordy && plain);
  }

  #continue(byte: number, end: number): boolean {
    if ((byte & 0xc0) !== 0x80) return false;
    this.#point = (this.#point << 6) | (byte & 0x3f);
    if (--this.#missing > 0) return true;
    const point = this.#point;
    if (point < this.#smallest || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
    return this.#put(point, this.#heldStart, end);
  }

  #pushWide(byte: number, start: number, end: number): boolean {
    if (this.#wide === 'bom') {
      this.#wide = 'le';
      this.#bytes = 0;
      return byte === 0xfe;
    }
    if (this.#bytes % 2 === 1) {
      this.#held = byte;
      this.#heldStart = start;
      return true;
    }
    return this.#put(this.#held | (byte << 8), this.#heldStart, end);
  }

  #put(point: number, start: number, end: number): boolean {
    if (point < 32 ? point !== 10 && point !== 13 && point !== 9 : point >= 0x7f && point < 0xa0) return false;
    if (point === 0xfffd || (point >= 0xd800 && point <= 0xdfff)) return false;
    this.#count++;
    if (point < 0x80) {
      this.#ascii++;
      const lower = point | 32;
      if ((lower >= 97 && lower <= 122) || point <= 32 || (point >= 48 && point <= 57)) this.#letters++;
    } else if (point >= 0xc0) this.#letters++;
    this.#pieces.weaver.putPoint(point, start, end);
    return true;
  }
}

/** Whether text can begin with this byte: a quick no before anything is set up. */
export function beginsText(byte: number): boolean {
  return byte >= 32
    ? byte < 0x7f || (byte >= 0xc2 && byte <= 0xf4) || byte === 0xff
    : byte === 10 || byte === 13 || byte === 9;
}

/** Whether text can go on with this byte after the first one; a zero is UTF-16. */
export function continuesText(byte: number): boolean {
  return byte >= 32 ? byte !== 0x7f : byte === 10 || byte === 13 || byte === 9 || byte === 0;
}
