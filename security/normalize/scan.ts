/**
 * The one pass that every text gets: which words are cue words in disguise and stand together, and which stretches a
 * decoder could read. Everything that rewrites or decodes runs only where this pass points, so that ordinary text costs
 * this loop and nothing else. Letters take the short way through it: a hash step and an addition.
 */
import { beginWords } from '../words.ts';
import { isUuLine } from './decode/uuencode.ts';
import { disguises, HASH_PRIME, HASH_SEED } from './disguises.ts';
import { Findings, type Found } from './findings.ts';
import { CLASS, DIGIT, hasDigit, isForeign, isStroke, LEET, LETTER, LINK, looksEncoded, SIGN, SPACE } from './units.ts';

/** Stretches that a decoder may read, rising: start, end, start, end … */
export type Leads = number[];

export interface Scanned extends Found {
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
const JOINED_FROM = 16;
/** Without a vocabulary to ask, letters of other scripts must stand apart for long. */
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
  readonly #base64: Leads = [];
  readonly #codes: Leads = [];
  readonly #ascii85: Leads = [];
  readonly #strokes: Leads = [];
  readonly #findings: Findings;
  /** The chain of numbers: how many, from where, to where. */
  #numbers = 0;
  #numbersFrom = 0;
  #numbersEnd = -9;

  constructor(text: string, cased: string | undefined) {
    this.#text = text;
    this.#cased = cased;
    this.#findings = new Findings(text);
  }

  /** The loop. A word is a run of letters, a token of letters and digits, a run of base64's alphabet, a chunk of no space. */
  run(): Scanned {
    const text = this.#text;
    const size = text.length;
    const findings = this.#findings;
    const { plain } = disguises();
    const read = beginWords(text);
    // Locals, because the engine reads a module's constants anew at every step: a third of the loop.
    const letters = LETTER;
    const classes = CLASS;
    let token = 0;
    let run = 0;
    let chunk = 0;
    let line = 0;
    let leetFrom = 0;
    let words = 0;
    let lone = false;
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
      let unit = i < size ? text.charCodeAt(i) : 10;
      const word = i;
      if (unit < 128 && letters[unit] !== 0) {
        let hash = HASH_SEED;
        do {
          hash = Math.imul(hash ^ unit, HASH_PRIME);
          unit = ++i < size ? text.charCodeAt(i) : 10;
        } while (unit < 128 && letters[unit] !== 0);
        words++;
        strokes = 0;
        const length = i - word;
        if (length === 1) {
          findings.single(word);
          lone = true;
        } else {
          if (lone) findings.endSingles();
          lone = false;
          if (length >= JOINED_FROM) findings.long(word, i);
        }
        const id = digits === 0 && classes[unit] !== DIGIT ? read.push(word, hash) : 0;
        if (length > 2 && length <= WORD_LIMIT && plain[id] !== 1) findings.word(word, i, hash);
        // Three gaps in four: a short word of nothing but letters, and a blank.
        if (unit === 32 && word === chunk && length < BASE64_SHORTEST) {
          words = 0;
          token = run = chunk = leetFrom = i + 1;
          continue;
        }
      }
      const kind = unit < 128 ? classes[unit]! : 0;
      if (kind === DIGIT) {
        digits++;
        leet++;
        continue;
      }
      if (digits > 0) {
        read.pushToken(token, i);
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
        if (leet > 0 && i - leetFrom > 1 && i - leetFrom > leet) findings.leet(leetFrom, i);
        leet = 0;
        leetFrom = i + 1;
      }
      if (unit >= 128) read.other(unit);
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
            if (alone >= FOREIGN_SINGLES_FROM) findings.apart(aloneFrom, i + 1);
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
      if (words > 1) findings.chunk(chunk, i);
      if (i - chunk >= ASCII85_FROM && signs > 1) this.#ascii85.push(chunk, i);
      words = 0;
      signs = 0;
      chunk = i + 1;
      if (unit === 10) {
        if (i - line > 4 && isUuLine(this.#cased ?? text, line, i)) uuencode = true;
        line = i + 1;
      }
    }
    findings.endSingles();
    this.#endNumbers();
    return this.#result(braille, uuencode);
  }

  #result(braille: boolean, uuencode: boolean): Scanned {
    return {
      ...this.#findings.result(),
      base64: this.#base64,
      codes: this.#codes,
      ascii85: this.#ascii85,
      strokes: this.#strokes,
      braille,
      uuencode,
    };
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
}
