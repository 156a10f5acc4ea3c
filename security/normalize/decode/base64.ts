/** base64 and base64url (RFC 4648 §4, §5), with or without padding, wrapped at any width (RFC 2045 §6.8). */
import type { Leads } from '../scan.ts';
import { ByteText, beginsText, continuesText, type Pieces } from './pieces.ts';

const VALUE: Int8Array = new Int8Array(128).fill(-1);
for (const [i, c] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  VALUE[c.charCodeAt(0)] = i;
}
VALUE[45] = 62; // -
VALUE[95] = 63; // _

/** A run this long is text in any script; a shorter one must be nearly all ASCII. */
const SURE = 16;
/** Nothing shorter is tried after a separator. */
const SHORTEST = 8;
/** A line this long goes on in the next one. */
const WRAPPED = 16;

export function base64(text: string, pieces: Pieces, leads: Leads): void {
  let done = 0;
  for (let k = 0; k < leads.length; k += 2) {
    if (leads[k]! >= done) done = readRun(text, leads[k]!, leads[k + 1]!, pieces);
  }
}

/** Reads the run, or what follows a separator in it (`/path/aGVsbG8…`); returns where to go on. */
function readRun(text: string, start: number, end: number, pieces: Pieces): number {
  const whole = readFrom(text, start, end, pieces, end - start < SURE ? 5 : undefined);
  if (whole > 0) return whole;
  let tries = 0;
  for (let i = start + 1; i < end - SHORTEST && i < start + 256 && tries < 4; i++) {
    if (!'/-_+'.includes(text[i - 1]!)) continue;
    tries++;
    const rest = readFrom(text, i, end, pieces, 12);
    if (rest > 0) return rest;
  }
  return end;
}

/** @returns where reading stopped, or 0 when the bytes are no text */
function readFrom(text: string, start: number, firstEnd: number, pieces: Pieces, least?: number): number {
  const first = (valueAt(text, start) << 18) | (valueAt(text, start + 1) << 12) | (valueAt(text, start + 2) << 6);
  if (!beginsText((first >> 16) & 0xff) || !continuesText((first >> 8) & 0xff)) return 0;
  const bytes = new ByteText(pieces, start);
  let bits = 0;
  let held = 0;
  let from = start;
  let line = 0;
  let whole = true;
  let i = start;
  for (; i < text.length; i++) {
    const value = valueAt(text, i);
    if (value < 0) {
      const next = line >= WRAPPED ? nextLine(text, i) : 0;
      if (next === 0) break;
      line = 0;
      i = next - 1;
      continue;
    }
    line++;
    held = ((held << 6) | value) & 0x3fff;
    bits += 6;
    if (bits === 6) from = i;
    if (bits < 8) continue;
    bits -= 8;
    if (!bytes.push((held >> bits) & 0xff, from, i + 1)) {
      whole = false;
      break;
    }
    if (bits > 0) from = i;
  }
  if (!bytes.end(whole, least)) return 0;
  while (text.charCodeAt(i) === 61) i++;
  return Math.max(i, firstEnd);
}

/** Where the run goes on after a line break with indentation or mail quotes; 0 where it does not. */
function nextLine(text: string, at: number): number {
  let i = at;
  if (text.charCodeAt(i) === 13) i++;
  if (text.charCodeAt(i) !== 10) return 0;
  i++;
  for (let n = 0; n < 8 && (text.charCodeAt(i) === 32 || text.charCodeAt(i) === 9 || text.charCodeAt(i) === 62); n++)
    i++;
  let end = i;
  while (end < i + 4 && valueAt(text, end) >= 0) end++;
  return end - i >= 2 ? i : 0;
}

function valueAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit < 128 ? VALUE[unit]! : -1;
}
