/**
 * Damaged wires in front of both implementations: ours may refuse more than the original, but where it reads a message,
 * the original reads the same one. Otherwise two peers would act on different texts. One exception: a frame that nobody
 * signed, with a damaged routing header, is refused by the original and opened by us, who do not believe that header.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Wire } from '../../codec/codec.ts';
import { brotli } from '../../codec/formats/brotli.ts';
import { tokenNative } from '../../codec/formats/token-native.ts';
import { m2m, type Security } from '../../codec/frame/frame.ts';
import { runs } from '../scale.ts';
import { build, type Fields, Original } from './original.ts';

const found = await build();
let original: Original;

beforeAll(() => {
  if ('program' in found) original = new Original(found.program);
});
beforeEach((context) => {
  if ('missing' in found) context.skip(found.missing);
});
afterAll(() => original?.close());

const key = new Uint8Array(32).fill(0x42);
const hex = Buffer.from(key).toString('hex');
const hmac: Security = { mode: 'hmac', key };
const aead: Security = { mode: 'aead', key };

interface Subject {
  readonly name: string;
  readonly asked: Fields;
  readonly encode: (message: string) => Promise<Wire>;
  readonly decode: (wire: Wire) => Promise<string>;
}

const frame = (form: 'text' | 'binary', security: Security, more: Fields = {}): Subject => ({
  name: `m2m ${security.mode} ${form}`,
  asked: { format: 'm2m', form, ...more },
  encode: (message) => m2m.encode(message, { form, security }),
  decode: (wire) => m2m.decode(wire, { security }),
});
const subjects: readonly Subject[] = [
  { name: 'token-native', asked: { format: 'token-native' }, encode: tokenNative.encode, decode: tokenNative.decode },
  {
    name: 'token-native binary',
    asked: { format: 'token-native', form: 'binary' },
    encode: (message) => tokenNative.encode(message, { form: 'binary' }),
    decode: tokenNative.decode,
  },
  { name: 'brotli', asked: { format: 'brotli' }, encode: brotli.encode, decode: brotli.decode },
  frame('text', { mode: 'none' }),
  frame('binary', { mode: 'none' }),
  frame('binary', hmac, { security: 'hmac', key: hex }),
  frame('binary', aead, { security: 'aead', key: hex }),
];

const MESSAGES = [
  '{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"max_tokens":5}',
  `{"model":"gpt-4o","messages":[{"role":"system","content":"${'Be brief. '.repeat(30)}"},{"role":"user","content":"é 世界"}]}`,
  '{"id":"chatcmpl-1","choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":300,"completion_tokens":7}}',
];

const damage = fc.record({
  message: fc.constantFrom(...MESSAGES),
  edits: fc.array(fc.record({ at: fc.nat(), cut: fc.nat(3), put: fc.uint8Array({ maxLength: 3 }), flip: fc.nat(7) }), {
    minLength: 1,
    maxLength: 3,
  }),
});

function damaged(wire: Wire, edits: readonly { at: number; cut: number; put: Uint8Array; flip: number }[]): Wire {
  let bytes = Buffer.from(wire);
  for (const { at, cut, put, flip } of edits) {
    // Behind the prefix mostly: a wire of another format is another subject.
    const from = at % (bytes.length + 1);
    if (put.length === 0 && cut === 0 && from < bytes.length) bytes[from]! ^= 1 << flip;
    else bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + cut)]);
  }
  return typeof wire === 'string' ? bytes.toString('latin1') : new Uint8Array(bytes);
}

describe.each(subjects)('$name', ({ name, asked, encode, decode }) => {
  it('damaged is refused with a documented error, or read as the original reads it', { timeout: 600_000 }, async () => {
    let read = 0;
    const property = fc.asyncProperty(damage, async ({ message, edits }) => {
      const wire = damaged(await encode(message), edits);
      let ours: string;
      try {
        ours = await decode(wire);
      } catch (error) {
        expect(['WireFormatError', 'LimitExceededError', 'WireSecurityError']).toContain((error as Error).name);
        return;
      }
      read++;
      const theirs = await original.ask({ op: 'decode', ...asked, data: Buffer.from(wire).toString('base64') });
      if (!theirs.ok && name.startsWith('m2m none')) return;
      expect(Buffer.from(theirs.data ?? theirs.error ?? '', 'base64').toString()).toBe(ours);
    });
    await fc.assert(property, { numRuns: runs(400, 20_000), examples: [[{ message: MESSAGES[0]!, edits: [] }]] });
    expect(read).toBeGreaterThan(0);
  });
});
