/** base64 and base64url (RFC 4648 §4, §5), with or without padding, wrapped at any width (RFC 2045 §6.8). */
import { ByteText, type Pieces } from './pieces.ts';

const VALUE: Int8Array = new Int8Array(128).fill(-1);
for (const [i, c] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  VALUE[c.charCodeAt(0)] = i;
}
VALUE[45] = 62; // -
VALUE[95] = 63; // _

/** Runs as long as this are tried whatever they look like; shorter ones only where their case gives them away. */
const SURE = 16;
const SHORTEST = 8;
/** A line this long goes on in the next one. */
const WRAPPED = 16;

export function base64(text: string, pieces: Pieces): void {
  for (let i = 0; i < text.length; i++) {
    if (valueAt(text, i) < 0) continue;
    let end = i + 1;
    while (valueAt(text, end) >= 0) end++;
    if (end - i >= SURE || (end - i >= SHORTEST && looksEncoded(text, i, end))) i = readRun(text, i, end, pieces);
    else i = end;
  }
}

/** Reads the run, or what follows a separator in it (`/path/aGVsbG8…`); returns where to go on. */
function readRun(text: string, start: number, end: number, pieces: Pieces): number {
  const whole = readFrom(text, start, end, pieces);
  if (whole > 0) return whole;
  let tries = 0;
  for (let i = start + 1; i < end - SHORTEST && i < start + 256 && tries < 4; i++) {
    if (!'/-_+'.includes(text[i - 1]!)) continue;
    tries++;
    const rest = readFrom(text, i, end, pieces);
    if (rest > 0) return rest;
  }
  return end;
}

/** @returns where reading stopped, or 0 when the bytes are no text */
function readFrom(text: string, start: number, firstEnd: number, pieces: Pieces): number {
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
  if (!bytes.end(whole)) return 0;
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

/** Capitals and small letters or digits in the order that words and names never have. */
function looksEncoded(text: string, start: number, end: number): boolean {
  let turns = 0;
  let digits = 0;
  let before = 0;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    const kind = unit >= 97 ? 1 : unit >= 65 ? 2 : 3;
    if (kind === 3) digits++;
    else if (before === 1 && kind === 2) turns++;
    before = kind;
  }
  return (turns >= 1 && digits >= 1) || turns >= 2 || text.charCodeAt(end) === 61;
}

function valueAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit < 128 ? VALUE[unit]! : -1;
}
