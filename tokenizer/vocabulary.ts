/**
 * A vocabulary as flat tables: the bytes of every id, and an open hash table from bytes back to the id.
 *
 *   js-tiktoken ranks (base64 words) → bytes + starts → slots
 *
 * Flat, because a Map of strings takes ten times the memory and needs a new string for every look-up of a merge.
 */
import { TokenizerError } from '../errors.ts';

/** What js-tiktoken exports for each vocabulary: `! <first rank> <base64> <base64> …` a line, and the special ids. */
export interface RankData {
  readonly bpe_ranks: string;
  readonly special_tokens: Readonly<Record<string, number>>;
}

/** The bytes of every id and the way back; built once by {@link readVocabulary} and never changed. */
export interface Vocabulary {
  /** Greatest id + 1, special ids included. A few ids below it belong to no token. */
  readonly size: number;
  /** The longest token in bytes; nothing longer needs a look-up. */
  readonly longest: number;
  /** The bytes of all ids, one after the other. */
  readonly bytes: Uint8Array;
  /** [size + 1]: id's bytes are `bytes[starts[id] … starts[id + 1])`; none where the id belongs to no token. */
  readonly starts: Uint32Array;
  /**
   * Power-of-two open hash table, four words a slot: the token's first twelve bytes, then `length << 18 | id + 1`;
   * 0 there is an empty slot. One look-up of a short token touches one cache line, and no byte is compared alone.
   */
  readonly slots: Int32Array;
}

const ID_BITS = 18;
const ID_MASK = (1 << ID_BITS) - 1;
const KEY_BYTES = 12;

/** Bytes `start …` up to `end`, four at most, as one word; a slot's length tells trailing zeros from missing bytes. */
function word(bytes: Uint8Array, start: number, end: number): number {
  let word = 0;
  for (let i = start, last = Math.min(end, start + 4); i < last; i++) word = (word << 8) | bytes[i]!;
  return word;
}

/** Spreads three words over 32 bits. Collisions only cost a probe: the table is fixed, no text adds to it. */
function hashOf(w0: number, w1: number, w2: number, length: number): number {
  const hash = Math.imul(w0, 0x9e3779b1) ^ Math.imul(w1, 0x85ebca6b) ^ Math.imul(w2 + length, 0xc2b2ae35);
  return Math.imul(hash ^ (hash >>> 15), 0x27d4eb2f) >>> 2;
}

/** The id whose token is exactly `bytes[start … end)`, or −1. Special ids are never found: their text is ordinary text. */
export function find(vocabulary: Vocabulary, bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > vocabulary.longest) return -1;
  const w0 = word(bytes, start, end);
  const w1 = length > 4 ? word(bytes, start + 4, end) : 0;
  const w2 = length > 8 ? word(bytes, start + 8, end) : 0;
  const slots = vocabulary.slots;
  const mask = slots.length - 1;
  for (let at = (hashOf(w0, w1, w2, length) << 2) & mask; ; at = (at + 4) & mask) {
    const tag = slots[at + 3]!;
    if (tag === 0) return -1;
    if (slots[at] !== w0 || slots[at + 1] !== w1 || slots[at + 2] !== w2 || tag >>> ID_BITS !== length) continue;
    const id = (tag & ID_MASK) - 1;
    if (length <= KEY_BYTES || endsWith(vocabulary, id, bytes, start, length)) return id;
  }
}

/** Whether the bytes of a long token after those in its slot are the same too. */
function endsWith(vocabulary: Vocabulary, id: number, bytes: Uint8Array, start: number, length: number): boolean {
  const from = vocabulary.starts[id]!;
  for (let i = KEY_BYTES; i < length; i++) if (bytes[start + i] !== vocabulary.bytes[from + i]) return false;
  return true;
}

/**
 * Builds the tables from js-tiktoken's rank data.
 *
 * @throws TokenizerError the data is not in the form of js-tiktoken 1.0: a rank out of order, no base64, a byte without id
 */
export function readVocabulary(data: RankData): Vocabulary {
  const vocabulary = buildVocabulary(readWords(data.bpe_ranks), Object.entries(data.special_tokens));
  const missing = missingByte(vocabulary);
  if (missing < 0) return vocabulary;
  throw new TokenizerError(`rank data: no id for byte 0x${missing.toString(16)}; is js-tiktoken 1.0 installed?`);
}

