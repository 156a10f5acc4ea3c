/**
 * Text formats against the running original: it reads what we write and we read what it writes, exactly, in both forms.
 * Frames are in frames.test.ts, sessions in sessions.test.ts; what its running code taught us is in README.md.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Wire } from '../../codec/codec.ts';
import { brotli } from '../../codec/formats/brotli.ts';
import { tokenNative } from '../../codec/formats/token-native.ts';
import { BODIES, TEXTS } from './bodies.ts';
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

const MESSAGES = [...BODIES, ...TEXTS];
const LONG = 600_000;
const wireOf = (bytes: Buffer, form: string): Wire =>
  form === 'text' ? bytes.toString('ascii') : new Uint8Array(bytes);

describe.each([
  ['C', 'cl100k_base'],
  ['O', 'o200k_base'],
] as const)('token-native %s', (tokenizer, vocabulary) => {
  it.each(['text', 'binary'] as const)('%s goes both ways', { timeout: LONG }, async (form) => {
    const asked = { format: 'token-native', tokenizer, form };
    let same = 0;
    for (const message of MESSAGES) {
      const ours = await tokenNative.encode(message, { vocabulary, form });
      expect(await original.decode(ours, asked)).toBe(message);
      const theirs = wireOf(await original.encode(message, asked), form);
      expect(await tokenNative.decode(theirs)).toBe(message);
      if (Buffer.from(ours).equals(Buffer.from(theirs))) same++;
      else expect(message).toContain('<|');
    }
    expect(same).toBeGreaterThan(0);
  });

  it('text with a special token inside is written with ordinary ids, and the original reads it', async () => {
    const message = 'a<|endoftext|>b';
    const ours = await tokenNative.encode(message, { vocabulary });
    expect(ours).not.toBe((await original.encode(message, { format: 'token-native', tokenizer })).toString());
    expect(await original.decode(ours, { format: 'token-native' })).toBe(message);
  });
});

describe('token-native L', () => {
  it('of the original holds ids of cl100k, and is read as that', async () => {
    for (const message of MESSAGES) {
      const theirs = await original.encode(message, { format: 'token-native', tokenizer: 'L' });
      expect(theirs.toString()).toMatch(/^#TK\|L\|/);
      expect(await tokenNative.decode(theirs.toString())).toBe(message);
    }
  });
});

describe('brotli', () => {
  it.each([5, 11])('of our quality %i goes both ways', { timeout: LONG }, async (quality) => {
    for (const message of MESSAGES) {
      expect(await original.decode(await brotli.encode(message, { quality }), { format: 'brotli' })).toBe(message);
    }
  });

  it('of the original is read', { timeout: LONG }, async () => {
    for (const message of MESSAGES) {
      const theirs = await original.encode(message, { format: 'brotli' });
      expect(await brotli.decode(theirs.toString())).toBe(message);
    }
  });
});

describe('what the engine of the original chooses by itself', () => {
  it('names none of the older formats, and we detect the same', { timeout: LONG }, async () => {
    const chosen = new Set<unknown>();
    for (const message of MESSAGES) {
      const { format, data } = await original.ask({ op: 'auto', data: Buffer.from(message).toString('base64') });
      chosen.add(format);
      const wire = Buffer.from(String(data), 'base64').toString();
      if (format === 'NONE') expect(wire).toBe(message);
      if (format === 'BROTLI') expect(await brotli.decode(wire)).toBe(message);
    }
    expect([...chosen].sort()).toEqual(['BROTLI', 'M2M', 'NONE']);
  });
});

describe('wires that we refuse and the original reads', () => {
  it.each([
    ['an id letter that nobody defined', '#TK|Z|sk0L/Q4A'],
    ['two letters', '#TK|CC|sk0L/Q4A'],
    ['a varint longer than it has to be', '#TK|C|gAA='],
  ])('%s', async (_what, wire) => {
    await expect(original.decode(wire, { format: 'token-native' })).resolves.toBeTypeOf('string');
    await expect(tokenNative.decode(wire)).rejects.toThrow(expect.objectContaining({ name: 'WireFormatError' }));
  });
});
