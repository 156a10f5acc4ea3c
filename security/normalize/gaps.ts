/**
 * Where the gaps between words were, in text that lost them: `ignoreallpreviousrules`. The letters are cut by vocabulary
 * (Viterbi over a unigram model with one price a word list), what stands around signs by the forms of addresses, paths
 * and options. For stretches that something else has shown to be a disguise.
 */
import { FURTHER } from '../vocabulary.ts';
import { Disguise, disguises, HASH_SEED, hashStep, hashWord } from './disguises.ts';

/** Letters of the longest word looked up. */
const LONGEST = 20;
/** A run of letters is cut in parts of so many, so that memory and the reach of a decision stay bounded. */
const PART = 512;
/** The prices of a word by the list it is in. */
const PRICES: Readonly<Record<number, number>> = {
  [Disguise.plain]: 1.6,
  [Disguise.common]: 1.5,
  [Disguise.known]: 2.1,
  [Disguise.innocent]: 2.3,
};
const FURTHER_PRICE = 2.1;
/** Words that the lexicon names because they look like cues: `forme` is one, and two. */
const ODD = 3.2;
/** What the s behind a word that is in the lists without it costs. */
const PLURAL = 0.5;
/** What words of two letters cost more: they are parts of everything. */
const SHORT = 0.6;
/** What words of three letters cost more that are none of the commonest: `base don` is `based on`. */
const RARE = 0.3;
/** What a word of ten letters and more costs more that is no cue: `systemprompt` is one, and two. */
const LONG = 1.3;
/** Letters that are in no word: the first and each one. */
const UNKNOWN = 1.2;
const UNKNOWN_LETTER = 1.6;
/** What a word costs more that goes on over a capital in its middle. */
const OVER_CAPITAL = 2;

/** Words that two commoner ones spell far more often: `you are a`, `to do`, `look up`. */
const DOUBLE: ReadonlySet<number> = new Set(['area', 'todo', 'lookup', 'everyone'].map(hashWord));

function extra(length: number, price: number): number {
  if (length < 3) return SHORT;
  if (length === 3) return price > 1.5 ? RARE : 0;
  return length >= 10 && price > 2 ? LONG : 0;
}

/** Characters of a part of a host's name (RFC 1035). */
const LONGEST_LABEL = 63;

let further: Set<number> | undefined;

export interface Gaps {
  /** [text.length] 1 where a word starts and a gap was before it. */
  readonly before: Uint8Array;
  /** Letters, and those of them in known words of three letters and more. */
  readonly letters: number;
  readonly known: number;
  /** Known words of four letters and more. */
  readonly long: number;
}

/** @param text  in its own case where that is known */
export function findGaps(text: string): Gaps {
  const lower = text.toLowerCase();
  const cutter = new Cutter(text, lower.length === text.length ? lower : text);
  return cutter.run();
}

/** Gapless letters fall into words: half of them, or three longer words, which random letters have one of in 500. */
export function readsAsWords({ letters, known, long }: Gaps): boolean {
  return known >= 8 && (known * 2 >= letters || (long > 2 && known * 8 >= letters));
}

class Cutter {
  readonly #text: string;
  readonly #lower: string;
  readonly #before: Uint8Array;
  /** [text.length] 1 where a known word starts, 2 where unknown letters start. */
  readonly #starts: Uint8Array;
  #letters = 0;
  #known = 0;
  #long = 0;

  constructor(text: string, lower: string) {
    this.#text = text;
    this.#lower = lower;
    this.#before = new Uint8Array(text.length);
    this.#starts = new Uint8Array(text.length + 1);
  }

