/**
 * A model's own tokenizer: byte-level BPE read from its tokenizer.json, in the form that tools/tokenizer-file.ts writes
 * and @huggingface/transformers reads. Hydra's has the first 16,384 ranks of cl100k_base, so that a start needs half a
 * megabyte of JSON and not all 100,256 ranks.
 *
 * Truncated BPE is the exact intermediate state of the full one. Merging takes the least rank first; so the full merge
 * of a piece first does all that the merge with the ranks below R does, in the same order. From there on it makes no
 * token below R any more: what would become token t < R are neighbours in a finished truncated merge, any run of which
 * is the truncated merge of its own bytes (no merge crossed its ends, and what happened inside did not depend on what
 * lay outside); but the truncated merge of t's bytes is t alone. That last fact is all the proof needs of the data, and
 * test/tokenizer/file.test.ts checks it for each of the 16,384 tokens. So the ids here are those of cl100k_base with each
 * id replaced by the truncated merge of its bytes: a table, without exceptions, which the test applies to traffic and to
 * hostile strings. The same argument makes one pair of parts for each token enough, which is all that `merges` holds.
 */
import { ModelFormatError } from '../errors.ts';
import { splitCl100k } from './split.ts';
import { pieceEncoder } from './tokenizer.ts';
import { buildVocabulary, missingByte, type Vocabulary } from './vocabulary.ts';

/** A text as a model reads it; both arrays have an entry for each token. */
export interface Encoding {
  readonly ids: Int32Array<ArrayBuffer>;
  /** The UTF-16 offset of the character that holds the token's first byte; tokens that share a character share it. */
  readonly starts: Int32Array<ArrayBuffer>;
}

/** Encodes for one model. */
export interface ModelTokenizer {
  /** Greatest id + 1, special ids included. */
  readonly vocabSize: number;

  /** Ids that no text gives: `[PAD]`, `[CLS]`, and a token for each role, `[user]` … `[unknown]`. */
  readonly specials: ReadonlyMap<string, number>;

  /** Ids and offsets, in time linear in the text. A lone surrogate, which has no UTF-8 form, counts as U+FFFD. */
  encode(text: string): Encoding;
}

/** The split rule as @huggingface/transformers and tokenizers need it: \s spelled out, because engines differ in it. */
export const PATTERN: string = (() => {
  const s = '\\t\\n\\x0b\\x0c\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff';
  return [
    "'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])",
    '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+',
    '\\p{N}{1,3}',
    ` ?[^${s}\\p{L}\\p{N}]+[\\r\\n]*`,
    `[${s}]*[\\r\\n]+`,
    `[${s}]+(?![^${s}])`,
    `[${s}]+`,
  ].join('|');
})();

/**
 * Byte-level alphabet of GPT-2: a printable character for each byte, so that tokens of any bytes are JSON strings.
 * Printable Latin-1 stands for itself, the 68 other bytes for U+0100 and up.
 */
