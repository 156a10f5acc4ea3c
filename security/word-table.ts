/**
 * The words of a text as rolling hashes, and a table of words to look them up in: the cheap pass that rules (match.ts)
 * and cues (score.ts) begin with. No word is ever cut out of the text.
 */
import { foldLatin } from './rules/pattern.ts';

/** Words → values. Open addressing over 32-bit hashes; two words with one hash share a value's bucket, callers must bear that. */
export class WordTable<V> {
  readonly #mask: number;
  readonly #keys: Int32Array;
  readonly #values: (V | undefined)[];

  /** @param entries  hashes of `hashWord` or `hashPair`, each once */
  constructor(entries: ReadonlyMap<number, V>) {
    let size = 64;
    while (size < entries.size * 8) size *= 2;
    this.#mask = size - 1;
    this.#keys = new Int32Array(size);
    this.#values = new Array<V | undefined>(size).fill(undefined);
    for (const [hash, value] of entries) {
      let slot = hash & this.#mask;
      while (this.#values[slot] !== undefined) slot = (slot + 1) & this.#mask;
      this.#keys[slot] = hash;
      this.#values[slot] = value;
    }
  }

  find(hash: number): V | undefined {
    let slot = hash & this.#mask;
    for (let value = this.#values[slot]; value !== undefined; value = this.#values[slot]) {
      if (this.#keys[slot] === hash) return value;
      slot = (slot + 1) & this.#mask;
    }
    return undefined;
  }
}

/** The hash of a folded Latin word. */
export function hashWord(word: string): number {
  let hash = 0;
  for (let i = 0; i < word.length; i++) hash = step(hash, word.charCodeAt(i));
  return hash;
}

/** The hash of two words that follow one another. */
export function hashPair(first: number, second: number): number {
  return step(Math.imul(first, 31), second);
}

function step(hash: number, code: number): number {
  const mixed = Math.imul(hash ^ code, 0x01000193);
  return mixed ^ (mixed >>> 15);
}

/** Latin letters and digits → the ASCII code they hash as, 0 for what ends a word. Other scripts are no words here. */
const WORD_CODES = 0x1f00;
const WORD_CODE: Uint8Array = wordCodes();

function wordCodes(): Uint8Array {
  const codes = new Uint8Array(WORD_CODES);
  for (let code = 0; code < WORD_CODES; code++) {
    if (code >= 0x250 && code < 0x1e00) continue;
    const base = foldLatin(String.fromCharCode(code)).charCodeAt(0);
    if ((base >= 97 && base <= 122) || (base >= 48 && base <= 57)) codes[code] = base;
  }
  return codes;
}

/**
 * Calls `visit` with the hash and the place of each word.
 *
 * @param text  folded: lower case
 * @returns 256 flags: which pages of 256 characters of Unicode the text uses, page 0 not told
 */
export function eachWord(text: string, visit: (hash: number, at: number) => void): Uint8Array {
  const pages = new Uint8Array(256);
  const { length } = text;
  let hash = 0;
  let start = -1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    const folded = code < WORD_CODES ? WORD_CODE[code]! : 0;
    if (folded !== 0) {
      if (start === -1) start = i;
      hash = step(hash, folded);
      continue;
    }
    if (code > 0xff) pages[code >> 8] = 1;
    if (start === -1) continue;
    visit(hash, start);
    hash = 0;
    start = -1;
  }
  if (start !== -1) visit(hash, start);
  return pages;
}
