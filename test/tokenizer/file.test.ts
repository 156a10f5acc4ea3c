/** A model's own tokenizer: the ids of cl100k_base cut short, the ids of @huggingface/transformers, offsets, bad files. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AutoTokenizer, env } from '@huggingface/transformers';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ModelTokenizer, readTokenizerFile } from '../../tokenizer/file.ts';
import { loadTokenizer, type Tokenizer } from '../../tokenizer/index.ts';
import { mergeHeap } from '../../tokenizer/merge.ts';
import { buildVocabulary, type Vocabulary } from '../../tokenizer/vocabulary.ts';
import { corpus, runs } from '../scale.ts';
import { bodiesOf, sampleBodies } from './oracles.ts';
import { hostileStrings } from './strings.ts';

const GOLDEN = resolve(import.meta.dirname, '../models/golden');
const SEED = 20261123;
const ROLES = ['user', 'tool', 'document', 'system', 'assistant', 'unknown'];

function fileOf(config: string): string {
  return readFileSync(resolve(GOLDEN, config, 'tokenizer.json'), 'utf8');
}

describe.each([
  ['default', 16_384],
  ['tiny', 512],
] as const)('the tokenizer of the %s model', (config, ranks) => {
  let hydra: ModelTokenizer;
  let full: Tokenizer;
  beforeAll(async () => {
    hydra = readTokenizerFile(fileOf(config));
    full = await loadTokenizer('cl100k_base');
  });

  it('has the specials behind the ranks', () => {
    expect(hydra.vocabSize).toBe(ranks + 8);
    expect([...hydra.specials]).toEqual(['PAD', 'CLS', ...ROLES].map((name, i) => [`[${name}]`, ranks + i]));
  });

  it('makes each of its tokens by merging its bytes, which is all that the proof in file.ts needs', () => {
    const bytes = Array.from({ length: ranks }, (_, id) => full.decodeBytes([id]));
    const vocabulary = vocabularyOf(bytes);
    const wrong = bytes.flatMap((token, id) => (mergeHeap(vocabulary, token).join() === String(id) ? [] : [id]));
    expect(wrong).toEqual([]);
  });

  /** The ids of cl100k_base, each replaced by the merge of its bytes with fewer ranks. */
  function byTable(text: string): number[] {
    return full.encode(text).flatMap((id) => {
      let short = table.get(id);
      if (short === undefined) {
        short = mergeOf(full.decodeBytes([id]));
        table.set(id, short);
      }
      return short;
    });
  }
  const table = new Map<number, number[]>();
  let vocabulary: Vocabulary | undefined;
  function mergeOf(bytes: Uint8Array): number[] {
    vocabulary ??= vocabularyOf(Array.from({ length: ranks }, (_, id) => full.decodeBytes([id])));
    return mergeHeap(vocabulary, bytes);
  }

  it('follows from the ids of cl100k_base by a table: on hostile strings and the traffic sample', () => {
    const texts = [...hostileStrings(SEED, runs(3_000, 20_000)), ...sampleBodies()];
    expect(texts.filter((text) => byTable(text).join() !== hydra.encode(text).ids.join())).toEqual([]);
    expect(table.size).toBeGreaterThan(1_000);
  });

  it('follows from them on the traffic corpus', (ctx) => {
    const file = corpus('traffic/traffic-dev.jsonl.gz');
    if (file === undefined) return ctx.skip('no traffic corpus here (M2M_DATA): only the sample was compared');
    const bodies = bodiesOf(file).filter((_, i) => i % runs(20, 1) === 0);
    expect(bodies.filter((text) => byTable(text).join() !== hydra.encode(text).ids.join()).length).toBe(0);
    expect(bodies.length).toBeGreaterThan(100);
  });

  it('gives the ids of @huggingface/transformers', async () => {
    env.allowRemoteModels = false;
    env.localModelPath = GOLDEN;
    const foreign = await AutoTokenizer.from_pretrained(config);
    const texts = hostileStrings(SEED + 1, runs(1_000, 10_000)).concat(sampleBodies().slice(0, 40), '[PAD] [user]');
    const differing = texts.filter((text) => {
      const theirs: number[] = foreign.encode(text, { add_special_tokens: false });
      return theirs.join() !== hydra.encode(text).ids.join();
    });
    expect(differing).toEqual([]);
  }, 120_000);

  it('says where in the text each token starts', () => {
    for (const text of ['', 'a', 'naïve 中文 😀x', '\ud800', 'a\udc00\ud800b', ...hostileStrings(SEED + 2, 600)]) {
      const { ids, starts } = hydra.encode(text);
      expect([...starts]).toEqual(
        startsByCharacter(
          text,
          [...ids].map((id) => bytesOf(id).length),
        ),
      );
    }
  });
  function bytesOf(id: number): Uint8Array {
    return full.decodeBytes([id]);
  }

  it('takes a lone surrogate for U+FFFD', () => {
    const { ids, starts } = hydra.encode('a\ud800b');
    expect([...ids]).toEqual([...hydra.encode('a\ufffdb').ids]);
    expect(starts.at(-1)).toBe(2);
  });
});

