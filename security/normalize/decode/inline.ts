/**
 * Encodings that stand inside ordinary text, one character at a time: percent, backslash escapes, HTML entities,
 * quoted-printable. A piece is the text around them with the escapes decoded, so that words on either side still meet.
 */
import type { Allowance, Layer } from '../layer.ts';
import { Pieces } from './pieces.ts';

/** One escape: how long it is, and a byte (of UTF-8) or a whole character. */
export interface Escape {
  length: number;
  /** −1 when it stands for nothing (a soft line break). */
  value: number;
  byte: boolean;
  /** The character needed no escape: an ASCII letter or digit. */
  needless: boolean;
}

export interface Notation {
  /** The unit that every escape starts with. */
  readonly sign: string;
  /** Fills `into` when an escape starts at `at`. */
  read(text: string, at: number, into: Escape): boolean;
  /** Escapes near one another that make a piece. */
  readonly need: number;
  /** Other characters with a meaning where escapes are (`+` in a query). */
  readonly replace?: (unit: number) => number;
}

/** Text on either side that a piece takes in; escapes further apart make two pieces. */
const MARGIN = 200;
/** So many letters that needed no escape are no accident. */
const NEEDLESS = 3;

export interface Inline {
  readonly disguised: Pieces;
  readonly ordinary: Pieces;
}

export function inline(layer: Layer, allowance: Allowance, notation: Notation): Inline {
  const found: Inline = { disguised: new Pieces(layer, allowance), ordinary: new Pieces(layer, allowance) };
  const { text } = layer;
  const into: Escape = { length: 0, value: 0, byte: false, needless: false };
  let first = -1;
  let last = 0;
  let count = 0;
  let needless = 0;
  let before = 0;
  const close = (limit: number): void => {
    if (count >= notation.need) {
      const start = Math.max(before, stretchLeft(text, first));
      const end = Math.min(limit, stretchRight(text, last));
      writePiece(text, start, end, needless >= NEEDLESS ? found.disguised : found.ordinary, notation);
      before = end;
    }
    first = -1;
    count = 0;
    needless = 0;
  };
  for (let i = text.indexOf(notation.sign); i >= 0; ) {
    if (notation.read(text, i, into)) {
      if (first >= 0 && i - last > 2 * MARGIN) close(i);
      if (first < 0) first = i;
      last = i + into.length;
      count++;
      if (into.needless) needless++;
      i += into.length;
    } else i++;
    if (text[i] !== notation.sign) i = text.indexOf(notation.sign, i);
  }
  if (first >= 0) close(text.length);
  return found;
}

function stretchLeft(text: string, at: number): number {
  const limit = Math.max(0, at - MARGIN);
  for (let i = at; i > limit; i--) if (text.charCodeAt(i - 1) === 10) return i;
  return limit;
}

function stretchRight(text: string, at: number): number {
  const limit = Math.min(text.length, at + MARGIN);
  for (let i = at; i < limit; i++) if (text.charCodeAt(i) === 10) return i;
  return limit;
}

function writePiece(text: string, start: number, end: number, pieces: Pieces, notation: Notation): void {
  const into: Escape = { length: 0, value: 0, byte: false, needless: false };
  const out = pieces.weaver;
  pieces.begin(start);
  const utf8 = new Utf8();
  for (let i = start; i < end; ) {
    if (text[i] !== notation.sign || !notation.read(text, i, into)) {
      const unit = text.charCodeAt(i);
      out.put(notation.replace ? notation.replace(unit) : unit, i, i + 1);
      utf8.reset();
      i++;
      continue;
    }
    const to = i + into.length;
    if (into.value >= 0) {
      const point = into.byte ? utf8.push(into.value, i) : into.value;
      if (point >= 0) out.putPoint(point, into.byte ? utf8.start : i, to);
    }
    i = to;
  }
  pieces.end(true);
}

/** Bytes → characters; a byte that belongs to none is read as Latin-1 would, so that nothing throws or gets lost. */
class Utf8 {
  start = 0;
  #point = 0;
  #missing = 0;

  push(byte: number, at: number): number {
    if (this.#missing > 0 && (byte & 0xc0) === 0x80) {
      this.#point = (this.#point << 6) | (byte & 0x3f);
      if (--this.#missing > 0) return -1;
      return this.#point <= 0x10ffff && (this.#point < 0xd800 || this.#point > 0xdfff) ? this.#point : 0xfffd;
    }
    this.start = at;
    this.#missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc2 ? 1 : 0;
    this.#point = byte & (0x3f >> this.#missing);
    return this.#missing > 0 ? -1 : byte;
  }

  reset(): void {
    this.#missing = 0;
  }
}

export function hexValue(text: string, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i++) {
    const unit = text.charCodeAt(i);
    const lower = unit | 32;
    const digit = unit >= 48 && unit <= 57 ? unit - 48 : lower >= 97 && lower <= 102 ? lower - 87 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

export function isAlphanumeric(point: number): boolean {
  return (point >= 48 && point <= 57) || ((point | 32) >= 97 && (point | 32) <= 122 && point < 128);
}
