/** `auto` takes the best of what it tried, the message itself where nothing is smaller, and hides no refusal. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, choose } from '../../codec/choose.ts';
import type { FormatName, Wire } from '../../codec/codec.ts';
import { stats, wireBytes } from '../../codec/stats.ts';
import { InvalidInputError, LimitExceededError, M2MError } from '../../errors.ts';
import { loadTokenizer } from '../../tokenizer/index.ts';
import { runs } from '../scale.ts';

const candidate = (name: FormatName, encode: (message: string) => Wire): Candidate => ({
  label: name,
  format: { name, encode: async (message) => encode(message), decode: async (wire) => String(wire) },
});
const refusing = (error: Error): Candidate =>
  candidate('t1', () => {
    throw error;
  });

describe('auto', () => {
  it('returns the smallest of its candidates, and the message where none is smaller', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }),
        sizes,
        async (message, lengths) => {
          const wires = lengths.map((length) => 'x'.repeat(length));
          const choice = await choose(
            wires.map((wire) => candidate('brotli', () => wire)),
            message,
          );
          const least = Math.min(wireBytes(message), ...lengths);
          expect(wireBytes(choice.wire)).toBe(least);
          expect(choice.format).toBe(wireBytes(message) === least ? 'raw' : 'brotli');
          expect(choice.tried).toHaveLength(1 + lengths.length);
        },
      ),
      { numRuns: runs(200, 5000) },
    );
  });

  it('counts tokens where tokens are to be saved', async () => {
    const message = '{"role":"user","content":"Hello there, how are you today?"}';
    const opaque = candidate('brotli', () => 'q9Zx'.repeat(10));
    const words = candidate('t1', () => 'hello there how are you today my friend of old and of the sea, well');
    expect((await choose([opaque, words], message)).format).toBe('brotli');
    const choice = await choose([opaque, words], message, { minimise: 'tokens' });
    const { countTokens } = await loadTokenizer('cl100k_base');
    expect(choice.tried[0]!.cost).toBe(countTokens(message));
    expect(choice.tried.find(({ format }) => format === choice.format)!.cost).toBe(
      Math.min(...choice.tried.map(({ cost }) => cost!)),
    );
  });

  it('goes on where a format refuses, says why, and stops at a limit', async () => {
    const good = candidate('brotli', () => 'x');
    const choice = await choose([refusing(new InvalidInputError('key order')), good], '{"a": 1}');
    expect(choice).toMatchObject({ format: 'brotli', wire: 'x' });
    expect(choice.tried[1]).toEqual({ format: 't1', label: 't1', refused: 'key order' });
    await expect(choose([refusing(new LimitExceededError('too long'))], '{}')).rejects.toThrow(LimitExceededError);
    await expect(choose([refusing(new RangeError('a bug'))], '{}')).rejects.toThrow(RangeError);
  });

  it('never sends the message itself where that would be taken for a wire', async () => {
    const long = candidate('brotli', () => 'longer than the message');
    const choice = await choose([long], '#TK|C|', { raw: false });
    expect(choice).toMatchObject({ format: 'brotli', tried: [{ format: 'raw' }, { format: 'brotli' }] });
    expect(choice.tried[0]!.cost).toBeUndefined();
    const stubborn = refusing(new InvalidInputError('no'));
    await expect(choose([stubborn], '#TK|C|', { raw: false })).rejects.toThrow(InvalidInputError);
  });

  it('refuses what makes no sense', async () => {
    await expect(choose([], '{}', { minimise: 'tokens', form: 'binary' })).rejects.toThrow(InvalidInputError);
    await expect(choose([], '{}', { trial: false })).rejects.toThrow(InvalidInputError);
    await expect(choose([], '\ud800')).rejects.toThrow(InvalidInputError);
  });

  it('asks the router instead of trying, and falls back to the message aloud', async () => {
    const router = (name: FormatName) => ({ codec: async () => name });
    const good = candidate('brotli', () => 'a longer wire than the message');
    const options = (name: FormatName) => ({ trial: false, router: router(name) });
    expect(await choose([good], '{}', options('brotli'))).toMatchObject({ format: 'brotli' });
    expect(await choose([good], '{}', options('raw'))).toMatchObject({ format: 'raw', wire: '{}' });
    const refused = await choose([refusing(new InvalidInputError('no'))], '{}', options('t1'));
    expect(refused).toMatchObject({ format: 'raw', tried: [{ format: 't1', refused: 'no' }] });
  });
});

it('auto goes on without a format that does not work here, and says why', async () => {
  const good = candidate('brotli', () => 'x');
  const choice = await choose([refusing(new M2MError('no WebAssembly')), good], '{"a":1}');
  expect(choice).toMatchObject({
    format: 'brotli',
    tried: [{ format: 'raw' }, { refused: 'no WebAssembly' }, { cost: 1 }],
  });
  await expect(choose([refusing(new LimitExceededError('too long')), good], '{}')).rejects.toThrow(LimitExceededError);
  await expect(choose([refusing(new TypeError('a bug'))], '{}')).rejects.toThrow(TypeError);
});

describe('stats', () => {
  it('count UTF-8 bytes as the platform does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (text.isWellFormed()) expect(wireBytes(text)).toBe(Buffer.byteLength(text));
      }),
      { numRuns: runs(500, 20_000) },
    );
    expect(wireBytes(new Uint8Array(7))).toBe(7);
  });

  it('tell tokens of both vocabularies for texts, and none for bytes', async () => {
    const text = await stats('brotli', 'Hello, world!', '#M2M[v3.0]|DATA:abc');
    expect(text.message).toEqual({ bytes: 13, tokens: { cl100k_base: 4, o200k_base: 4 } });
    expect(text.form).toBe('text');
    const binary = await stats('token-native', 'Hello', new Uint8Array([0, 1]));
    expect(binary).toMatchObject({ form: 'binary', wire: { bytes: 2 } });
    expect(binary.wire.tokens).toBeUndefined();
  });
});