describe('a file that is none', () => {
  const good = JSON.parse(fileOf('tiny'));
  it.each([
    ['no JSON', '{', /no JSON/],
    ['null', 'null', /byte-level BPE/],
    ['another kind', JSON.stringify({ ...good, model: { type: 'WordPiece', vocab: {} } }), /byte-level BPE/],
    ['a normalizer', JSON.stringify({ ...good, normalizer: { type: 'NFC' } }), /byte-level BPE/],
    ['another pattern', fileOf('tiny').replace('{1,3}', '{1,2}'), /split pattern/],
    ['no vocabulary', JSON.stringify({ ...good, model: { type: 'BPE' } }), /byte-level BPE/],
    ['an empty vocabulary', withVocab({}), /no token for byte 0/],
    ['an id twice', withVocab({ ...good.model.vocab, zz: 3 }), /an id twice/],
    ['an id that is a text', withVocab({ ...good.model.vocab, zz: '600' }), /no id/],
    ['an id below 0', withVocab({ ...good.model.vocab, zz: -1 }), /no id/],
    ['an id with a fraction', withVocab({ ...good.model.vocab, zz: 520.5 }), /expected a comma/],
    ['an id too great', withVocab({ ...good.model.vocab, zz: 2 ** 31 }), /an id above 131071/],
    ['a gap', withVocab({ ...good.model.vocab, zz: 999 }), /no token with id 520/],
    ['an empty token', withVocab({ ...good.model.vocab, '': 520 }), /an empty token/],
    ['a character outside the alphabet', withVocab({ ...without('[unknown]'), 中: 519 }), /stands for no byte/],
    ['a control character', withVocab({ ...without('[unknown]'), '\n': 519 }), /an escape/],
    ['a missing byte', withVocab({ ...without('a'), aaa: good.model.vocab.a }), /no token for byte 97/],
    ['cut in the vocabulary', fileOf('tiny').slice(0, 3_000), /model.vocab/],
    ['cut before it', fileOf('tiny').slice(0, 300), /no JSON/],
  ])('is refused: %s', (_, text, message) => {
    expect(() => readTokenizerFile(text)).toThrow(message);
    expect(() => readTokenizerFile(text)).toThrow(expect.objectContaining({ name: 'ModelFormatError' }));
  });

  it('is none only for its content, not for its spaces', () => {
    const { ids } = readTokenizerFile(JSON.stringify(good, null, 2)).encode('the same ids');
    expect([...ids]).toEqual([...readTokenizerFile(fileOf('tiny')).encode('the same ids').ids]);
  });

  function withVocab(vocab: object): string {
    return JSON.stringify({ ...good, model: { ...good.model, vocab } });
  }
  function without(token: string): object {
    return Object.fromEntries(Object.entries(good.model.vocab).filter(([name]) => name !== token));
  }
});

function vocabularyOf(tokens: readonly Uint8Array[]): Vocabulary {
  const starts = [0];
  for (const token of tokens) starts.push(starts.at(-1)! + token.length);
  return buildVocabulary({ bytes: Buffer.concat(tokens), starts }, []);
}

/** For tokens of these lengths in bytes: the offset of the character that each begins in, one character at a time. */
function startsByCharacter(text: string, lengths: readonly number[]): number[] {
  const offsets: number[] = [];
  let offset = 0;
  for (const character of text) {
    for (let n = Buffer.byteLength(character); n > 0; n--) offsets.push(offset);
    offset += character.length;
  }
  let byte = 0;
  return lengths.map((length) => {
    const at = offsets[byte]!;
    byte += length;
    return at;
  });
}
