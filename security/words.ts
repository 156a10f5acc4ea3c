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
/** Hash and number in turn, in one cache line. */
let slots: Int32Array = new Int32Array(2048);
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
  if (numbers.size * 8 > slots.length) grow();
  else insert(hash, id);
  last = undefined;
  return id;
}

/** One more than the highest number given out. */
export function wordCount(): number {
  return numbers.size + 1;
}

function grow(): void {
  slots = new Int32Array(slots.length * 2);
  for (const [hash, id] of numbers) insert(hash, id);
}

function insert(hash: number, id: number): void {
  let slot = slotOf(hash);
  while (slots[slot + 1] !== 0) slot = (slot + 2) & (slots.length - 1);
  slots[slot] = hash;
  slots[slot + 1] = id;
  filter[(hash >>> 5) & 2047]! |= 1 << (hash & 31);
}

function slotOf(hash: number): number {
  return ((hash ^ (hash >>> 15)) << 1) & (slots.length - 1);
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

/** The words of one text. Valid until the next text is read: there is one of it. */
export class Words {
  /** How many. */
  count = 0;
  /** [count] i32: where each begins, rising. */
  starts: Int32Array = new Int32Array(1024);
  /** [count] i32: their numbers, 0 for words that nobody registered. */
  ids: Int32Array = new Int32Array(1024);
  /** [256] u8: which pages of 256 characters of Unicode the text uses, page 0 not told. */
  readonly pages: Uint8Array = new Uint8Array(256);
  /** Any of them is used. */
  foreign = false;
  /** A word holds letters outside ASCII that count as their bare form. */
  accents = false;
  /** What was read so far cannot be trusted: `readWords` reads anew. */
  partial = false;
  #text = '';

  begin(text: string): void {
    this.#text = text;
    this.count = 0;
    this.accents = false;
    this.partial = false;
    if (this.foreign) this.pages.fill(0);
    this.foreign = false;
    if (this.starts.length < text.length / 2 + 1) {
      this.starts = new Int32Array(text.length);
      this.ids = new Int32Array(text.length);
    }
  }

  /** A word of ASCII letters and digits, by its hash. @returns its number */
  push(start: number, hash: number): number {
    const id = find(hash);
    this.starts[this.count] = start;
    this.ids[this.count++] = id;
    return id;
  }

  /** The same, read here. */
  pushToken(start: number, end: number): void {
    let hash = SEED;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ this.#text.charCodeAt(i), PRIME);
    this.push(start, hash);
  }

  /** A unit outside ASCII, between words. A letter that counts as its bare form makes the reading partial. */
  other(unit: number): void {
    if (unit < WORD_CODES && WORD_CODE[unit] !== 0) this.partial = true;
    else this.#page(unit);
  }

  #page(unit: number): void {
    this.pages[unit >> 8] = 1;
    this.foreign = true;
  }

  readAll(): void {
    const text = this.#text;
    const { length } = text;
    // Locals, because the engine reads a module's variables anew at every step.
    const letters = LETTER_CODE;
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
          this.accents = true;
          hash = Math.imul(hash ^ folded, PRIME);
          continue;
        }
        this.#page(code);
      }
      if (i > start) {
        this.push(start, hash);
        hash = SEED;
      }
      start = i + 1;
    }
  }
}

function find(hash: number): number {
  if ((filter[(hash >>> 5) & 2047]! & (1 << (hash & 31))) === 0) return 0;
  for (let slot = slotOf(hash); ; slot = (slot + 2) & (slots.length - 1)) {
    const id = slots[slot + 1]!;
    if (id === 0 || slots[slot] === hash) return id;
  }
}

const words: Words = new Words();
let last: string | undefined;

/** The words of a text, from memory where it is the one read last. @param text  folded: lower case */
export function readWords(text: string): Words {
  if (text === last && !words.partial) return words;
  last = text;
  words.begin(text);
  words.readAll();
  return words;
}

/** For a pass that meets the words of a text anyway: it must push every one of them, in order. */
export function beginWords(text: string): Words {
  last = text;
  words.begin(text);
  return words;
}

/** Two numbers of words that follow one another → a value. Open addressing, with a filter of one bit a key in front. */
export class PairTable<V> {
  readonly #mask: number;
  readonly #keys: Int32Array;
  readonly #values: (V | undefined)[];
  readonly #filter: Int32Array;

  /** @param entries  by `pairKey` */
  constructor(entries: ReadonlyMap<number, V>) {
    let size = 64;
    while (size < entries.size * 4) size *= 2;
    this.#mask = size - 1;
    this.#keys = new Int32Array(size);
    this.#values = new Array<V | undefined>(size).fill(undefined);
    this.#filter = new Int32Array(Math.max(1, size >> 4));
    for (const [key, value] of entries) {
      const mixed = mix(key);
      this.#filter[(mixed >>> 5) & (this.#filter.length - 1)]! |= 1 << (mixed & 31);
      let slot = mixed & this.#mask;
      while (this.#values[slot] !== undefined) slot = (slot + 1) & this.#mask;
      this.#keys[slot] = key;
      this.#values[slot] = value;
    }
  }

  find(key: number): V | undefined {
    const mixed = mix(key);
    if ((this.#filter[(mixed >>> 5) & (this.#filter.length - 1)]! & (1 << (mixed & 31))) === 0) return undefined;
    let slot = mixed & this.#mask;
    for (let value = this.#values[slot]; value !== undefined; value = this.#values[slot]) {
      if (this.#keys[slot] === key) return value;
      slot = (slot + 1) & this.#mask;
    }
    return undefined;
  }
}

function mix(key: number): number {
  const mixed = Math.imul(key, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

/** One key of two words' numbers. */
export function pairKey(first: number, second: number): number {
  return (first << 16) | second;
}
