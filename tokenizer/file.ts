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

/**
 * Reads the text of a tokenizer.json.
 *
 * `merges` are not read: they follow from the order of the vocabulary.
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
  const model = modelOf(text);
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(model)) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= 1 << 17 || tokens[id] !== undefined) {
      throw new ModelFormatError(
        `tokenizer.json: model.vocab[${JSON.stringify(token)}]: ${String(id)} is no id, or twice`,
      );
    }
    tokens[id] = token;
  }
  // Specials are the last ids, and no merge can make one: they are written with brackets around.
  let ordinary = tokens.length;
  while (ordinary > 0 && /^\[\w+\]$/.test(tokens[ordinary - 1] ?? '')) ordinary--;
  const vocabulary = buildVocabulary(wordsOf(tokens, ordinary), specialsOf(tokens, ordinary));
  const missing = missingByte(vocabulary);
  if (missing >= 0) throw new ModelFormatError(`tokenizer.json: model.vocab has no token for byte ${missing}`);
  return { vocabulary, specials: specialsOf(tokens, ordinary) };
}

/** `model.vocab` of the file, after a look at what kind of tokenizer it is. */
function modelOf(text: string): object {
  interface Shape {
    model?: { type?: unknown; vocab?: unknown };
    normalizer?: unknown;
    pre_tokenizer?: { pretokenizers?: { pattern?: { Regex?: unknown } }[] };
  }
  let file: Shape | null;
  try {
    file = JSON.parse(text) as Shape | null;
  } catch (error) {
    throw new ModelFormatError(`tokenizer.json: no JSON: ${(error as Error).message.slice(0, 120)}`);
  }
  const pattern = file?.pre_tokenizer?.pretokenizers?.[0]?.pattern?.Regex;
  const model = file?.model;
  if (pattern !== PATTERN || file?.normalizer != null || model?.type !== 'BPE') {
    throw new ModelFormatError(
      'tokenizer.json: expected byte-level BPE with the split pattern of cl100k_base, as tools/tokenizer-file.ts writes it',
    );
  }
  const { vocab } = model;
  if (typeof vocab !== 'object' || vocab === null)
    throw new ModelFormatError('tokenizer.json: model.vocab is no object');
  return vocab;
}

function specialsOf(tokens: readonly string[], ordinary: number): [text: string, id: number][] {
  return tokens.slice(ordinary).map((text, i) => [text, ordinary + i]);
}

/** The bytes of the first `ordinary` tokens. */
function wordsOf(tokens: readonly string[], ordinary: number): { bytes: Uint8Array; starts: number[] } {
  const byteOf = new Int16Array(0x200).fill(-1);
  ALPHABET.forEach((character, byte) => {
    byteOf[character.charCodeAt(0)] = byte;
  });
  const bytes: number[] = [];
  const starts = [0];
  for (let id = 0; id < ordinary; id++) {
    const token = tokens[id];
    if (!token) throw new ModelFormatError(`tokenizer.json: model.vocab has no token with id ${id}`);
    for (let i = 0; i < token.length; i++) {
      const byte = byteOf[token.charCodeAt(i)] ?? -1;
      if (byte < 0) throw new ModelFormatError(`tokenizer.json: token ${id} has a character that stands for no byte`);
      bytes.push(byte);
    }
    starts.push(bytes.length);
  }
  return { bytes: Uint8Array.from(bytes), starts };
}
