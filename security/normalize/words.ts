/**
 * One pass over the words of a folded text: which of them are cue words in disguise, and where enough of them stand
 * together. Costs two table look-ups a word; everything that rewrites text runs only in the regions found here.
 */
import type { Span } from '../verdict.ts';
import { BAG, bagKey, Disguise, disguises, HASH_SEED, hashStep } from './disguises.ts';
import { Regions } from './regions.ts';

export interface Found {
  /** Tokens to be respelled: slips, leetspeak, doubled letters, junk between letters. */
  readonly respell: readonly Span[];
  /** Letters set apart: `i g n o r e`. */
  readonly spaced: readonly Span[];
  /** Words run together: `ignoreallpreviousinstructions`. */
  readonly joined: readonly Span[];
  readonly reversed: readonly Span[];
  readonly atbash: readonly Span[];
  readonly pig: readonly Span[];
  /** Code words of the spelling alphabet occur in a row. */
  readonly spelled: boolean;
  /** By the shift that was applied; 13 is rot13. */
  readonly caesar: readonly (readonly [shift: number, spans: readonly Span[]])[];
}

const NONE: Found = {
  respell: [],
  spaced: [],
  joined: [],
  reversed: [],
  atbash: [],
  pig: [],
  spelled: false,
  caesar: [],
};

/** What a unit is to the word scan. */
const LETTER = 1;
const LEET = 2;
const SPACE = 3;
const CLASS: Uint8Array = new Uint8Array(128);
CLASS.fill(LETTER, 97, 123);
for (const c of '0123456789@$|!+<(') CLASS[c.charCodeAt(0)] = LEET;
for (const c of ' \t\n\r\v\f') CLASS[c.charCodeAt(0)] = SPACE;

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

const TOKEN_LIMIT = 48;
const JOINED_FROM = 14;
const SINGLES_FROM = 5;

class Scan {
  readonly text: string;
  readonly table = disguises();
  readonly respell = new Regions(3);
  readonly spaced = new Regions(1);
  readonly joined = new Regions(1);
  readonly reversed = new Regions(3);
  readonly atbash = new Regions(3);
  readonly pig = new Regions(3);
  readonly caesar = new Map<number, Regions>();
  any = false;
  spelled = false;
  /** Code words of the spelling alphabet in a row, and where the last one ended. */
  #codeWords = 0;
  #codeEnd = 0;

  constructor(text: string) {
    this.text = text;
  }

  run(): void {
    const text = this.text;
    const size = text.length;
    let start = 0;
    let length = 0;
    let hash = HASH_SEED;
    let bag = 0;
    let first = 0;
    let last = 0;
    let repeats = 0;
    let token = 0;
    let leet = 0;
    let pieces = 0;
    let chunk = 0;
    let singles = 0;
    let singlesFrom = 0;
    let wordEnd = 0;
    for (let i = 0; i <= size; i++) {
      const unit = i < size ? text.charCodeAt(i) : 32;
      const kind = unit < 128 ? CLASS[unit]! : 0;
      if (kind === LETTER) {
        if (length++ === 0) {
          start = i;
          first = unit;
          hash = HASH_SEED;
          bag = 0;
          repeats = 0;
          pieces++;
        } else if (unit === last) repeats++;
        last = unit;
        hash = Math.imul(hash ^ unit, 0x01000193);
        bag = (bag + BAG[unit - 97]!) | 0;
        continue;
      }
      if (length > 0) {
        if (length > 2) {
          if (singles >= SINGLES_FROM) this.#singles(singlesFrom, wordEnd);
          singles = 0;
          if (length <= 24) this.#word(start, i, hash, bagKey(bag, first, last), repeats);
          if (length >= JOINED_FROM) this.#long(start, i);
        } else if (length === 1) {
          if (singles > 0 && start - wordEnd > 4) {
            if (singles >= SINGLES_FROM) this.#singles(singlesFrom, wordEnd);
            singles = 0;
          }
          if (singles++ === 0) singlesFrom = start;
        } else {
          if (singles >= SINGLES_FROM) this.#singles(singlesFrom, wordEnd);
          singles = 0;
        }
        wordEnd = i;
        length = 0;
      }
      if (kind === LEET) {
        leet++;
        continue;
      }
      if (leet > 0) {
        if (pieces > 0 || leet > 2) this.#leet(token, i);
        leet = 0;
      }
      token = i + 1;
      if (kind === SPACE) {
        if (pieces > 1) this.#chunk(chunk, i);
        pieces = 0;
        chunk = i + 1;
      }
    }
    if (singles >= SINGLES_FROM) this.#singles(singlesFrom, wordEnd);
  }