  run(): Gaps {
    const lower = this.#lower;
    for (let i = 0; i < lower.length; ) {
      if (!isLetter(lower.charCodeAt(i))) {
        i++;
        continue;
      }
      let end = i + 1;
      while (end < lower.length && end - i < PART && isLetter(lower.charCodeAt(end))) end++;
      this.#cut(i, end);
      i = end;
    }
    this.#signs();
    return { before: this.#before, letters: this.#letters, known: this.#known, long: this.#long };
  }

  /** One run of letters into words: the cheapest way. */
  #cut(start: number, end: number): void {
    const lower = this.#lower;
    const table = disguises();
    further ??= new Set(FURTHER.map(hashWord));
    const size = end - start;
    // The cheapest way to `i` that ends with a word, and the one that ends with unknown letters.
    const words = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY);
    const rest = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY);
    const back = new Int32Array(size + 1);
    const opened = new Uint8Array(size + 1);
    words[0] = 0;
    for (let i = 0; i < size; i++) {
      const here = Math.min(words[i]!, rest[i]!);
      const opening = words[i]! + UNKNOWN;
      const capital = this.#startsCapital(start + i);
      opened[i + 1] = capital || opening <= rest[i]! ? 1 : 0;
      rest[i + 1] = UNKNOWN_LETTER + (capital ? here + UNKNOWN : Math.min(opening, rest[i]!));
      let hash = HASH_SEED;
      let over = 0;
      const limit = Math.min(size, i + LONGEST);
      for (let j = i; j < limit; j++) {
        const unit = lower.charCodeAt(start + j);
        if (j > i && this.#startsCapital(start + j)) over += OVER_CAPITAL;
        hash = hashStep(hash, unit);
        if (j === i && unit !== 97 && unit !== 105) continue;
        const found = table.find(hash);
        const listed = found === Disguise.innocent ? ODD : PRICES[found & 15];
        const word = listed ?? (further.has(hash) ? FURTHER_PRICE : undefined);
        if (word === undefined) continue;
        const price = here + over + word + extra(j + 1 - i, word) + (DOUBLE.has(hash) ? 2 : 0);
        if (price < words[j + 1]!) {
          words[j + 1] = price;
          back[j + 1] = i;
        }
        if (j - i > 2 && lower.charCodeAt(start + j + 1) === 115 && j + 2 <= size && price + PLURAL < words[j + 2]!) {
          words[j + 2] = price + PLURAL;
          back[j + 2] = i;
        }
      }
    }
    this.#letters += size;
    for (let at = size; at > 0; ) {
      const unknown = rest[at]! < words[at]!;
      let from = back[at]!;
      if (unknown) for (from = at - 1; opened[from + 1] === 0; from--);
      this.#starts[start + from] = unknown ? 2 : 1;
      if (!unknown && at - from > 2) this.#known += at - from;
      if (!unknown && at - from > 3) this.#long++;
      if (from > 0) this.#before[start + from] = 1;
      at = from;
    }
  }

  /** A capital behind a small letter. */
  #startsCapital(at: number): boolean {
    const unit = this.#text.charCodeAt(at);
    const before = this.#text.charCodeAt(at - 1);
    return unit >= 65 && unit <= 90 && before >= 97 && before <= 122;
  }

  /** Gaps beside signs and digits. In an address there are none. */
  #signs(): void {
    const lower = this.#lower;
    let address = false;
    for (let i = 1; i < lower.length; i++) {
      const unit = lower.charCodeAt(i);
      const last = lower.charCodeAt(i - 1);
      if (this.#before[i] === 1) address = false;
      if (isLetter(unit)) {
        if (isLetter(last)) continue;
        if (this.#afterSign(i, last, address)) {
          this.#before[i] = 1;
          address = false;
        }
        continue;
      }
      const rest = lower.slice(i, i + 12);
      const gap =
        (isLetter(last) && !address && (BEGINS.test(rest) || this.#hiddenFile(i))) ||
        (unit === DASH && this.#option(i, last, address)) ||
        unit === BAR ||
        (unit === AT && lower.charCodeAt(i - 2) === DASH && this.#before[i - 2] === 1) ||
        (isDigit(unit) && isLetter(last) && !address && this.#wordEndsAt(i));
      if (gap) {
        this.#before[i] = 1;
        address = false;
      }
      if (unit === AT || unit === SLASH || unit === TILDE) address = true;
      if (unit === AT || (unit === SLASH && last === SLASH)) this.#host(i + 1);
    }
  }

  /** In the labels of a host's name there are no gaps, as far as a hyphen, a digit or a dot follows. */
  #host(from: number): void {
    const lower = this.#lower;
    for (let i = from; i < lower.length; i++) {
      let end = i;
      while (isLetter(lower.charCodeAt(end)) && end - i < LONGEST_LABEL) end++;
      const after = lower.charCodeAt(end);
      if (after !== DASH && after !== DOT && !isDigit(after)) return;
      if (end > i) this.#before.fill(0, i, end);
      i = end;
    }
  }

  /** Whether a gap is to be put between a sign and the letter at `i`. */
  #afterSign(i: number, last: number, address: boolean): boolean {
    if (isDigit(last)) return !address && this.#starts[i] === 1 && this.#wordAt(i) > 1;
    if (last === COMMA || last === SEMICOLON || last === EXCLAMATION || last === BAR || last === CLOSING) return true;
    if (last === QUESTION) return !address;
    if (last === COLON) return true;
    if (last !== DOT) return false;
    if (this.#capitalAt(i) && !this.#capitalAt(i - 2)) return true;
    const size = this.#wordAt(i);
    return (
      !address && this.#starts[i] === 1 && size > 1 &&
      !EXTENSION.test(this.#lower.slice(i, i + size)) && !OBJECT.test(this.#lower.slice(Math.max(0, i - 13), i - 1))
    ); // biome-ignore format: one condition
  }

  /** `.env` at `i`, but not `process.env`. */
  #hiddenFile(i: number): boolean {
    if (this.#lower.charCodeAt(i) !== DOT || OBJECT.test(this.#lower.slice(Math.max(0, i - 12), i))) return false;
    return HIDDEN_FILE.test(this.#lower.slice(i + 1, i + 1 + this.#wordAt(i + 1)));
  }

  /** `-X` and `--acl` behind a word or a path. */
  #option(i: number, last: number, address: boolean): boolean {
    const next = this.#lower.charCodeAt(i + 1);
    if (next === DASH)
      return isLetter(this.#lower.charCodeAt(i + 2)) && (isLetter(last) || isDigit(last) || last === SLASH);
    return (
      isLetter(last) && !address && isLetter(next) && this.#wordAt(i + 1) === 1 && this.#lower.charCodeAt(i + 2) !== DOT
    );
  }

  #capitalAt(at: number): boolean {
    const unit = this.#text.charCodeAt(at);
    return unit >= 65 && unit <= 90;
  }

  /** The length of the word that starts at `i`. */
  #wordAt(i: number): number {
    let end = i + 1;
    while (end < this.#lower.length && this.#before[end] === 0 && isLetter(this.#lower.charCodeAt(end))) end++;
    return end - i;
  }

  /** Whether the letters before `end` are a known word that numbers stand apart from; in a name they do not. */
  #wordEndsAt(end: number): boolean {
    let from = end - 1;
    while (from > 0 && this.#before[from] === 0 && isLetter(this.#lower.charCodeAt(from - 1))) from--;
    let after = end;
    while (isDigit(this.#lower.charCodeAt(after))) after++;
    if (this.#lower.charCodeAt(from - 1) === UNDERSCORE || this.#lower.charCodeAt(after) === AT) return false;
    return this.#starts[from] === 1 && end - from > 1 && !NUMBERED.test(this.#lower.slice(from, end));
  }
}

/** What begins a path where a letter stands in front of it. */
const BEGINS = /^(?:~\/|\$\(|\/(?:etc|proc|root|home|var|tmp|usr)\b)/;
const HIDDEN_FILE = /^(?:env|ssh|aws|git|npmrc|netrc|bash|docker|kube)$/;
/** What follows a dot without a gap: the ends of host and file names. */
const EXTENSION =
  /^(?:com|org|net|info|example|test|app|dev|json|txt|md|sh|py|js|ts|csv|xml|pdf|sql|log|key|env|read|get|post|call)$/;
/** Names whose parts follow a dot. */
const OBJECT = /(?:process|os|sys|json|navigator|window|document|storage|console|meta|axios|https?|requests)$/;
/** Words that are written with their number. */
const NUMBERED = /^(?:base|rot|utf|sha|md|s|v|x|mp|ipv)$/;

const EXCLAMATION = 33;
const CLOSING = 41;
const COMMA = 44;
const DASH = 45;
const DOT = 46;
const SLASH = 47;
const COLON = 58;
const SEMICOLON = 59;
const QUESTION = 63;
const AT = 64;
const UNDERSCORE = 95;
const BAR = 124;
const TILDE = 126;

function isLetter(unit: number): boolean {
  return unit >= 97 && unit <= 122;
}

function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57;
}
