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
  /** Power-of-two open hash table: 14 high bits of the hash, then id + 1 in 18 bits; 0 is an empty slot. */
  readonly slots: Int32Array;
}

/** Start of every {@link step} chain: the FNV-1a offset basis. */
export const HASH_SEED: number = 0x811c9dc5 | 0;

/** One byte more of FNV-1a, 32 bits. Collisions only cost a probe: the table is fixed, no caller adds to it. */
export function step(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

const ID_BITS = 18;
const ID_MASK = (1 << ID_BITS) - 1;

/**
 * The id whose token is exactly `bytes[start … end)`, or −1. Special ids are never found: their text is ordinary text.
 *
 * @param hash {@link step} over these bytes from {@link HASH_SEED}
 */
export function find(vocabulary: Vocabulary, bytes: Uint8Array, start: number, end: number, hash: number): number {
  const { slots } = vocabulary;
  const mask = slots.length - 1;
  for (let at = hash & mask; ; at = (at + 1) & mask) {
    const slot = slots[at]!;
    if (slot === 0) return -1;
    if ((slot ^ hash) >>> ID_BITS !== 0) continue;
    const id = (slot & ID_MASK) - 1;
    if (spells(vocabulary, id, bytes, start, end)) return id;
  }
}

/** As {@link find}, for callers that have no hash yet. */
export function findBytes(vocabulary: Vocabulary, bytes: Uint8Array, start: number, end: number): number {
  if (end - start > vocabulary.longest) return -1;
  let hash = HASH_SEED;
  for (let i = start; i < end; i++) hash = step(hash, bytes[i]!);
  return find(vocabulary, bytes, start, end, hash);
}

function spells(vocabulary: Vocabulary, id: number, bytes: Uint8Array, start: number, end: number): boolean {
  const from = vocabulary.starts[id]!;
  if (vocabulary.starts[id + 1]! - from !== end - start) return false;
  for (let i = start, j = from; i < end; i++, j++) if (bytes[i] !== vocabulary.bytes[j]) return false;
  return true;
}

/**
 * Builds the tables from js-tiktoken's rank data.
 *
 * @throws TokenizerError the data is not in the form of js-tiktoken 1.0: a rank out of order, no base64, a byte without id
 */
export function readVocabulary(data: RankData): Vocabulary {
  const special = Object.entries(data.special_tokens).sort((a, b) => a[1] - b[1]);
  const words = readWords(data.bpe_ranks);
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
  const vocabulary = { size, longest, bytes, starts, slots: indexOf(bytes, starts, ordinary) };
  requireAllBytes(vocabulary);
  return vocabulary;
}

/** Every byte must have an id of its own, or some text could not be encoded at all. */
function requireAllBytes(vocabulary: Vocabulary): void {
  for (let byte = 0; byte < 256; byte++) {
    if (findBytes(vocabulary, Uint8Array.of(byte), 0, 1) >= 0) continue;
    throw new TokenizerError(`rank data: no id for byte 0x${byte.toString(16)}; is js-tiktoken 1.0 installed?`);
  }
}

function indexOf(bytes: Uint8Array, starts: Uint32Array, count: number): Int32Array {
  // At most half full, so that a miss ends after about one probe more.
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(count * 2)));
  const mask = slots.length - 1;
  for (let id = 0; id < count; id++) {
    let hash = HASH_SEED;
    for (let i = starts[id]!; i < starts[id + 1]!; i++) hash = step(hash, bytes[i]!);
    let at = hash & mask;
    while (slots[at] !== 0) at = (at + 1) & mask;
    slots[at] = (hash & ~ID_MASK) | (id + 1);
  }
  return slots;
}

const EXCLAMATION = 0x21;
const SPACE = 0x20;
const EQUALS = 0x3d;

/** All ordinary tokens in the order of their ranks, which start at 0 and have no gap. */
function readWords(ranks: string): { bytes: Uint8Array; starts: number[] } {
  const bytes = new Uint8Array(Math.ceil(ranks.length * 0.75));
  const starts: number[] = [];
  let used = 0;
  for (const line of ranks.split('\n')) {
    if (line === '') continue;
    const head = /^! (\d+) /.exec(line);
    if (line.charCodeAt(0) !== EXCLAMATION || head === null || Number(head[1]) !== starts.length) {
      throw new TokenizerError(`rank data: expected a line "! ${starts.length} …", found "${line.slice(0, 24)}"`);
    }
    // One pass over the base64 digits: a split into 100,000 strings with atob() each takes four times as long.
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
