/**
 * The one pass that every text gets: which words are cue words in disguise and stand together, and which stretches a
 * decoder could read. Everything that rewrites or decodes runs only where this pass points, so that ordinary text costs
 * this loop and nothing else. Letters take the short way through it: a hash step and an addition.
 */
import type { Span } from '../verdict.ts';
import { isUuLine } from './decode/uuencode.ts';
import { bagKey, Disguise, type Disguises, disguises, HASH_SEED, hashStep } from './disguises.ts';
import { Regions } from './regions.ts';
import { covered, readInterrupted, readLeet } from './tokens.ts';
import {
  CLASS,
  DIGIT,
  hasDigit,
  isForeign,
  isStroke,
  LEET,
  LETTER_NUMBER,
  LINK,
  looksEncoded,
  SIGN,
  SPACE,
  squeeze,
} from './units.ts';

/** Stretches that a decoder may read, rising: start, end, start, end … */
export type Leads = number[];

export interface Scanned {
  /** Tokens to be respelled: slips, leetspeak, doubled letters, junk between letters. */
  readonly respell: readonly Span[];
  /** Letters set apart: `i g n o r e`. */
  readonly spaced: readonly Span[];
  /** Words run together: `ignoreallpreviousinstructions`. */
  readonly joined: readonly Span[];
  readonly reversed: readonly Span[];
  readonly atbash: readonly Span[];
  readonly pig: readonly Span[];
  /** By the shift that was applied; 13 is rot13. */
  readonly caesar: readonly (readonly [shift: number, spans: readonly Span[]])[];
  /** Code words of the spelling alphabet occur in a row. */
  readonly spelled: boolean;
  /** Runs of base64's alphabet (base32 and packed hex are among them). */
  readonly base64: Leads;
  /** Numbers, one after the other. */
  readonly codes: Leads;
  /** Tokens with signs among them. */
  readonly ascii85: Leads;
  /** Dots and dashes. */
  readonly strokes: Leads;
  readonly braille: boolean;
  readonly uuencode: boolean;
}

const WORD_LIMIT = 24;
const CHUNK_LIMIT = 48;
const JOINED_FROM = 16;
const SINGLES_FROM = 5;
const SINGLES_WINDOW = 256;
/** Without a vocabulary to ask, letters of other scripts must stand apart for longer. */
const FOREIGN_SINGLES_FROM = 8;
const BASE64_FROM = 16;
const BASE64_SHORTEST = 8;
const ASCII85_FROM = 20;
/** Numbers in a row that may be character codes; octets of binary are fewer and longer. */
const CODES_FROM = 5;
const OCTETS_FROM = 3;
const OCTET = 7;
const STROKES_FROM = 10;

/**
 * @param text   folded: lower case, accents off
 * @param cased  the same text in its own case, same length; without it, more stretches are taken for leads
 */
export function scan(text: string, cased?: string): Scanned {
  return new Scan(text, cased).run();
}

class Scan {
  readonly #text: string;
  readonly #cased: string | undefined;
  readonly #table: Disguises = disguises();
  readonly #base64: Leads = [];
  readonly #codes: Leads = [];
  readonly #ascii85: Leads = [];
  readonly #strokes: Leads = [];
  readonly #regions = new Map<string, Regions>();
  readonly #respell = new Regions(4);
  #spelled = false;
  #codeWords = 0;
  #codeWordEnd = 0;
  /** The chain of numbers: how many, from where, to where. */
  #numbers = 0;
  #numbersFrom = 0;
  #numbersEnd = -9;
  #singles = 0;
  #singlesFrom = 0;
  #singlesEnd = -9;

  constructor(text: string, cased: string | undefined) {
    this.#text = text;
    this.#cased = cased;
  }