/** The bytes of the ordinary tokens, one after the other; id's are `bytes[starts[id] … starts[id + 1])`. */
export interface Words {
  readonly bytes: Uint8Array;
  readonly starts: ArrayLike<number>;
}

/** Builds the tables from the ordinary tokens in the order of their ids, which start at 0, and the special ids above. */
export function buildVocabulary(words: Words, specials: readonly (readonly [text: string, id: number])[]): Vocabulary {
  const special = specials.toSorted((a, b) => a[1] - b[1]);
  const ordinary = words.starts.length - 1;
  const size = Math.max(ordinary, ...special.map(([, id]) => id + 1));
  const specialBytes = special.map(([text]) => new TextEncoder().encode(text));
  const bytes = new Uint8Array(words.bytes.length + specialBytes.reduce((sum, token) => sum + token.length, 0));
  bytes.set(words.bytes);
  const starts = new Uint32Array(size + 1).fill(words.bytes.length);
  starts.set(words.starts);
  let used = words.bytes.length;
  special.forEach(([, id], i) => {
    bytes.set(specialBytes[i]!, used);
    used += specialBytes[i]!.length;
    starts.fill(used, id + 1);
  });
  let longest = 0;
  for (let id = 0; id < ordinary; id++) longest = Math.max(longest, starts[id + 1]! - starts[id]!);
  return { size, longest, bytes, starts, slots: indexOf(bytes, starts, ordinary) };
}

/** The first byte that has no id of its own, so that some text could not be encoded at all; −1 where none is missing. */
export function missingByte(vocabulary: Vocabulary): number {
  for (let byte = 0; byte < 256; byte++) if (find(vocabulary, Uint8Array.of(byte), 0, 1) < 0) return byte;
  return -1;
}

function indexOf(bytes: Uint8Array, starts: Uint32Array, count: number): Int32Array {
  // At most half full, so that a miss ends after about one probe more.
  const slots = new Int32Array(4 * 2 ** Math.ceil(Math.log2(count * 2)));
  const mask = slots.length - 1;
  for (let id = 0; id < count; id++) {
    const start = starts[id]!;
    const end = starts[id + 1]!;
    const w0 = word(bytes, start, end);
    const w1 = word(bytes, start + 4, end);
    const w2 = word(bytes, start + 8, end);
    let at = (hashOf(w0, w1, w2, end - start) << 2) & mask;
    while (slots[at + 3] !== 0) at = (at + 4) & mask;
    slots[at] = w0;
    slots[at + 1] = w1;
    slots[at + 2] = w2;
    slots[at + 3] = ((end - start) << ID_BITS) | (id + 1);
  }
  return slots;
}

const EXCLAMATION = 0x21;
const SPACE = 0x20;
const EQUALS = 0x3d;

/** All ordinary tokens in the order of their ranks, which start at 0 and have no gap. */
function readWords(ranks: string): Words {
  const bytes = new Uint8Array(Math.ceil(ranks.length * 0.75));
  const starts: number[] = [];
  let used = 0;
  for (const line of ranks.split('\n')) {
    if (line === '') continue;
    const head = /^! (\d+) /.exec(line);
    if (line.charCodeAt(0) !== EXCLAMATION || head === null || Number(head[1]) !== starts.length) {
      throw new TokenizerError(`rank data: expected a line "! ${starts.length} …", found "${line.slice(0, 24)}"`);
    }
    // One pass over the base64 digits: 100,000 strings with atob() each make the first load 35 ms longer.
    for (let at = head[0].length; at < line.length; at++) {
      starts.push(used);
      let bits = 0;
      let held = 0;
      for (; at < line.length && line.charCodeAt(at) !== SPACE; at++) {
        if (line.charCodeAt(at) === EQUALS) continue;
        bits = ((bits << 6) | digit(line, at)) & 0xfff;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes[used++] = bits >> held;
      }
    }
  }
  starts.push(used);
  return { bytes: bytes.subarray(0, used), starts };
}

function digit(line: string, at: number): number {
  const c = line.charCodeAt(at);
  if (c >= 0x41 && c <= 0x5a) return c - 0x41;
  if (c >= 0x61 && c <= 0x7a) return c - 0x61 + 26;
  if (c >= 0x30 && c <= 0x39) return c - 0x30 + 52;
  if (c === 0x2b) return 62;
  if (c === 0x2f) return 63;
  throw new TokenizerError(`rank data: expected a base64 digit at ${at}, found "${line.charAt(at)}"`);
}
