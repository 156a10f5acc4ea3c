/** Single tokens read against the lexicon: leetspeak, junk between letters, words run together. */
import { Disguise, disguises, HASH_SEED, hashStep } from './disguises.ts';

const WINDOW = 128;

/** Leetspeak, with `l` read as `i` throughout. 0: no letter. */
export const LEET_LETTER: Uint8Array = new Uint8Array(128);
for (let c = 97; c <= 122; c++) LEET_LETTER[c] = c === 108 ? 105 : c;
for (const [from, to] of [
  '0o',
  '1i',
  '2z',
  '3e',
  '4a',
  '5s',
  '6g',
  '7t',
  '8b',
  '9g',
  '@a',
  '$s',
  '|i',
  '!i',
  '+t',
  '<c',
  '(c',
]) {
  LEET_LETTER[from!.charCodeAt(0)] = to!.charCodeAt(0);
}

/** The entry of the word that `text[start, end)` spells in leetspeak, without the punctuation around it; or 0. */
export function readLeet(text: string, start: number, end: number): number {
  const [from, to] = trimmed(text, start, end);
  if (to - from < 2 || to - from > 24) return 0;
  let hash = HASH_SEED;
  let letters = 0;
  for (let i = from; i < to; i++) {
    const unit = text.charCodeAt(i);
    const letter = unit < 128 ? LEET_LETTER[unit]! : 0;
    if (letter === 0) return 0;
    if (unit >= 97) letters++;
    hash = hashStep(hash, letter);
  }
  const signs = to - from - letters;
  // `file5` is the fifth file, not `files`; `1f` and `a11` are numbers.
  if (signs === 0 || letters === 0 || to - from < 3 || (signs === 1 && text.charCodeAt(to - 1) < 58)) return 0;
  return disguises().findLeet(hash);
}

/** As `readLeet` without its doubts, for places where leetspeak is spoken: `70` is to, `4` is a. 0 where no sign is in it. */
export function readCoded(text: string, start: number, end: number): number {
  if (end - start > 24) return 0;
  let hash = HASH_SEED;
  let signs = 0;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 97) signs++;
    hash = hashStep(hash, LEET_LETTER[unit]!);
  }
  return signs === 0 ? 0 : disguises().findLeet(hash);
}

/** `!`, `(`, `<` and `+` at the edge of a token are punctuation. */
export function trimmed(text: string, start: number, end: number): readonly [number, number] {
  let from = start;
  let to = end;
  while (from < to && '!(<+|'.includes(text[from]!) && text[from] !== '|') from++;
  while (to > from && '!(<+'.includes(text[to - 1]!)) to--;
  return [from, to];
}

/**
 * The entry of the word that is left of `text[start, end)` when everything but letters goes; or 0. One hyphen or one
 * apostrophe is spelling: the junk is in two places, or of a kind that stands in no word.
 */
export function readInterrupted(text: string, start: number, end: number): number {
  let hash = HASH_SEED;
  let letters = 0;
  let gaps = 0;
  let open = false;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 97 && unit <= 122) {
      hash = hashStep(hash, unit);
      letters++;
      if (open) gaps++;
      open = false;
    } else if (letters > 0) {
      open = true;
      if (unit === 124 || unit === 42 || unit === 126 || unit === 94) gaps++;
    }
  }
  return gaps < 2 || letters < 3 || letters > 24 ? 0 : disguises().find(hash);
}

/**
 * Whether three quarters of a run of letters fall into known words: `need` of three letters and more, a cue among them;
 * or, for letters that stood apart anyway (`need` 1), two of any kind.
 */
export function covered(text: string, start: number, end: number, need = 3): boolean {
  let known = 0;
  let words = 0;
  let cues = 0;
  for (const cut of segment(text, start, end)) {
    const size = cut.end - cut.start;
    if (cut.disguise === 0 || size < 2) continue;
    known += size;
    if (size > 2) words++;
    if (cut.disguise === Disguise.plain && size > 3) cues++;
  }
  return words >= need && (cues > 0 || (need === 1 && words > 1)) && known >= 0.75 * (end - start);
}

/** Whether a long run of letters is words without gaps, somewhere in it; read in windows, so that junk in front hides nothing. */
export function runsTogether(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += WINDOW) if (covered(text, at, Math.min(end, at + WINDOW))) return true;
  return false;
}

export interface Cut {
  readonly start: number;
  readonly end: number;
  /** `plain`, `common`, or 0 for letters that are no known word. */
  readonly disguise: number;
}

/** Letters without gaps → words: the cut that leaves the fewest letters over, long words first. Linear, 16 steps a letter. */
export function segment(text: string, start: number, end: number): Cut[] {
  const table = disguises();
  const size = end - start;
  const cost = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY);
  const back = new Int32Array(size + 1);
  const kinds = new Uint8Array(size + 1);
  cost[0] = 0;
  for (let i = 0; i < size; i++) {
    const here = cost[i]!;
    if (here + 2 < cost[i + 1]!) {
      cost[i + 1] = here + 2;
      back[i + 1] = i;
      kinds[i + 1] = 0;
    }
    let hash = HASH_SEED;
    const limit = Math.min(size, i + 16);
    for (let j = i; j < limit; j++) {
      hash = hashStep(hash, text.charCodeAt(start + j));
      const disguise = table.find(hash) & 15;
      if (disguise !== Disguise.plain && disguise !== Disguise.common) continue;
      // A known word costs one and a half, a single letter nearly as much as an unknown one.
      const price = here + (j === i ? 1.9 : 1.5);
      if (price < cost[j + 1]!) {
        cost[j + 1] = price;
        back[j + 1] = i;
        kinds[j + 1] = disguise;
      }
    }
  }
  const cuts: Cut[] = [];
  for (let at = size; at > 0; at = back[at]!) {
    const before = cuts.at(-1);
    if (kinds[at] === 0 && before?.disguise === 0) cuts[cuts.length - 1] = { ...before, start: start + back[at]! };
    else cuts.push({ start: start + back[at]!, end: start + at, disguise: kinds[at]! });
  }
  return cuts.reverse();
}
