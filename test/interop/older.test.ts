/** Formats that the original still writes when asked, and that its engine no longer opens: dictionary, M3. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WireDecoder } from '../../codec/codec.ts';
import { dictionary } from '../../codec/formats/dictionary.ts';
import { m3 } from '../../codec/formats/m3.ts';
import { JSON_BODIES } from './bodies.ts';
import { build, Original } from './original.ts';

const found = await build();
let original: Original;

beforeAll(() => {
  if ('program' in found) original = new Original(found.program);
});
beforeEach((context) => {
  if ('missing' in found) context.skip(found.missing);
});
afterAll(() => original?.close());

const ascii = JSON_BODIES.filter((body) => /^[\0-\x7f]*$/.test(body));
const LONG = 600_000;

describe('dictionary', () => {
  it('of the original is read back', { timeout: LONG }, async () => {
    expect(ascii.length).toBeGreaterThan(30);
    for (const body of [...ascii, '{}', '{"a":"b"}', '']) {
      const wire = await original.encode(body, { format: 'dictionary' });
      expect(await dictionary.decode(wire.toString())).toBe(body);
    }
  });
});

describe('M3', () => {
  const requests = [
    '{"model":"gpt-4o","messages":[]}',
    '{"model":"","messages":[{"role":"system","content":""},{"role":"tool","content":"é 世界 👩‍👩‍👧‍👦"}]}',
    '{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":0.7,"max_tokens":4096,"top_p":0.25,"stream":true,"stop":["a","é"]}',
    '{"model":"m","messages":[{"role":"assistant","content":"x"}],"stream":true,"stop":[]}',
    '{"model":"m","messages":[],"temperature":2}',
  ];

  it('of the original says the same to both', { timeout: LONG }, async () => {
    for (const body of [...JSON_BODIES, ...requests]) {
      const wire = await original.encode(body, { format: 'm3', form: 'binary' });
      const theirs = rounded(await original.decode(wire, { format: 'm3', form: 'binary' }));
      expect(rounded(await m3.decode(new Uint8Array(wire)))).toEqual(theirs);
    }
  });

  /** The original gives hundredths as single precision. */
  function rounded(json: string): unknown {
    return JSON.parse(json, (_key, value) => (typeof value === 'number' ? Math.fround(value) : value));
  }
});

describe('the engine of the original', () => {
  it.each([
    ['#M2M|hoAiSGVsbG+FfQ==', dictionary],
    ['#T1|{"M":"g4o"}', undefined],
    ['#M2M[v2.0]|DATA:eJyrVkpUsjKsBQAIKgIJ', undefined],
  ] as const)('hands %s back unopened', async (wire, decoder: WireDecoder | undefined) => {
    expect(await original.decode(wire, { format: 'engine' })).toBe(wire);
    if (decoder) expect(await decoder.decode(wire)).not.toBe(wire);
  });
});
