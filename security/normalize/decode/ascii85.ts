/** Ascii85 (btoa, Adobe's `<~ ~>`), base85 (RFC 1924 alphabet, as Python's b85encode) and Z85 (ZeroMQ RFC 32). */
import type { Leads } from '../scan.ts';
import { ByteText, beginsText, continuesText, type Pieces } from './pieces.ts';

const DIGITS = '0123456789';
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const SMALL = 'abcdefghijklmnopqrstuvwxyz';
const ALPHABETS: readonly Int8Array[] = [
  String.fromCharCode(...Array.from({ length: 85 }, (_, i) => 33 + i)),
  `${DIGITS}${CAPITALS}${SMALL}!#$%&()*+-;<=>?@^_\`{|}~`,
  `${DIGITS}${SMALL}${CAPITALS}.-:+=^!/*?&<>()[]{}@%$#`,
].map((alphabet) => {
  const values = new Int8Array(128).fill(-1);
  for (let i = 0; i < 85; i++) values[alphabet.charCodeAt(i)] = i;
  return values;
});

/** A token shorter than this is a word, a number or a path. */
const SHORTEST = 20;
/** Characters that a piece without `<~ ~>` must give: URLs and paths decode to shorter ones. */
const UNFRAMED = 12;
/** A key or a label may stand before the code: `payload=…`, `"text":"…`. */
const LABEL = 40;

export function ascii85(text: string, pieces: Pieces, leads: Leads): void {
  let done = 0;
  for (let k = 0; k < leads.length; k += 2) {
    if (leads[k]! >= done) done = readToken(text, leads[k]!, leads[k + 1]!, pieces);
  }
  // Framed codes too short to be a lead.
  for (let i = text.indexOf('<~'); i >= 0; i = text.indexOf('<~', i + 2)) {
    const end = text.slice(i, i + SHORTEST + 2).indexOf('~>');
    if (end > 0 && i >= done) done = readToken(text, i, i + end, pieces);
  }
}

function readToken(text: string, start: number, end: number, pieces: Pieces): number {
  let tries = 0;
  const stop = Math.min(end - 5, start + LABEL);
  for (let i = start; i < stop && tries < 6; i++) {
    if (i > start && !':="\'(>~,'.includes(text[i - 1]!)) continue;
    tries++;
    for (const values of ALPHABETS) {
      const read = readFrom(text, i, values, pieces);
      if (read > 0) return read;
    }
  }
  return end;
}

/** Whether the line at `start` is code to its end, so that the code before it may go on there. */
function wraps(text: string, start: number, values: Int8Array): boolean {
  for (let i = start; i < start + 128; i++) {
    const unit = text.charCodeAt(i);
    if (Number.isNaN(unit) || unit === 10) return i > start;
    if (unit >= 128 || values[unit]! < 0) return text.startsWith('~>', i);
  }
  return true;
}

/** Whether the first five digits give four bytes of ASCII text: most tokens fail here. */
function plausible(text: string, start: number, values: Int8Array): boolean {
  let held = 0;
  for (let i = start; i < start + 5; i++) {
    const unit = text.charCodeAt(i);
    const value = unit < 128 ? values[unit]! : -1;
    if (value < 0) return false;
    held = held * 85 + value;
  }
  if (held > 0xffffffff) return false;
  const bytes = held | 0;
  return beginsText(bytes >>> 24) && continuesText((bytes >>> 16) & 0xff) && continuesText((bytes >>> 8) & 0xff);
}

/** @returns where reading stopped, or 0 when the bytes are no text */
function readFrom(text: string, start: number, values: Int8Array, pieces: Pieces): number {
  if (!plausible(text, start, values)) return 0;
  const least = text.startsWith('<~', start - 2) ? 4 : UNFRAMED;
  const bytes = new ByteText(pieces, start);
  let count = 0;
  let held = 0;
  let from = start;
  let line = 0;
  let i = start;
  const flush = (digits: number, end: number): boolean => {
    for (let k = digits; k < 5; k++) held = held * 85 + 84;
    if (held > 0xffffffff) return false;
    for (let k = 0; k < digits - 1; k++)
      if (!bytes.push(Math.floor(held / 256 ** (3 - k)) & 0xff, from, end)) return false;
    held = 0;
    count = 0;
    return true;
  };
  for (; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const value = unit < 128 ? values[unit]! : -1;
    if (value < 0) {
      if (unit !== 10 || line < SHORTEST || !wraps(text, i + 1, values)) break;
      line = 0;
      continue;
    }
    line++;
    if (count === 0) from = i;
    held = held * 85 + value;
    if (++count === 5 && !flush(5, i + 1)) return bytes.end(false, least) ? i : 0;
  }
  const whole = count < 2 || flush(count, i);
  return bytes.end(whole, least) ? i : 0;
}
