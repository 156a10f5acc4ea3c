/** base32 (RFC 4648 §6): capitals or small letters with the digits 2–7, wrapped or not. */
import type { Leads } from '../scan.ts';
import { ByteText, type Pieces } from './pieces.ts';

const SHORTEST = 16;

export function base32(text: string, pieces: Pieces, leads: Leads): void {
  let done = 0;
  for (let k = 0; k < leads.length; k += 2) {
    const start = leads[k]!;
    if (start < done || leads[k + 1]! - start < SHORTEST) continue;
    const base = isDigit(text, start, 65) ? 65 : 97;
    let end = start;
    while (isDigit(text, end, base)) end++;
    if (end - start >= SHORTEST) done = read(text, start, base, pieces);
  }
}

function read(text: string, start: number, base: number, pieces: Pieces): number {
  const bytes = new ByteText(pieces, start);
  let bits = 0;
  let held = 0;
  let from = start;
  let whole = true;
  let i = start;
  for (; i < text.length; i++) {
    if (!isDigit(text, i, base)) {
      const next = text.charCodeAt(i) === 13 ? i + 1 : i;
      if (text.charCodeAt(next) !== 10 || !isDigit(text, next + 1, base) || !isDigit(text, next + 2, base)) break;
      i = next;
      continue;
    }
    const unit = text.charCodeAt(i);
    held = ((held << 5) | (unit >= 65 ? unit - base : unit - 24)) & 0x1fff;
    bits += 5;
    if (bits === 5) from = i;
    if (bits < 8) continue;
    bits -= 8;
    if (!bytes.push((held >> bits) & 0xff, from, i + 1)) {
      whole = false;
      break;
    }
    if (bits > 0) from = i;
  }
  return bytes.end(whole) ? i : 0;
}

function isDigit(text: string, at: number, base: number): boolean {
  const unit = text.charCodeAt(at);
  return (unit >= base && unit < base + 26) || (unit >= 50 && unit <= 55);
}
