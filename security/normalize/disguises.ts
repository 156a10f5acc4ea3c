/**
 * One table that holds every cue word in all its disguises, so that a text's words need one look-up each: rotated,
 * mirrored, reversed, in pig Latin, misspelled by one slip. Built once, on first use (about 20 ms, 30,000 entries).
 */
import { COMMON, CUES, INNOCENT } from '../lexicon.ts';
import { ORDINARY, RULE_WORDS } from '../vocabulary.ts';
import { wordCount, wordId } from '../words.ts';

export const Disguise = {
  none: 0,
  plain: 1,
  common: 2,
  slip: 3,
  reversed: 4,
  atbash: 5,
  pig: 6,
  /** The value is the shift that was applied, 1–25. */
  caesar: 7,
  /** A code word of the spelling alphabet. */
  spelling: 8,
  /** An ordinary word that happens to look like a cue in disguise. */
  innocent: 9,
  /** A word that a rule needs, and no cue: worth respelling to. */
  known: 10,
} as const;

const SEED = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

/** One more letter of a word's hash (FNV-1a over UTF-16 units). Start with `HASH_SEED`. */
export function hashStep(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, PRIME);
}
export const HASH_SEED: number = SEED;
export const HASH_PRIME: number = PRIME;

export function hashWord(word: string): number {
  let hash = SEED;
  for (let i = 0; i < word.length; i++) hash = hashStep(hash, word.charCodeAt(i));
  return hash;
}

/** A number for each letter; a word's sum does not depend on the order of its letters. */
export const BAG: Int32Array = Int32Array.from(
  { length: 32 },
  (_, i) => Math.imul(i + 1, 0x9e3779b1) ^ ((i * 7919) << 9),
);

/** Same first and last letter, same letters in between: the same key. */
export function bagKey(bag: number, first: number, last: number): number {
  return Math.imul(bag ^ Math.imul(first, 0x85ebca6b) ^ Math.imul(last, 0xc2b2ae35), PRIME) ^ 0x5bd1e995;
}

/**
 * hash → (disguise, value); open addressing, no deletions. A filter of one bit a hash stands in front: nine words in ten
 * are in no table, and the filter that says so stays in the first cache.
 */
class Table {
  readonly #slots: Int32Array;
  readonly #filter: Uint8Array;
  readonly #mask: number;

  /** @param bits  log₂ of the number of slots */
  constructor(bits: number) {
    this.#slots = new Int32Array(2 << bits);
    this.#mask = (1 << bits) - 1;
    this.#filter = new Uint8Array(1 << Math.max(0, bits - 1));
  }

  /** The first word to come keeps a hash: plain words before disguises. */
  add(key: number, disguise: number, value: number): void {
    const slots = this.#slots;
    this.#filter[(key >>> 3) & (this.#filter.length - 1)]! |= 1 << (key & 7);
    for (let slot = (key ^ (key >>> 15)) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      if (slots[2 * slot + 1] === 0) {
        slots[2 * slot] = key;
        slots[2 * slot + 1] = (value << 4) | disguise;
        return;
      }
      if (slots[2 * slot] === key) return;
    }
  }