export const ALPHABET: readonly string[] = (() => {
  const printable = (byte: number): boolean => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();

const BYTES: Int16Array = (() => {
  const bytes = new Int16Array(0x200).fill(-1);
  ALPHABET.forEach((character, byte) => {
    bytes[character.charCodeAt(0)] = byte;
  });
  return bytes;
})();

/**
 * Reads the text of a tokenizer.json.
 *
 * What stands behind `model.vocab` is not read: the merges follow from the order of the vocabulary.
 *
 * @throws ModelFormatError no JSON, another kind of tokenizer, or a vocabulary with gaps
 */
export function readTokenizerFile(text: string): ModelTokenizer {
  const { vocabulary, specials } = parse(text);
  const encodePiece = pieceEncoder(vocabulary);
  const utf8Encoder = new TextEncoder();
  return {
    vocabSize: vocabulary.size,
    specials: new Map(specials),
    encode(text) {
      const utf8 = utf8Encoder.encode(text);
      const ids: number[] = [];
      for (let at = 0; at < utf8.length; ) {
        const end = splitCl100k(utf8, at);
        encodePiece(utf8, at, end, ids);
        at = end;
      }
      return { ids: Int32Array.from(ids), starts: startsOf(vocabulary, ids, utf8) };
    },
  };
}

/** The UTF-16 offset at which each token starts, by counting characters along the bytes. */
function startsOf(vocabulary: Vocabulary, ids: readonly number[], utf8: Uint8Array): Int32Array<ArrayBuffer> {
  const starts = new Int32Array(ids.length);
  let byte = 0;
  // The offset of the character that byte `byte - 1` belongs to, and that of the next one.
  let current = 0;
  let next = 0;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    starts[i] = byte < utf8.length && (utf8[byte]! & 0xc0) === 0x80 ? current : next;
    for (const end = byte + vocabulary.starts[id + 1]! - vocabulary.starts[id]!; byte < end; byte++) {
      const first = utf8[byte]!;
      if ((first & 0xc0) === 0x80) continue;
      current = next;
      next += first < 0xf0 ? 1 : 2;
    }
  }
  return starts;
}

interface Parsed {
  readonly vocabulary: Vocabulary;
  readonly specials: readonly [text: string, id: number][];
}

function parse(text: string): Parsed {
  const words = readVocab(text, vocabAt(text));
  const size = words.starts.length - 1;
  const textOf = (id: number): string =>
    String.fromCharCode(...words.bytes.subarray(words.starts[id], words.starts[id + 1]));
  // Specials are the last ids, and no merge can make one: they are written with brackets around.
  let ordinary = size;
  while (ordinary > 0 && /^\[\w+\]$/.test(textOf(ordinary - 1))) ordinary--;
  const specials = Array.from({ length: size - ordinary }, (_, i): [string, number] => [
    textOf(ordinary + i),
    ordinary + i,
  ]);
  const starts = words.starts.subarray(0, ordinary + 1);
  const vocabulary = buildVocabulary({ bytes: words.bytes.subarray(0, starts[ordinary]), starts }, specials);
  const missing = missingByte(vocabulary);
  if (missing >= 0) throw new ModelFormatError(`tokenizer.json: model.vocab has no token for byte ${missing}`);
  return { vocabulary, specials };
}

/** The offset behind the `{` of `model.vocab`, after a look at what stands before it: which kind of tokenizer this is. */
function vocabAt(text: string): number {
  interface Shape {
    model?: { type?: unknown };
    normalizer?: unknown;
    pre_tokenizer?: { pretokenizers?: { pattern?: { Regex?: unknown } }[] };
  }
  const found = /"vocab"\s*:\s*\{/.exec(text);
  const at = found === null ? text.length : found.index + found[0].length;
  let file: Shape | null;
  try {
    file = JSON.parse(found === null ? text : `${text.slice(0, at)}}}}`) as Shape | null;
  } catch (error) {
    throw new ModelFormatError(`tokenizer.json: no JSON: ${(error as Error).message.slice(0, 120)}`);
  }
  const pattern = file?.pre_tokenizer?.pretokenizers?.[0]?.pattern?.Regex;
  if (found === null || pattern !== PATTERN || file?.normalizer != null || file?.model?.type !== 'BPE') {
    throw new ModelFormatError(
      'tokenizer.json: expected byte-level BPE with the split pattern of cl100k_base, as tools/tokenizer-file.ts writes it',
    );
  }
  return at;
}

const MAX_IDS = 1 << 17;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSE = 0x7d;

/**
 * The bytes of all ids from the object `"token": id, …` at `at`. One pass over the characters: JSON.parse makes a property
 * for each token, which takes twice as long before anything is done with them. `next` is a plain local: captured by a
 * function, it doubled the time, and all of this runs once, before the engine has compiled anything.
 */
function readVocab(text: string, at: number): { bytes: Uint8Array; starts: Uint32Array } {
  const bytes = new Uint8Array(text.length - at);
  const from = new Uint32Array(MAX_IDS);
  const lengths = new Uint32Array(MAX_IDS);
  let used = 0;
  let count = 0;
  for (let next = spaces(text, at); text.charCodeAt(next) !== CLOSE; next = spaces(text, next)) {
    if (count > 0) {
      if (text.charCodeAt(next) !== COMMA) throw badVocab('expected a comma', next);
      next = spaces(text, next + 1);
    }
    if (text.charCodeAt(next) !== QUOTE) throw badVocab('expected a token', next);
    const start = used;
    for (next++; ; next++) {
      let code = text.charCodeAt(next);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        code = text.charCodeAt(++next);
        if (code !== QUOTE && code !== BACKSLASH) throw badVocab('an escape that no token of bytes needs', next);
      }
      // No `?? -1` for codes beyond the table: it alone took as long as all the rest.
      const byte = BYTES[code]!;
      if (!(byte >= 0)) throw badVocab('a character that stands for no byte', next);
      bytes[used++] = byte;
    }
    next = spaces(text, next + 1);
    if (text.charCodeAt(next) !== COLON) throw badVocab('expected a colon', next);
    next = spaces(text, next + 1);
    let id = -1;
    for (let digit = digitAt(text, next); digit >= 0 && digit <= 9; digit = digitAt(text, ++next)) {
      id = Math.max(id, 0) * 10 + digit;
      if (id >= MAX_IDS) throw badVocab(`an id above ${MAX_IDS - 1}`, next);
    }
    if (id < 0 || lengths[id] !== 0 || used === start) throw badVocab('no id, or an id twice, or an empty token', next);
    from[id] = start;
    lengths[id] = used - start;
    count++;
  }
  return inOrder(bytes.subarray(0, used), from, lengths, count);
}

/** The offset behind the spaces at `at`. */
function spaces(text: string, at: number): number {
  while (text.charCodeAt(at) <= 0x20) at++;
  return at;
}

function digitAt(text: string, at: number): number {
  return text.charCodeAt(at) - 0x30;
}

function badVocab(found: string, at: number): ModelFormatError {
  return new ModelFormatError(`tokenizer.json: model.vocab: ${found} at ${at}`);
}

/** The same bytes in the order of their ids, which must be 0 … count − 1. */
function inOrder(
  bytes: Uint8Array,
  from: Uint32Array,
  lengths: Uint32Array,
  count: number,
): { bytes: Uint8Array; starts: Uint32Array } {
  const sorted = new Uint8Array(bytes.length);
  const starts = new Uint32Array(count + 1);
  for (let id = 0, used = 0; id < count; id++) {
    const length = lengths[id]!;
    if (length === 0) throw new ModelFormatError(`tokenizer.json: model.vocab has no token with id ${id}`);
    for (let i = 0; i < length; i++) sorted[used++] = bytes[from[id]! + i]!;
    starts[id + 1] = used;
  }
  return { bytes: sorted, starts };
}
