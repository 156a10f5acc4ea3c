/**
 * Lists of character codes: hex in one run, in pairs, with 0x or \x (base16, RFC 4648 §8), binary octets, decimal and
 * octal codes, with spaces, commas, colons or nothing between them.
 */
import type { Leads } from '../scan.ts';
import { ByteText, type Pieces } from './pieces.ts';

interface Notation {
  readonly radix: 2 | 8 | 10 | 16;
  /** Digits of one code. */
  readonly least: number;
  readonly most: number;
  /** How many codes make a list. */
  readonly need: number;
}

const HEX: Notation = { radix: 16, least: 2, most: 2, need: 5 };
const BINARY: Notation = { radix: 2, least: 7, most: 8, need: 3 };
const DECIMAL: Notation = { radix: 10, least: 2, most: 3, need: 5 };
const OCTAL: Notation = { radix: 8, least: 2, most: 4, need: 5 };

export const hex = (text: string, pieces: Pieces, leads: Leads): void => readLists(text, pieces, leads, HEX);
export const binary = (text: string, pieces: Pieces, leads: Leads): void => readLists(text, pieces, leads, BINARY);
export const decimal = (text: string, pieces: Pieces, leads: Leads): void => readLists(text, pieces, leads, DECIMAL);
export const octal = (text: string, pieces: Pieces, leads: Leads): void => readLists(text, pieces, leads, OCTAL);

/** Characters that a list must give: a table's row of numbers gives fewer. */
const SHORTEST = 8;

/** Between two codes: at most this many separators and prefix characters. */
const GAP = 5;

function readLists(text: string, pieces: Pieces, leads: Leads, notation: Notation): void {
  let i = 0;
  for (let k = 0; k < leads.length; k += 2) {
    for (i = Math.max(i, leads[k]!); i < leads[k + 1]!; ) {
      const end = digitsEnd(text, i, notation.radix);
      if (end === i) i++;
      else if (isWord(text.charCodeAt(i - 1)) && !prefixed(text, i)) i = end;
      else i = Math.max(readList(text, i, end, pieces, notation), end);
    }
  }
}

function readList(text: string, start: number, firstEnd: number, pieces: Pieces, notation: Notation): number {
  const size = firstEnd - start;
  const packed = notation.radix === 2 ? 8 : 2;
  // One unbroken run of hex pairs or of octets.
  if ((notation.radix === 16 || notation.radix === 2) && size >= packed * notation.need && size % packed === 0) {
    if (!isWord(text.charCodeAt(firstEnd))) return readPacked(text, start, firstEnd, packed, pieces, notation.radix);
  }
  if (size < notation.least || size > notation.most) return firstEnd;
  const bytes = new ByteText(pieces, start);
  let count = 0;
  let at = start;
  let end = firstEnd;
  let sound = true;
  for (;;) {
    const code = Number.parseInt(text.slice(at, end), notation.radix);
    if (code > 255 || !bytes.push(code, at, end)) {
      sound = false;
      break;
    }
    count++;
    const next = skipGap(text, end);
    if (next < 0) break;
    const nextEnd = digitsEnd(text, next, notation.radix);
    if (nextEnd - next < notation.least || nextEnd - next > notation.most || isWord(text.charCodeAt(nextEnd))) break;
    at = next;
    end = nextEnd;
  }
  bytes.end(sound && count >= notation.need, SHORTEST);
  return end;
}

function readPacked(text: string, start: number, end: number, width: number, pieces: Pieces, radix: 2 | 16): number {
  const bytes = new ByteText(pieces, start);
  let sound = true;
  for (let i = start; i < end && sound; i += width) {
    sound = bytes.push(Number.parseInt(text.slice(i, i + width), radix), i, i + width);
  }
  bytes.end(sound, SHORTEST);
  return end;
}

/** Over spaces, commas, colons, `0x`, `\x` and quotes to the next code; −1 when there is none near. */
function skipGap(text: string, at: number): number {
  let i = at;
  while (i < at + GAP && ' ,:;-|/\n\r\t"\''.includes(text[i] ?? '#')) i++;
  const unit = text.charCodeAt(i);
  if ((unit === 48 || unit === 92) && (text.charCodeAt(i + 1) | 32) === 120) i += 2;
  else if (unit === 48 && (text.charCodeAt(i + 1) | 32) === 98 && /[01]/.test(text[i + 2] ?? '')) i += 2;
  else if (unit === 92) i++;
  return i === at ? -1 : i;
}

function prefixed(text: string, at: number): boolean {
  const unit = text.charCodeAt(at - 1) | 32;
  const before = text.charCodeAt(at - 2);
  return (unit === 120 && (before === 48 || before === 92)) || (unit === 98 && before === 48);
}

function digitsEnd(text: string, at: number, radix: number): number {
  let i = at;
  for (; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const value = unit <= 57 ? unit - 48 : (unit | 32) >= 97 && (unit | 32) <= 102 ? (unit | 32) - 87 : -1;
    if (value < 0 || value >= radix) break;
  }
  return i;
}

function isWord(unit: number): boolean {
  return (unit >= 48 && unit <= 57) || (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122) || unit === 95;
}
