/** What the scan found among the words: cue words in disguise, and the regions where enough of them stand together. */
import type { Span } from '../verdict.ts';
import { bagOf, Disguise, type Disguises, disguises, HASH_SEED, hashStep } from './disguises.ts';
import { Regions } from './regions.ts';
import { covered, readInterrupted, readLeet, runsTogether } from './tokens.ts';
import { squeeze } from './units.ts';

export interface Found {
  /** Tokens to be respelled: slips, leetspeak, doubled letters, junk between letters. */
  readonly respell: readonly Span[];
  /** The parts of those where leetspeak stands: there, signs and digits are letters in unknown words as well. */
  readonly leet: readonly Span[];
  /** Letters set apart: `i g n o r e`. */
  readonly spaced: readonly Span[];
  /** Five single letters and more near one another, whatever they spell: start, end, start, end … */
  readonly singles: number[];
  /** Words run together: `ignoreallpreviousinstructions`. */
  readonly joined: readonly Span[];
  readonly reversed: readonly Span[];
  readonly atbash: readonly Span[];
  readonly pig: readonly Span[];
  /** By the shift that was applied; 13 is rot13. */
  readonly caesar: readonly (readonly [shift: number, spans: readonly Span[]])[];
  /** Code words of the spelling alphabet occur in a row. */
  readonly spelled: boolean;
}

const CHUNK_LIMIT = 48;
const SINGLES_FROM = 5;
const SINGLES_WINDOW = 256;

export class Findings {
  readonly #text: string;
  readonly #table: Disguises = disguises();
  readonly #regions = new Map<string, Regions>();
  readonly #respell = new Regions(4);
  #spelled = false;
  #codeWords = 0;
  #codeWordEnd = 0;
  readonly #apart: number[] = [];
  #singles = 0;
  #singlesFrom = 0;
  #singlesEnd = -9;

  /** @param text  folded; positions given to the methods rise */
  constructor(text: string) {
    this.#text = text;
  }

  result(): Found {
    const spans = (name: string): readonly Span[] => this.#regions.get(name)?.spans(this.#text) ?? [];
    const caesar: [number, readonly Span[]][] = [];
    for (const [name, regions] of this.#regions) {
      if (name.startsWith('+')) caesar.push([Number(name), regions.spans(this.#text)]);
    }
    return {
      respell: this.#respell.spans(this.#text),
      leet: spans('leet'),
      spaced: spans('spaced'),
      singles: this.#apart,
      joined: spans('joined'),
      reversed: spans('reversed'),
      atbash: spans('atbash'),
      pig: spans('pig'),
      caesar,
      spelled: this.#spelled,
    };
  }

  /** A word of three letters and more, with the hash of its letters. */
  word(start: number, end: number, hash: number): void {
    const found = this.#table.find(hash);
    const weight = end - start > 4 ? 2 : 1;
    switch (found & 15) {
      case Disguise.none:
        if (end - start >= 5) this.#unknown(start, end);
        break;
      case Disguise.plain:
        this.#respell.add(start, end, 1, true);
        break;
      case Disguise.slip:
        this.#respell.add(start, end, 2);
        break;
      case Disguise.reversed:
        this.#add('reversed', 3, start, end, weight);
        break;
      case Disguise.atbash:
        this.#add('atbash', 3, start, end, weight);
        break;
      case Disguise.pig:
        this.#add('pig', 3, start, end, 2);
        break;
      case Disguise.caesar:
        this.#add(`+${found >> 4}`, 3, start, end, weight);
        break;
      case Disguise.spelling:
        this.#codeWords = start - this.#codeWordEnd < 6 ? this.#codeWords + 1 : 1;
        this.#codeWordEnd = end;
        if (this.#codeWords >= 4) this.#spelled = true;
    }
  }

  /** A word of one letter. */
  single(at: number): void {
    if (this.#singles > 0 && at - this.#singlesEnd > 4) this.endSingles();
    if (this.#singles++ === 0) this.#singlesFrom = at;
    this.#singlesEnd = at + 1;
  }

  /** Single letters are words set apart when, pushed together, known words come out. Long runs are read in windows. */
  endSingles(): void {
    if (this.#singles === 0) return;
    if (this.#singles >= SINGLES_FROM) {
      this.#apart.push(this.#singlesFrom, this.#singlesEnd);
      const letters = squeeze(this.#text, this.#singlesFrom, this.#singlesEnd);
      for (let at = 0; at < letters.length; at += SINGLES_WINDOW) {
        const to = Math.min(letters.length, at + SINGLES_WINDOW + 24);
        if (!covered(letters, at, to, 1)) continue;
        this.#add('spaced', 1, this.#singlesFrom, this.#singlesEnd, 1);
        break;
      }
    }
    this.#singles = 0;
  }

  /** Letters of another script that stand apart. */
  apart(start: number, end: number): void {
    this.#add('spaced', 1, start, end, 1);
  }

  /** A token of letters and of signs that stand for letters. */
  leet(start: number, end: number): void {
    const found = readLeet(this.#text, start, end);
    if (found === 0 || end - start < 3) return;
    const weight = (found & 15) === Disguise.plain || end - start > 3 ? 2 : 1;
    this.#respell.add(start, end, weight);
    this.#add('leet', 4, start, end, weight);
  }

  /** What stands between two spaces and has signs among its letters: `i.g.n.o.r.e`, `pre|vio*us`, `ignore_all_previous`. */
  chunk(start: number, end: number): void {
    if (end - start > CHUNK_LIMIT) return;
    if ((readInterrupted(this.#text, start, end) & 15) === Disguise.plain) this.#respell.add(start, end, 2);
  }

  /** A run of letters longer than words are. */
  long(start: number, end: number): void {
    if (runsTogether(this.#text, start, end)) this.#add('joined', 1, start, end, 1);
  }

  #unknown(start: number, end: number): void {
    if (this.#table.findBag(bagOf(this.#text, start, end)) !== 0) {
      this.#respell.add(start, end, 2);
      return;
    }
    let hash = HASH_SEED;
    let last = 0;
    let repeats = false;
    for (let i = start; i < end; i++) {
      const unit = this.#text.charCodeAt(i);
      if (unit === last) repeats = true;
      else hash = hashStep(hash, unit);
      last = unit;
    }
    if (repeats && this.#table.findSqueezed(hash) !== 0) this.#respell.add(start, end, 2);
  }

  #add(name: string, need: number, start: number, end: number, weight: number): void {
    let regions = this.#regions.get(name);
    if (!regions) {
      regions = new Regions(need);
      this.#regions.set(name, regions);
    }
    regions.add(start, end, weight);
  }
}
