/**
 * Base64 with the standard alphabet and padding (RFC 4648 §4), canonical: one text for one sequence of bytes, so that
 * nothing can be hidden in bits that decode to nothing (§3.5).
 */
import { WireFormatError } from '../errors.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CODES: Uint8Array = Uint8Array.from(ALPHABET, (c) => c.charCodeAt(0));
const VALUES: Uint8Array = new Uint8Array(128).fill(255);
for (let i = 0; i < 64; i++) VALUES[CODES[i]!] = i;
const PAD = 61;
const LATIN = new TextDecoder('latin1');

export function encodeBase64(bytes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = (bytes[i]! << 16) | ((left > 1 ? bytes[i + 1]! : 0) << 8) | (left > 2 ? bytes[i + 2]! : 0);
    out[at++] = CODES[group >> 18]!;
    out[at++] = CODES[(group >> 12) & 63]!;
    out[at++] = left > 1 ? CODES[(group >> 6) & 63]! : PAD;
    out[at++] = left > 2 ? CODES[group & 63]! : PAD;
  }
  return LATIN.decode(out);
}

/** @throws WireFormatError  `base64`: a foreign character, wrong padding, or bits behind the last byte that are not zero */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 !== 0)
    throw new WireFormatError('base64', `base64: ${text.length} characters are no whole groups`);
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    const last = i + 4 === text.length ? padding : 0;
    const a = valueAt(text, i);
    const b = valueAt(text, i + 1);
    const c = last > 1 ? 0 : valueAt(text, i + 2);
    const d = last > 0 ? 0 : valueAt(text, i + 3);
    const group = (a << 18) | (b << 12) | (c << 6) | d;
    if ((last === 2 && (b & 15) !== 0) || (last === 1 && (c & 3) !== 0)) {
      throw new WireFormatError('base64', 'base64: bits behind the last byte are not zero');
    }
    out[at++] = group >> 16;
    if (last < 2) out[at++] = (group >> 8) & 255;
    if (last < 1) out[at++] = group & 255;
  }
  return out;
}

function valueAt(text: string, i: number): number {
  const code = text.charCodeAt(i);
  const value = code < 128 ? VALUES[code]! : 255;
  if (value === 255) throw new WireFormatError('base64', `base64: a character that is none of its own at ${i}`);
  return value;
}
