/** Text carried by characters that show nothing: Unicode tags, variation selectors, and bits of two zero-width kinds. */
import { isSelector, isTag } from '../invisible.ts';
import { ByteText, type Pieces } from './pieces.ts';

/** U+E0020–E007E are ASCII, unseen. */
export function tags(text: string, pieces: Pieces): void {
  for (let i = text.indexOf('\udb40'); i >= 0; i = text.indexOf('\udb40', i + 1)) {
    if (!isTag(text.codePointAt(i)!)) continue;
    pieces.begin(i);
    let count = 0;
    const flag = i >= 2 && text.codePointAt(i - 2) === 0x1f3f4;
    for (let point = text.codePointAt(i)!; isTag(point); point = text.codePointAt(i) ?? 0) {
      const unit = point & 0x7f;
      if (unit >= 32 && unit < 127) {
        pieces.weaver.put(unit, i, i + 2);
        count++;
      }
      i += 2;
    }
    pieces.end(count > 0 && !(flag && count <= 6));
    i--;
  }
}

/**
 * Variation selectors as bytes. Three schemes are read, the first that gives text wins: VS1–16 and VS17–256 are the bytes
 * 0–255; VS17 + n is the byte n; pairs of VS1–16 are the two halves of a byte.
 */
export function selectors(text: string, pieces: Pieces): void {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if ((unit < 0xfe00 || unit > 0xfe0f) && unit !== 0xdb40) continue;
    const values: number[] = [];
    const starts: number[] = [];
    for (let point = text.codePointAt(i)!; isSelector(point); point = text.codePointAt(i) ?? 0) {
      values.push(point < 0xfe10 ? point - 0xfe00 : point - 0xe0100 + 16);
      starts.push(i);
      i += point < 0xfe10 ? 1 : 2;
    }
    starts.push(i);
    // A tag, which is another carrier.
    if (values.length === 0) continue;
    // The first may be the emoji's own.
    if (!readSelectors(pieces, values, starts) && values[0] === 15)
      readSelectors(pieces, values.slice(1), starts.slice(1));
    i--;
  }
}

function readSelectors(pieces: Pieces, values: readonly number[], starts: readonly number[]): boolean {
  const count = values.length;
  if (count < 4) return false;
  const start = (k: number): number => starts[k]!;
  if (values.every((value) => value < 16) && count % 2 === 0) {
    const halves = (k: number): number => values[2 * k]! * 16 + values[2 * k + 1]!;
    return readBytes(pieces, count / 2, halves, (k) => start(2 * k));
  }
  return readBytes(pieces, count, (k) => values[k]!, start) || readBytes(pieces, count, (k) => values[k]! - 16, start);
}

/** Runs of two kinds of unseen characters, eight to a byte, the first kind or the second standing for 1. */
export function bits(text: string, pieces: Pieces): void {
  for (let i = 0; i < text.length; i++) {
    const first = text.charCodeAt(i);
    if (!isBit(first)) continue;
    let other = 0;
    let end = i;
    for (; isBit(text.charCodeAt(end)); end++) {
      const unit = text.charCodeAt(end);
      if (unit === first || unit === other) continue;
      if (other !== 0) break;
      other = unit;
    }
    const count = Math.floor((end - i) / 8);
    const start = i;
    if (count >= 4 && other !== 0) {
      for (const one of [Math.max(first, other), Math.min(first, other)]) {
        const byte = (k: number): number => {
          let value = 0;
          for (let b = 0; b < 8; b++) value = value * 2 + (text.charCodeAt(start + 8 * k + b) === one ? 1 : 0);
          return value;
        };
        if (readBytes(pieces, count, byte, (k) => start + 8 * k)) break;
      }
    }
    i = Math.max(i, end - 1);
  }
}

function readBytes(
  pieces: Pieces,
  count: number,
  byte: (index: number) => number,
  start: (index: number) => number,
): boolean {
  const text = new ByteText(pieces, start(0));
  let sound = true;
  for (let k = 0; k < count && sound; k++) sound = byte(k) >= 0 && text.push(byte(k), start(k), start(k) + 1);
  return text.end(sound);
}

function isBit(unit: number): boolean {
  return (unit >= 0x200b && unit <= 0x200f) || (unit >= 0x2060 && unit <= 0x2064) || unit === 0xfeff;
}
