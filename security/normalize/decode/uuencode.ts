/** uuencode (POSIX uuencode): lines that say their own length in their first character, with or without `begin`. */
import { ByteText, type Pieces } from './pieces.ts';

export function uuencode(text: string, pieces: Pieces): void {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    start = isUuLine(text, start, end) ? readLines(text, start, pieces) : end + 1;
  }
}

function readLines(text: string, first: number, pieces: Pieces): number {
  const bytes = new ByteText(pieces, first);
  let start = first;
  let sound = true;
  while (start < text.length && sound) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    if (!isUuLine(text, start, end)) break;
    const size = digit(text, start);
    for (let i = 0; i < size && sound; i++) {
      const at = start + 1 + Math.floor(i / 3) * 4 + (i % 3);
      const shift = 2 + (i % 3) * 2;
      const byte = ((digit(text, at) << shift) | (digit(text, at + 1) >> (6 - shift))) & 0xff;
      sound = bytes.push(byte, at, at + 2);
    }
    start = end + 1;
  }
  bytes.end(sound);
  return Math.max(start, first + 1);
}

/** A line whose first character tells its length. Spaces at the end of a line get lost in mail; they stand for zero bits. */
export function isUuLine(text: string, start: number, end: number): boolean {
  const stop = text.charCodeAt(end - 1) === 13 ? end - 1 : end;
  const size = text.charCodeAt(start) - 32;
  if (size < 1 || size > 45) return false;
  const need = 1 + Math.ceil(size / 3) * 4;
  const length = stop - start;
  if (length > need + 1 || length < need - 3 || length < 5) return false;
  for (let i = start; i < stop; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 32 || unit > 96) return false;
  }
  return true;
}

function digit(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 32 && unit <= 96 ? (unit - 32) & 63 : 0;
}