  /** `value << 4 | disguise`, or 0. */
  find(key: number): number {
    if ((this.#filter[(key >>> 3) & (this.#filter.length - 1)]! & (1 << (key & 7))) === 0) return 0;
    const slots = this.#slots;
    for (let slot = (key ^ (key >>> 15)) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const value = slots[2 * slot + 1]!;
      if (value === 0 || slots[2 * slot] === key) return value;
    }
  }
}

export interface Disguises {
  readonly words: readonly string[];
  /**
   * [numbers of words.ts] u8: 1 for words that are known, undisguised and no cue. Most words of a text are told by their
   * number alone, which saves a look into the large table.
   */
  readonly plain: Uint8Array;
  /** By the hash of a word's letters. */
  find(hash: number): number;
  /** By the bag key of a word: the cue that has the same letters in another order. */
  findBag(key: number): number;
  /** By the hash of a word with every `l` read as `i` (leetspeak's 1 is both). */
  findLeet(hash: number): number;
  /** By the hash of a word with runs of one letter made single. */
  findSqueezed(hash: number): number;
}

let built: Disguises | undefined;

export function disguises(): Disguises {
  built ??= build();
  return built;
}

function build(): Disguises {
  const words = [...new Set([...CUES, ...COMMON])].filter((word) => /^[a-z]+$/.test(word));
  const cues = new Set(CUES);
  const main = new Table(17);
  const bags = new Table(13);
  const leet = new Table(14);
  const squeezed = new Table(13);
  words.forEach((word, i) => {
    const kind = cues.has(word) ? Disguise.plain : Disguise.common;
    main.add(hashWord(word), kind, i);
    leet.add(hashWord(word.replaceAll('l', 'i')), kind, i);
    if (word.length > 2) squeezed.add(hashWord(word.replace(/(.)\1+/g, '$1')), kind, i);
  });
  const ruled = words.length;
  words.push(...RULE_WORDS);
  const ordinary = words.length;
  words.push(...ORDINARY);
  words.slice(ruled).forEach((word, i) => {
    const kind = ruled + i < ordinary ? Disguise.known : Disguise.innocent;
    main.add(hashWord(word), kind, ruled + i);
    leet.add(hashWord(word.replaceAll('l', 'i')), kind, ruled + i);
    if (kind === Disguise.known) squeezed.add(hashWord(word.replace(/(.)\1+/g, '$1')), kind, ruled + i);
  });
  for (const word of INNOCENT) main.add(hashWord(word), Disguise.innocent, 0);
  for (const word of SPELLING) main.add(hashWord(word), Disguise.spelling, 0);
  words.slice(0, ruled).forEach((word, i) => {
    if (word.length < 4 && !/^(the|and|you|all|any|now|new|run)$/.test(word)) return;
    main.add(hashWord([...word].reverse().join('')), Disguise.reversed, i);
    main.add(hashWord(rotate(word, -1, 25)), Disguise.atbash, i);
    for (let shift = 1; shift < 26; shift++) {
      if (word.length >= 5 || shift === 13) main.add(hashWord(rotate(word, 1, shift)), Disguise.caesar, shift);
    }
    main.add(hashWord(pigLatin(word)), Disguise.pig, i);
    if (word.length >= 4) bags.add(bagOf(word), Disguise.slip, i);
    if (word.length >= 5 && cues.has(word)) for (const slip of slips(word)) main.add(hashWord(slip), Disguise.slip, i);
  });
  words.slice(ruled, ordinary).forEach((word, i) => {
    bags.add(bagOf(word), Disguise.slip, ruled + i);
    if (word.length >= 5) for (const slip of dropped(word)) main.add(hashWord(slip), Disguise.slip, ruled + i);
  });
  return {
    words,
    plain: plainOf([...words, ...INNOCENT], (word) => main.find(hashWord(word)) & 15),
    find: (hash) => main.find(hash),
    findBag: (key) => bags.find(key),
    findLeet: (hash) => leet.find(hash),
    findSqueezed: (hash) => squeezed.find(hash),
  };
}

function plainOf(words: readonly string[], kind: (word: string) => number): Uint8Array {
  const silent: readonly number[] = [Disguise.common, Disguise.known, Disguise.innocent];
  const ids = words.map(wordId);
  const plain = new Uint8Array(wordCount());
  words.forEach((word, i) => {
    if (silent.includes(kind(word))) plain[ids[i]!] = 1;
  });
  return plain;
}

/** The bag key of the letters `text[start, end)`. */
export function bagOf(text: string, start = 0, end: number = text.length): number {
  let bag = 0;
  for (let i = start; i < end; i++) bag = (bag + BAG[text.charCodeAt(i) & 31]!) | 0;
  return bagKey(bag, text.charCodeAt(start), text.charCodeAt(end - 1));
}

/** letter → sign · letter + shift: a Caesar shift with sign 1, Atbash with sign −1 and shift 25. */
export function rotate(word: string, sign: 1 | -1, shift: number): string {
  let turned = '';
  for (let i = 0; i < word.length; i++) {
    turned += String.fromCharCode(97 + (((((word.charCodeAt(i) - 97) * sign + shift) % 26) + 26) % 26));
  }
  return turned;
}

export function pigLatin(word: string): string {
  const onset = /^(?:[^aeiouy]*qu|[^aeiou][^aeiouy]*)?/.exec(word)![0];
  return onset === '' ? `${word}way` : `${word.slice(onset.length)}${onset}ay`;
}

const SPELLING =
  `alfa alpha bravo charlie delta echo foxtrot golf hotel india juliett juliet kilo lima mike november oscar papa
quebec romeo sierra tango uniform victor whiskey xray yankee zulu`.split(/\s+/);

const NEIGHBOURS: Readonly<Record<string, string>> = {
  a: 'qwsz', b: 'vghn', c: 'xdfv', d: 'serfcx', e: 'wsdr', f: 'drtgvc', g: 'ftyhbv', h: 'gyujnb', i: 'ujko', j: 'huikmn',
  k: 'jiolm', l: 'kop', m: 'njk', n: 'bhjm', o: 'iklp', p: 'ol', q: 'wa', r: 'edft', s: 'awedxz', t: 'rfgy', u: 'yhji',
  v: 'cfgb', w: 'qase', x: 'zsdc', y: 'tghu', z: 'asx',
}; // biome-ignore format: a table

/** A word with one letter dropped, or the last two swapped: the slips that neither a bag nor a squeezed word shows. */
function dropped(word: string): string[] {
  const slipped = [word.slice(0, -2) + word.at(-1) + word.at(-2)];
  for (let i = 1; i < word.length; i++) slipped.push(word.slice(0, i) + word.slice(i + 1));
  return slipped;
}

/** A word with one slip of the keyboard: a letter dropped, doubled, swapped with the next, or the key beside it hit. */
function slips(word: string): Set<string> {
  const slipped = new Set<string>();
  for (let i = 0; i < word.length; i++) {
    const before = word.slice(0, i);
    const after = word.slice(i + 1);
    if (i > 0) slipped.add(before + after);
    slipped.add(before + word[i] + word[i] + after);
    if (i + 1 < word.length) slipped.add(before + word[i + 1] + word[i] + word.slice(i + 2));
    for (const key of NEIGHBOURS[word[i]!]!) slipped.add(before + key + after);
  }
  slipped.delete(word);
  return slipped;
}