  #word(start: number, end: number, hash: number, key: number, repeats: number): void {
    const found = this.table.find(hash);
    if (found === 0) {
      if (end - start >= 5 && this.table.findBag(key) !== 0) this.#essential(this.respell, start, end, 2);
      else if (repeats >= 2) this.#squeezed(start, end);
      return;
    }
    switch (found & 15) {
      case Disguise.plain:
        this.respell.add(start, end, 1, true);
        return;
      case Disguise.slip:
        return this.#essential(this.respell, start, end, 2);
      case Disguise.reversed:
        return this.#essential(this.reversed, start, end, end - start > 4 ? 2 : 1);
      case Disguise.atbash:
        return this.#essential(this.atbash, start, end, end - start > 4 ? 2 : 1);
      case Disguise.spelling:
        this.#codeWords = start - this.#codeEnd < 6 ? this.#codeWords + 1 : 1;
        this.#codeEnd = end;
        if (this.#codeWords >= 4) this.spelled = this.any = true;
        return;
      case Disguise.pig:
        return this.#essential(this.pig, start, end, 2);
      case Disguise.caesar: {
        const shift = found >> 4;
        let regions = this.caesar.get(shift);
        if (!regions) this.caesar.set(shift, (regions = new Regions(3)));
        this.#essential(regions, start, end, end - start > 4 ? 2 : 1);
      }
    }
  }

  #essential(regions: Regions, start: number, end: number, weight: number): void {
    this.any = true;
    regions.add(start, end, weight);
  }

  #singles(start: number, end: number): void {
    this.#essential(this.spaced, start, end, 1);
  }

  #squeezed(start: number, end: number): void {
    let hash = HASH_SEED;
    for (let i = start, last = 0; i < end; i++) {
      const unit = this.text.charCodeAt(i);
      if (unit !== last) hash = hashStep(hash, unit);
      last = unit;
    }
    if (this.table.findSqueezed(hash) !== 0) this.#essential(this.respell, start, end, 2);
  }

  /** A token of letters and signs that stand for letters. */
  #leet(start: number, end: number): void {
    const found = readLeet(this.text, start, end);
    if ((found & 15) === Disguise.plain) this.#essential(this.respell, start, end, 2);
    else if (found !== 0 && end - start > 2) this.#essential(this.respell, start, end, 1);
  }

  /** What stands between two spaces and has signs among its letters: `i.g.n.o.r.e`, `pre|vio*us`. */
  #chunk(start: number, end: number): void {
    if (end - start > TOKEN_LIMIT) return;
    const found = readInterrupted(this.text, start, end);
    if ((found & 15) === Disguise.plain) this.#essential(this.respell, start, end, 2);
  }

  #long(start: number, end: number): void {
    if (covered(this.text, start, Math.min(end, start + 512))) this.#essential(this.joined, start, end, 1);
  }
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
  return letters === to - from || (letters === 0 && to - from < 4) ? 0 : disguises().findLeet(hash);
}

/** `!`, `(`, `<` and `+` at the edge of a token are punctuation. */
export function trimmed(text: string, start: number, end: number): readonly [number, number] {
  let from = start;
  let to = end;
  while (from < to && '!(<+|'.includes(text[from]!) && text[from] !== '|') from++;
  while (to > from && '!(<+'.includes(text[to - 1]!)) to--;
  return [from, to];
}

/** The entry of the word that is left of `text[start, end)` when everything but letters goes; or 0. */
export function readInterrupted(text: string, start: number, end: number): number {
  let hash = HASH_SEED;
  let letters = 0;
  let inside = 0;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 97 && unit <= 122) {
      hash = hashStep(hash, unit);
      letters++;
    } else if (letters > 0 && i + 1 < end) inside++;
  }
  return inside === 0 || letters < 4 || letters > 24 ? 0 : disguises().find(hash);
}

/** Whether at least 80 % of a long run of letters falls into known words, three at least and a cue among them. */
function covered(text: string, start: number, end: number): boolean {
  const cuts = segment(text, start, end);
  let known = 0;
  let words = 0;
  let cues = 0;
  for (const cut of cuts) {
    if (cut.disguise === 0) continue;
    known += cut.end - cut.start;
    words++;
    if (cut.disguise === Disguise.plain) cues++;
  }
  return words >= 3 && cues > 0 && known >= 0.8 * (end - start);
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

/** @param text  folded */
export function findDisguises(text: string): Found {
  const scan = new Scan(text);
  scan.run();
  if (!scan.any) return NONE;
  return {
    respell: scan.respell.spans(text),
    spaced: scan.spaced.spans(text),
    joined: scan.joined.spans(text),
    reversed: scan.reversed.spans(text),
    atbash: scan.atbash.spans(text),
    pig: scan.pig.spans(text),
    spelled: scan.spelled,
    caesar: [...scan.caesar].map(([shift, regions]) => [shift, regions.spans(text)] as const),
  };
}