  /** The loop. A word is a run of letters, a token of letters and digits, a run of base64's alphabet, a chunk of no space. */
  run(): Scanned {
    const text = this.#text;
    const size = text.length;
    // Locals, because the engine reads a module's constants anew at every step: a third of the loop.
    const letters = LETTER_NUMBER;
    const classes = CLASS;
    let word = 0;
    let token = 0;
    let run = 0;
    let chunk = 0;
    let line = 0;
    let leetFrom = 0;
    let hash = HASH_SEED;
    let bag = 0;
    let last = 0;
    let repeats = 0;
    let words = 0;
    let digits = 0;
    let leet = 0;
    let signs = 0;
    let strokes = 0;
    let strokesFrom = 0;
    let foreign = -9;
    let alone = 0;
    let aloneFrom = 0;
    let braille = false;
    let uuencode = false;
    for (let i = 0; i <= size; i++) {
      const unit = i < size ? text.charCodeAt(i) : 10;
      const letter = unit < 128 ? letters[unit]! : 0;
      if (letter !== 0) {
        hash = Math.imul(hash ^ unit, 0x01000193);
        bag = (bag + letter) | 0;
        repeats += unit === last ? 1 : 0;
        last = unit;
        continue;
      }
      if (i > word) {
        words++;
        strokes = 0;
        if (i - word === 1) this.#single(word);
        else {
          if (this.#singles > 0) this.#endSingles();
          if (i - word > 2 && i - word <= WORD_LIMIT) this.#word(word, i, hash, bag, repeats);
          if (i - word >= JOINED_FROM) this.#long(word, i);
        }
      }
      // Three gaps in four: a short word of nothing but letters, and a blank.
      const short = unit === 32 && word === chunk && i - word < BASE64_SHORTEST;
      word = i + 1;
      hash = HASH_SEED;
      bag = 0;
      last = 0;
      repeats = 0;
      if (short) {
        words = 0;
        token = run = chunk = leetFrom = word;
        continue;
      }
      const kind = unit < 128 ? classes[unit]! : 0;
      if (kind === DIGIT) {
        digits++;
        leet++;
        continue;
      }
      if (digits > 0) {
        if (i - token > 1) this.#number(token, i);
        digits = 0;
        strokes = 0;
      }
      token = i + 1;
      if (kind === LEET) {
        leet++;
        signs++;
        if (unit === 43) continue;
      } else {
        if (leet > 0 && i - leetFrom > 1 && i - leetFrom > leet) this.#leet(leetFrom, i);
        leet = 0;
        leetFrom = i + 1;
      }
      if (kind === LINK || unit === 46 || unit >= 128) {
        if (isStroke(unit)) {
          if (strokes++ === 0) strokesFrom = i;
          if (strokes === STROKES_FROM) this.#strokes.push(strokesFrom, strokesFrom);
          if (strokes >= STROKES_FROM) this.#strokes[this.#strokes.length - 1] = i + 1;
        } else if (unit >= 0x2800 && unit <= 0x28ff) braille = true;
        if (unit >= 0xaa) {
          // A letter of another script with no letter on either side.
          if (i - foreign > 1 && !isForeign(text.charCodeAt(i + 1)) && isForeign(unit)) {
            if (i - foreign > 5) alone = 0;
            if (alone++ === 0) aloneFrom = i;
            if (alone >= FOREIGN_SINGLES_FROM) this.#apart(aloneFrom, i + 1);
          } else if (isForeign(unit)) alone = 0;
          foreign = i;
        }
        if (kind === LINK) {
          signs++;
          continue;
        }
      }
      if (
        i - run >= (unit === 61 ? BASE64_SHORTEST - 2 : BASE64_SHORTEST) &&
        (i - run >= BASE64_FROM ||
          (this.#cased === undefined ? hasDigit(text, run, i) : looksEncoded(this.#cased, run, i)))
      ) {
        this.#base64.push(run, i);
      }
      run = i + 1;
      if (kind !== SPACE) {
        if (kind === SIGN) signs++;
        else if (unit >= 128) signs = -64;
        continue;
      }
      if (words > 1) this.#chunk(chunk, i);
      if (i - chunk >= ASCII85_FROM && signs > 1) this.#ascii85.push(chunk, i);
      words = 0;
      signs = 0;
      chunk = i + 1;
      if (unit === 10) {
        if (i - line > 4 && isUuLine(this.#cased ?? text, line, i)) uuencode = true;
        line = i + 1;
      }
    }
    this.#endSingles();
    this.#endNumbers();
    return this.#result(braille, uuencode);
  }

  #result(braille: boolean, uuencode: boolean): Scanned {
    const spans = (name: string): readonly Span[] => this.#regions.get(name)?.spans(this.#text) ?? [];
    const caesar: [number, readonly Span[]][] = [];
    for (const [name, regions] of this.#regions) {
      if (name.startsWith('+')) caesar.push([Number(name), regions.spans(this.#text)]);
    }
    return {
      respell: this.#respell.spans(this.#text),
      spaced: spans('spaced'),
      joined: spans('joined'),
      reversed: spans('reversed'),
      atbash: spans('atbash'),
      pig: spans('pig'),
      caesar,
      spelled: this.#spelled,
      base64: this.#base64,
      codes: this.#codes,
      ascii85: this.#ascii85,
      strokes: this.#strokes,
      braille,
      uuencode,
    };
  }

  #word(start: number, end: number, hash: number, bag: number, repeats: number): void {
    const found = this.#table.find(hash);
    const weight = end - start > 4 ? 2 : 1;
    switch (found & 15) {
      case Disguise.none:
        if (end - start >= 5) this.#unknown(start, end, bag, repeats);
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

  #unknown(start: number, end: number, bag: number, repeats: number): void {
    const key = bagKey(bag, this.#text.charCodeAt(start), this.#text.charCodeAt(end - 1));
    if (this.#table.findBag(key) !== 0) this.#respell.add(start, end, 2);
    else if (repeats > 1) {
      let hash = HASH_SEED;
      for (let i = start, last = 0; i < end; i++) {
        const unit = this.#text.charCodeAt(i);
        if (unit !== last) hash = hashStep(hash, unit);
        last = unit;
      }
      if (this.#table.findSqueezed(hash) !== 0) this.#respell.add(start, end, 2);
    }
  }

  #add(name: string, need: number, start: number, end: number, weight: number): void {
    let regions = this.#regions.get(name);
    if (!regions) {
      regions = new Regions(need);
      this.#regions.set(name, regions);
    }
    regions.add(start, end, weight);
  }

  #single(at: number): void {
    if (this.#singles > 0 && at - this.#singlesEnd > 4) this.#endSingles();
    if (this.#singles++ === 0) this.#singlesFrom = at;
    this.#singlesEnd = at + 1;
  }

  #apart(start: number, end: number): void {
    this.#add('spaced', 1, start, end, 1);
  }

  /** Single letters are words set apart when, pushed together, known words come out. Long runs are read in windows. */
  #endSingles(): void {
    if (this.#singles >= SINGLES_FROM) {
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

  #number(start: number, end: number): void {
    if (end - start <= 8) {
      if (start - this.#numbersEnd > 6) this.#endNumbers();
      if (this.#numbers++ === 0) this.#numbersFrom = start;
      this.#numbersEnd = end;
    } else if (end - start >= 10) {
      this.#endNumbers();
      this.#codes.push(start, end);
    }
  }

  #endNumbers(): void {
    const octets =
      this.#numbers >= OCTETS_FROM && this.#numbersEnd - this.#numbersFrom >= this.#numbers * (OCTET + 1) - 1;
    if (octets || this.#numbers >= CODES_FROM) this.#codes.push(this.#numbersFrom, this.#numbersEnd);
    this.#numbers = 0;
  }

  /** A token of letters and of signs that stand for letters. */
  #leet(start: number, end: number): void {
    const found = readLeet(this.#text, start, end);
    if ((found & 15) === Disguise.plain) this.#respell.add(start, end, 2);
    else if (found !== 0 && end - start > 2) this.#respell.add(start, end, 1);
  }

  /** What stands between two spaces and has signs among its letters: `i.g.n.o.r.e`, `pre|vio*us`, `ignore_all_previous`. */
  #chunk(start: number, end: number): void {
    if (end - start > CHUNK_LIMIT) return;
    if ((readInterrupted(this.#text, start, end) & 15) === Disguise.plain) this.#respell.add(start, end, 2);
  }

  #long(start: number, end: number): void {
    if (covered(this.#text, start, Math.min(end, start + 512))) this.#add('joined', 1, start, end, 1);
  }
}
