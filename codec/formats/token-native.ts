/**
 * `#TK|C|…`, `#TK|O|…`: the token ids of a message as varints, in base64 or, in the binary form, behind one byte that
 * names the vocabulary. Our encoder writes ordinary ids only, so that text like `<|endoftext|>` injects no special
 * token; the decoder takes special ids, which the original writes.
 */
import { LimitExceededError, TokenizerError, WireFormatError } from '../../errors.ts';
import { loadTokenizer, type Tokenizer, type VocabularyName } from '../../tokenizer/index.ts';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { ByteReader, ByteWriter, bytesOf, textOf } from '../bytes.ts';
import type { EncodeOptions, Wire, WireFormat } from '../codec.ts';
import { type Limits, limitsOf, within } from '../limits.ts';
import { readVarint, writeVarint } from '../varint.ts';

/**
 * Vocabularies by the letter of the text form and the byte of the binary one. The original writes `L`, for Llama, with
 * ids of cl100k_base; a true Llama vocabulary never stood behind it, so that `L` is read as it was written.
 */
const VOCABULARIES: readonly { readonly letter: string; readonly name: VocabularyName }[] = [
  { letter: 'C', name: 'cl100k_base' },
  { letter: 'O', name: 'o200k_base' },
  { letter: 'L', name: 'cl100k_base' },
];
const PREFIX = '#TK|';
/** Ids that are decoded at a time, so that the limit stops a wire of long tokens before it has grown. */
const BATCH = 4096;

export interface TokenNativeOptions extends EncodeOptions {
  /** Default cl100k_base, whose ids are smaller; o200k_base is loaded only when it is asked for. */
  readonly vocabulary?: VocabularyName;
}

export const tokenNative: WireFormat<TokenNativeOptions> = {
  name: 'token-native',

  async encode(message, { vocabulary = 'cl100k_base', form = 'text', limits } = {}) {
    within(bytesOf(message).length, limitsOf(limits).bytes, 'token-native: the message');
    const { encode } = await loadTokenizer(vocabulary);
    const which = vocabulary === 'o200k_base' ? 1 : 0;
    const writer = new ByteWriter();
    if (form === 'binary') writer.u8(which);
    for (const id of encode(message)) writeVarint(writer, id);
    if (form === 'binary') return writer.done();
    return `${PREFIX}${VOCABULARIES[which]!.letter}|${encodeBase64(writer.done())}`;
  },

  async decode(wire, { limits } = {}) {
    const own = limitsOf(limits);
    within(wire.length, own.wireBytes, 'token-native: the wire');
    const { name, ids } = opened(wire);
    return decoded(await loadTokenizer(name), new ByteReader(ids), own);
  },
};

function opened(wire: Wire): { readonly name: VocabularyName; readonly ids: Uint8Array } {
  const text = typeof wire === 'string' ? wire : isText(wire) ? textOf(wire) : undefined;
  if (text === undefined) {
    const found = VOCABULARIES[(wire as Uint8Array)[0] ?? 255];
    if (!found) throw new WireFormatError('unknown-id', 'token-native: expected 0, 1 or 2 as the first byte');
    return { name: found.name, ids: (wire as Uint8Array).subarray(1) };
  }
  const [, letter, data] = /^#TK\|(.)\|(.*)$/su.exec(text) ?? [];
  if (letter === undefined) throw new WireFormatError('prefix', 'token-native: expected #TK| and a vocabulary');
  const found = VOCABULARIES.find((vocabulary) => vocabulary.letter === letter);
  if (!found)
    throw new WireFormatError('unknown-id', `token-native: expected C, O or L, found ${JSON.stringify(letter)}`);
  return { name: found.name, ids: decodeBase64(data!) };
}

function isText(wire: Uint8Array): boolean {
  return [...PREFIX].every((character, i) => wire[i] === character.charCodeAt(0));
}

function decoded(tokenizer: Tokenizer, reader: ByteReader, { bytes: limit }: Limits): string {
  const writer = new ByteWriter();
  let ids: number[] = [];
  const flush = (): void => {
    writer.put(bytesFor(tokenizer, ids));
    if (writer.length > limit) {
      throw new LimitExceededError(`token-native: the message is longer than the limit of ${limit} bytes`);
    }
    ids = [];
  };
  while (reader.left > 0) {
    const id = readVarint(reader, 'token-native: an id');
    if (id >= tokenizer.vocabSize)
      throw new WireFormatError('unknown-id', `token-native: ${id} is no id of ${tokenizer.name}`);
    ids.push(id);
    if (ids.length === BATCH) flush();
  }
  flush();
  return textOf(writer.done());
}

function bytesFor(tokenizer: Tokenizer, ids: readonly number[]): Uint8Array {
  try {
    return tokenizer.decodeBytes(ids);
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    throw new WireFormatError('unknown-id', `token-native: ${error.message}`, { cause: error });
  }
}
