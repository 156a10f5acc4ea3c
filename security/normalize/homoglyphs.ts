/**
 * Letters of other scripts in the place of Latin ones (UTS #39). Only words that mix scripts change, or words wholly made
 * of look-alikes that spell a cue word, so that Russian, Greek, Armenian or Cherokee text stays what it is.
 */
import type { Span } from '../verdict.ts';
import { Disguise, disguises, HASH_SEED, hashStep } from './disguises.ts';
import type { Layer } from './layer.ts';
import { LOOKS_LIKE } from './points.ts';
import { Regions } from './regions.ts';
import { isLetter } from './rewrite.ts';

export interface Unglyphed {
  /** The whole text with ASCII letters in those words; same length, same origins. */
  readonly layer: Layer;
  readonly spans: readonly Span[];
  /** Words of which letters from two scripts are mixed, all of them look-alikes. */
  readonly words: number;
  readonly first: number;
  readonly last: number;
}

/** @returns undefined where no word was disguised */
export function unglyph(layer: Layer): Unglyphed | undefined {
  const { text } = layer;
  const regions = new Regions(1);
  const parts: string[] = [];
  let copied = 0;
  let words = 0;
  let first = -1;
  let last = -1;
  for (let i = 0; i < text.length; ) {
    let latin = 0;
    let alike = 0;
    let foreign = 0;
    let end = i;
    for (; end < text.length; end++) {
      const unit = text.charCodeAt(end);
      if (isLetter(unit)) latin++;
      else if (unit < 0xaa) {
        if (unit < 48 || unit > 57) break;
      } else if (LOOKS_LIKE[unit] !== 0) alike++;
      else if (isGap(unit)) break;
      else foreign++;
    }
    // Native words have letters that look like nothing Latin, or are too short to tell.
    if (alike > 0 && foreign === 0 && (latin > 0 || end - i > 3) && end - i <= 64) {
      const plain = spelled(text, i, end, latin > 0);
      if (plain !== undefined) {
        parts.push(text.slice(copied, i), plain);
        copied = end;
        words++;
        if (first < 0) first = i;
        last = end;
        regions.add(i, end);
      }
    }
    i = end + 1;
  }
  if (words === 0) return undefined;
  parts.push(text.slice(copied));
  const whole = parts.join('');
  return {
    layer: layer.map ? { text: whole, map: layer.map } : { text: whole },
    spans: regions.spans(whole),
    words,
    first,
    last,
  };
}

/** The ASCII spelling of a word of look-alikes, where it is a disguise. */
function spelled(text: string, start: number, end: number, mixed: boolean): string | undefined {
  let plain = '';
  let hash = HASH_SEED;
  for (let i = start; i < end; i++) {
    const unit = LOOKS_LIKE[text.charCodeAt(i)] || text.charCodeAt(i);
    plain += String.fromCharCode(unit);
    hash = hashStep(hash, unit);
  }
  // Two letters of two scripts are a unit or a variable: µs, Δt, nу after a backslash.
  if (mixed && end - start > 3) return plain;
  const found = disguises().find(hash) & 15;
  return found === Disguise.plain || (mixed && found === Disguise.common) ? plain : undefined;
}

/** General punctuation and the CJK signs and blanks: what stands between words. */
function isGap(unit: number): boolean {
  return (unit >= 0x2000 && unit < 0x2100) || (unit >= 0x3000 && unit < 0x3040);
}
