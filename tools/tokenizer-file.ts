/**
 * Writes the tokenizer.json of a Hydra (the first ranks of cl100k_base and the special tokens after them), and the
 * tokenizer_config.json that @huggingface/transformers wants beside it.
 *
 *   node tools/tokenizer-file.ts 16384 DIR
 *
 * @huggingface/transformers and tokenizers read it and give the same ids as tokenizer/file.ts. The special tokens stand
 * in the vocabulary but not among `added_tokens`, so that no text can spell one.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ranks from 'js-tiktoken/ranks/cl100k_base';
import { ALPHABET, PATTERN } from '../tokenizer/file.ts';

// The order of training-export/model.py.
const SPECIALS = ['[PAD]', '[CLS]', '[user]', '[tool]', '[document]', '[system]', '[assistant]', '[unknown]'];

const [, , argument, folder] = process.argv;
const count = Number(argument);
if (!Number.isInteger(count) || count < 256 || folder === undefined) {
  throw new Error('usage: node tools/tokenizer-file.ts <ranks, at least 256> <folder>');
}

/** The tokens in the byte-level alphabet, in the order of their ranks. */
const tokens: readonly string[] = ranks.bpe_ranks
  .split('\n')
  .flatMap((line) => line.split(' ').slice(2))
  .slice(0, count)
  .map((word) => [...Buffer.from(word, 'base64')].map((byte) => ALPHABET[byte]).join(''));
const rankOf = new Map(tokens.map((token, rank) => [token, rank]));

/** The two parts that a token is made of: what merging with the ranks below its own leaves. */
function partsOf(token: string, rank: number): string[] {
  const parts = [...token];
  for (;;) {
    let best = rank;
    let at = -1;
    for (let i = 0; i + 1 < parts.length; i++) {
      const joined = rankOf.get(parts[i]! + parts[i + 1]!);
      if (joined !== undefined && joined < best) {
        best = joined;
        at = i;
      }
    }
    if (at < 0) return parts;
    parts.splice(at, 2, parts[at]! + parts[at + 1]!);
  }
}

const merges = tokens.flatMap((token, rank) => {
  if (token.length === 1) return [];
  const parts = partsOf(token, rank);
  if (parts.length !== 2) throw new Error(`rank ${rank}: ${parts.length} parts, so that its own merge never makes it`);
  return [parts.join(' ')];
});

const file = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex: PATTERN }, behavior: 'Isolated', invert: false },
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    ],
  },
  post_processor: null,
  decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    vocab: Object.fromEntries([...tokens, ...SPECIALS].map((token, id) => [token, id])),
    merges,
  },
};
const config = {
  tokenizer_class: 'PreTrainedTokenizerFast',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  clean_up_tokenization_spaces: false,
};
writeFileSync(join(folder, 'tokenizer.json'), `${JSON.stringify(file)}\n`);
writeFileSync(join(folder, 'tokenizer_config.json'), `${JSON.stringify(config)}\n`);
