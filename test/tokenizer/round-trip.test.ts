/** What goes in comes out, and what cannot come out is a TokenizerError that names the place. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { InvalidInputError, TokenizerError } from '../../errors.ts';
import { loadTokenizer, type Tokenizer, type VocabularyName } from '../../tokenizer/index.ts';
import { runs } from '../scale.ts';
import { sampleBodies, VOCABULARIES } from './oracles.ts';

const SPECIAL: Record<VocabularyName, [id: number, text: string][]> = {
  cl100k_base: [
    [100257, '<|endoftext|>'],
    [100258, '<|fim_prefix|>'],
    [100259, '<|fim_middle|>'],
    [100260, '<|fim_suffix|>'],
    [100276, '<|endofprompt|>'],
  ],
  o200k_base: [
    [199999, '<|endoftext|>'],
    [200018, '<|endofprompt|>'],
  ],
};
const GAPS = { cl100k_base: [100256, 100261, 100275], o200k_base: [199998, 200000, 200017] } as const;
const SIZES = { cl100k_base: 100_277, o200k_base: 200_019 } as const;

describe.each(VOCABULARIES)('%s', (name) => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(name);
  });

  it('decodes what it encodes, astral characters included', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.json());
    fc.assert(
      fc.property(text, (value) => {
        const wellFormed = value.toWellFormed();
        const ids = tokenizer.encode(wellFormed);
        expect(tokenizer.decode(ids)).toBe(wellFormed);
        expect(tokenizer.decode(Uint32Array.from(ids))).toBe(wellFormed);
        expect(tokenizer.decodeBytes(ids)).toEqual(new TextEncoder().encode(wellFormed));
        expect(tokenizer.countTokens(wellFormed)).toBe(ids.length);
      }),
      { numRuns: runs(1_000, 50_000), seed: 5 },
    );
  });

  it('gives the same ids the second time, when its pieces are known', () => {
    for (const body of sampleBodies()) expect(tokenizer.encode(body)).toEqual(tokenizer.encode(body));
  });

  it('decodes ids that are cut anywhere to the bytes before the cut', () => {
    const text = 'naïve 中文 👩🏽‍💻 \ufeff𠮷 {"a":"\\u00e9"} e\u0301 ﷽ ᾼ';
    const ids = tokenizer.encode(text);
    const bytes = new TextEncoder().encode(text);
    for (let cut = 0; cut <= ids.length; cut++) {
      const head = tokenizer.decodeBytes(ids.slice(0, cut));
      expect(head).toEqual(bytes.subarray(0, head.length));
      expectTextOrError(ids.slice(0, cut));
    }
  });

  it('answers random ids with a string or a TokenizerError', () => {
    const id = fc.oneof(fc.nat(tokenizer.vocabSize + 50), fc.nat(300), fc.integer(), fc.double(), fc.constant(-0));
    fc.assert(
      fc.property(fc.array(id, { maxLength: 12 }), (ids) => expectTextOrError(ids)),
      { numRuns: runs(2_000, 100_000), seed: 6 },
    );
  });

  function expectTextOrError(ids: number[]): void {
    try {
      expect(typeof tokenizer.decode(ids)).toBe('string');
    } catch (error) {
      expect(error).toBeInstanceOf(TokenizerError);
      expect((error as Error).message).toMatch(/^ids\[\d+\]: /);
    }
  }

  it('has an id space that ends after the last special id', () => {
    expect(tokenizer.name).toBe(name);
    expect(tokenizer.vocabSize).toBe(SIZES[name]);
  });

  it.each(SPECIAL[name])('decodes the special id %i to %s, and encodes that text as ordinary text', (id, text) => {
    expect(tokenizer.decode([id])).toBe(text);
    expect(tokenizer.encode(text)).not.toContain(id);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it.each([...GAPS[name], SIZES[name], -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    'rejects the id %s',
    (id) => {
      const expected = new RegExp(`^ids\\[2\\]: .*found ${String(id)}$`);
      expect(() => tokenizer.decode([0, 1, id])).toThrow(TokenizerError);
      expect(() => tokenizer.decode([0, 1, id])).toThrow(expected);
      expect(() => tokenizer.decodeBytes([0, 1, id])).toThrow(expected);
    },
  );

  it('rejects ids that are no numbers', () => {
    for (const id of ['5', 'length', null, undefined, {}, [5], 5n, true]) {
      expect(() => tokenizer.decode([id] as unknown as number[]), String(id)).toThrow(TokenizerError);
    }
  });

  it('rejects bytes that are no UTF-8 and names the id at which they stop being it', () => {
    const half = tokenizer.encode('𠮷');
    expect(half.length).toBeGreaterThan(1);
    const start = half[0]!;
    const bang = tokenizer.encode('!')[0]!;
    expect(() => tokenizer.decode([bang, start])).toThrow(`ids[1]: the bytes of ${start} end inside a character`);
    expect(() => tokenizer.decode([bang, start, bang])).toThrow(`ids[2]: the bytes of ${bang} are no valid UTF-8`);
    expect(() => tokenizer.decode([bang, start])).toThrow(TokenizerError);
    expect(tokenizer.decodeBytes([bang, start])[0]).toBe(0x21);
  });

  it('keeps a byte order mark wherever it is', () => {
    for (const text of ['\ufeff', '\ufeffhello', 'a\ufeff\ufeffb'])
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it.each([
    ['\ud800', 0, 'D800'],
    ['ab\udc00', 2, 'DC00'],
    ['😀\udfffx', 2, 'DFFF'],
    ['😀\ud83d', 2, 'D83D'],
    ['é\ud83d\ud83d\ude00', 1, 'D83D'],
  ])('refuses the lone surrogate in %j and names its UTF-16 offset', (text, offset, code) => {
    expect(() => tokenizer.encode(text)).toThrow(TokenizerError);
    expect(() => tokenizer.encode(text)).toThrow(`text[${offset}]: lone surrogate U+${code}`);
    expect(() => tokenizer.countTokens(text)).toThrow(TokenizerError);
  });

  it('refuses what is no text and no array', () => {
    for (const value of [undefined, null, 5, {}, ['a']]) {
      expect(() => tokenizer.encode(value as unknown as string)).toThrow(InvalidInputError);
    }
    for (const value of [undefined, null, 5, {}, 'ids']) {
      expect(() => tokenizer.decode(value as unknown as number[])).toThrow(InvalidInputError);
    }
  });
});
