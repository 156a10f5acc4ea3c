/**
 * The words of a text as small numbers: the cheap pass that rules (match.ts), cues (score.ts) and word order
 * (normalize/backwards.ts) share. Whoever wants to meet a word registers it and gets its number; a text is then read
 * once, and every word that nobody asked for is 0. No word is ever cut out of the text.
 */
import { foldLatin } from './rules/pattern.ts';

/** Latin letters and digits → the ASCII code they hash as, 0 for what ends a word. Other scripts are no words here. */
const WORD_CODES = 0x1f00;
const WORD_CODE: Uint8Array = wordCodes();
const LETTER_CODE: Uint8Array = WORD_CODE.slice(0, 128);
/** Words are at most 2¹⁵ − 1, so that two of them fit into one 32-bit key. */
const MOST_WORDS = 32_767;

const numbers = new Map<number, number>();
let keys: Int32Array = new Int32Array(1024);
let values: Int32Array = new Int32Array(1024);
/** Bit n: some registered word's hash ends in n. Most words stop here, in the first cache. */
const filter: Int32Array = new Int32Array(2048);

/**
 * The number of a folded Latin word, from 1. Two words with one hash share it, which callers must bear: what they look
 * for is then looked for once in vain.
 */
export function wordId(word: string): number {
  const hash = hashWord(word);
  const known = numbers.get(hash);
  if (known !== undefined) return known;
  const id = numbers.size + 1;
  if (id > MOST_WORDS) throw new RangeError('words: more than 32,767 registered');
  numbers.set(hash, id);
  if (numbers.size * 4 > keys.length) grow();
  else insert(hash, id);
  last = undefined;
  return id;
}

/** One more than the highest number given out. */
export function wordCount(): number {
  return numbers.size + 1;
}

function grow(): void {
  keys = new Int32Array(keys.length * 2);
  values = new Int32Array(keys.length);
  for (const [hash, id] of numbers) insert(hash, id);
}

function insert(hash: number, id: number): void {
  const mask = keys.length - 1;
  let slot = (hash ^ (hash >>> 15)) & mask;
  while (values[slot] !== 0) slot = (slot + 1) & mask;
  keys[slot] = hash;
  values[slot] = id;
  filter[(hash >>> 5) & 2047]! |= 1 << (hash & 31);
}

/** FNV-1a over UTF-16 units. */
function hashWord(word: string): number {
  let hash = SEED;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), PRIME);
  return hash;
}

const SEED = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

function wordCodes(): Uint8Array {
  const codes = new Uint8Array(WORD_CODES);
  for (let code = 0; code < WORD_CODES; code++) {
    if (code >= 0x250 && code < 0x1e00) continue;
    const base = foldLatin(String.fromCharCode(code)).charCodeAt(0);
    if ((base >= 97 && base <= 122) || (base >= 48 && base <= 57)) codes[code] = base;
  }
  return codes;
}

/** The words of one text. Valid until the next text is read: the arrays are used again. */
export interface Words {
  /** How many. */
  count: number;
  /** [count] i32: where each begins, rising. */
  starts: Int32Array;
  /** [count] i32: their numbers, 0 for words that nobody registered. */
  ids: Int32Array;
  /** [256] u8: which pages of 256 characters of Unicode the text uses, page 0 not told. */
  readonly pages: Uint8Array;
  /** A word holds letters outside ASCII that count as their bare form. */
  accents: boolean;
}

const words: Words = {
  count: 0,
  starts: new Int32Array(1024),
  ids: new Int32Array(1024),
  pages: new Uint8Array(256),
  accents: false,
};
let last: string | undefined;

/** @param text  folded: lower case */
export function readWords(text: string): Words {
  if (text === last) return words;
  last = text;
  words.pages.fill(0);
  words.accents = false;
  if (words.starts.length < text.length / 2 + 1) {
    words.starts = new Int32Array(text.length);
    words.ids = new Int32Array(text.length);
  }
  read(text, words);
  return words;
}

function read(text: string, into: Words): void {
  const { length } = text;
  // Locals, because the engine reads a module's variables anew at every step.
  const letters = LETTER_CODE;
  const { starts, ids } = into;
  const [k, v, bits] = [keys, values, filter];
  const mask = k.length - 1;
  let count = 0;
  let hash = SEED;
  let start = 0;
  for (let i = 0; i <= length; i++) {
    const code = i < length ? text.charCodeAt(i) : 32;
    if (code < 128) {
      if (letters[code] !== 0) {
        hash = Math.imul(hash ^ code, PRIME);
        continue;
      }
    } else {
      const folded = code < WORD_CODES ? WORD_CODE[code]! : 0;
      if (folded !== 0) {
        into.accents = true;
        hash = Math.imul(hash ^ folded, PRIME);
        continue;
      }
      into.pages[code >> 8] = 1;
    }
    if (i > start) {
      let id = 0;
      if ((bits[(hash >>> 5) & 2047]! & (1 << (hash & 31))) !== 0) {
        for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
          id = v[slot]!;
          if (id === 0 || k[slot] === hash) break;
        }
      }
      starts[count] = start;
      ids[count++] = id;
      hash = SEED;
    }
    start = i + 1;
  }
  into.count = count;
}

/** Two numbers of words that follow one another → a value. Open addressing. */
export class PairTable<V> {
  readonly #mask: number;
  readonly #keys: Int32Array;
  readonly #values: (V | undefined)[];

  /** @param entries  by `pairKey` */
  constructor(entries: ReadonlyMap<number, V>) {
    let size = 64;
    while (size < entries.size * 4) size *= 2;
    this.#mask = size - 1;
    this.#keys = new Int32Array(size);
    this.#values = new Array<V | undefined>(size).fill(undefined);
    for (const [key, value] of entries) {
      let slot = this.#slot(key);
      while (this.#values[slot] !== undefined) slot = (slot + 1) & this.#mask;
      this.#keys[slot] = key;
      this.#values[slot] = value;
    }
  }

  find(key: number): V | undefined {
    let slot = this.#slot(key);
    for (let value = this.#values[slot]; value !== undefined; value = this.#values[slot]) {
      if (this.#keys[slot] === key) return value;
      slot = (slot + 1) & this.#mask;
    }
    return undefined;
  }

  #slot(key: number): number {
    const mixed = Math.imul(key, 0x9e3779b1);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }
}

/** One key of two words' numbers. */
export function pairKey(first: number, second: number): number {
  return (first << 16) | second;
}
