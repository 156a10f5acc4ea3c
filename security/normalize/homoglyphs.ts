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
    const unit = text.charCodeAt(i);
    if (!isLetter(unit) && LOOKS_LIKE[unit] === 0 && unit < 0xaa) {
      i++;
      continue;
    }
    const word = readWord(text, i);
    if (word.plain !== undefined) {
      parts.push(text.slice(copied, i), word.plain);
      copied = word.end;
      words++;
      if (first < 0) first = i;
      last = word.end;
      regions.add(i, word.end);
    }
    i = word.end;
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

/** One word and, where it was disguised, its ASCII spelling. */
function readWord(text: string, start: number): { end: number; plain?: string } {
  let latin = 0;
  let alike = 0;
  let foreign = 0;
  let end = start;
  for (; end < text.length; end++) {
    const unit = text.charCodeAt(end);
    if (isLetter(unit)) latin++;
    else if (LOOKS_LIKE[unit] !== 0) alike++;
    else if (unit >= 0xaa && !(unit >= 0x2000 && unit < 0x2100) && !(unit >= 0x3000 && unit < 0x3040)) foreign++;
    else if (unit < 48 || unit > 57) break;
  }
  if (end === start) return { end: start + 1 };
  if (alike === 0 || foreign > 0 || end - start > 64) return { end };
  let plain = '';
  let hash = HASH_SEED;
  for (let i = start; i < end; i++) {
    const unit = LOOKS_LIKE[text.charCodeAt(i)] || text.charCodeAt(i);
    plain += String.fromCharCode(unit);
    hash = hashStep(hash, unit);
  }
  const found = disguises().find(hash) & 15;
  // Two letters of two scripts are a unit or a variable: µs, Δt, nу after a backslash.
  if (latin > 0)
    return end - start > 3 || found === Disguise.plain || found === Disguise.common ? { end, plain } : { end };
  return found === Disguise.plain && end - start > 3 ? { end, plain } : { end };
}
