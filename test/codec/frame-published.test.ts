/** Frames against what others published (RFC 8439, RFC 5869), real traffic, every single bit, and headers at their limits. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { m2m, readHeaders, type Security } from '../../codec/frame/frame.ts';
import { hkdf } from '../../codec/frame/keys.ts';
import { open, seal } from '../../codec/frame/seal.ts';
import { InvalidInputError, M2MError, WireSecurityError } from '../../errors.ts';
import { runs } from '../scale.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
/** Server-sent events begin with a field; JSON does not. */
const EVENT = /^(?:data|event):/u;
const KEY = new Uint8Array(32).fill(7);
const modes: readonly Security[] = [{ mode: 'none' }, { mode: 'hmac', key: KEY }, { mode: 'aead', key: KEY }];

describe('published vectors', () => {
  it('RFC 8439 §2.8.2: headers as associated data, then nonce, text and tag', async () => {
    const security = {
      mode: 'aead',
      key: bytes(Array.from({ length: 32 }, (_, i) => (0x80 + i).toString(16)).join('')),
    } as const;
    const headers = bytes('50515253c0c1c2c3c4c5c6c7');
    const nonce = bytes('070000004041424344454647');
    const body = new TextEncoder().encode(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const sealed = await seal(headers, body, security, nonce);
    expect(hex(sealed.subarray(0, 24))).toBe(hex(headers) + hex(nonce));
    expect(hex(sealed.subarray(24, 40))).toBe('d31a8d34648e60db7b86afbc53ef7ec2');
    expect(hex(sealed.subarray(-16))).toBe('1ae10b594f09e26a7e902ecbd0600691');
    expect(await open(sealed, headers.length, security)).toEqual(body);
  });

  it('RFC 4231 §4.3: the tag behind the frame', async () => {
    // The key of the RFC, "Jefe", is shorter than frames allow; zeros at its end are the same key (RFC 2104 §2).
    const key = new Uint8Array(16);
    key.set(new TextEncoder().encode('Jefe'));
    const text = new TextEncoder().encode('what do ya want for nothing?');
    const sealed = await seal(text.subarray(0, 10), text.subarray(10), { mode: 'hmac', key });
    expect(hex(sealed.subarray(-32))).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
  });

  it('RFC 5869 A.1: extract with a salt, expand to 42 bytes', async () => {
    const salt = bytes('000102030405060708090a0b0c');
    const okm = await hkdf(new Uint8Array(22).fill(0x0b), bytes('f0f1f2f3f4f5f6f7f8f9'), { salt, length: 42 });
    expect(hex(okm)).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865');
  });
});

describe('real traffic', () => {
  const bodies = readFileSync(resolve(import.meta.dirname, '../data/traffic-sample.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { body: string }).body);
  const events = bodies.filter((body) => EVENT.test(body));
  const messages = bodies.filter((body) => !EVENT.test(body));

  it.each(modes)('comes back as it was, with readable headers, in mode $mode', async (security) => {
    expect(messages.length).toBeGreaterThan(20);
    for (const body of messages) {
      for (const form of ['text', 'binary'] as const) {
        const wire = await m2m.encode(body, { security, form });
        expect(await m2m.decode(wire, { security })).toBe(body);
        const { model } = JSON.parse(body) as { model?: string };
        expect(readHeaders(wire).routing.model).toBe(typeof model === 'string' ? model : '');
      }
    }
  });

  it('that is a stream of events is refused: a frame carries JSON', async () => {
    expect(events.length).toBeGreaterThan(0);
    for (const body of events) await expect(m2m.encode(body)).rejects.toThrow(InvalidInputError);
  });
});

describe('a sealed frame', () => {
  const message = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'x'.repeat(90) }] });

  it.each(modes.slice(1))(
    'in mode $mode is refused with any one bit flipped, always with an error of ours',
    async (security) => {
      const wire = (await m2m.encode(message, { security, form: 'binary' })) as Uint8Array;
      for (let bit = 0; bit < wire.length * 8; bit++) {
        const flipped = wire.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        await expect(m2m.decode(flipped, { security }), `bit ${bit}`).rejects.toThrow(M2MError);
      }
    },
  );

  it.each(modes)('in mode $mode is refused when cut off anywhere, always with an error of ours', async (security) => {
    const wire = (await m2m.encode(message, { security, form: 'binary' })) as Uint8Array;
    for (let at = 0; at < wire.length; at++) {
      await expect(m2m.decode(wire.slice(0, at), { security }), `at ${at}`).rejects.toThrow(M2MError);
    }
  });

  it('is refused with the headers of another message', async () => {
    const other = message.replace('gpt-4o', 'gpt-4x');
    for (const security of modes.slice(1)) {
      const [one, two] = (await Promise.all(
        [message, other].map((text) => m2m.encode(text, { security, form: 'binary' })),
      )) as [Uint8Array, Uint8Array];
      const { length } = 'gpt-4o';
      const swapped = one.slice();
      swapped.set(two.subarray(7, 7 + 21 + length), 7);
      await expect(m2m.decode(swapped, { security })).rejects.toThrow(WireSecurityError);
    }
  });
});

describe('a header of many messages', () => {
  const many = (n: number): string => JSON.stringify({ model: 'x', messages: Array.from({ length: n }, () => ({})) });

  it('is no text: the binary form comes back whatever its length says', async () => {
    // 0x2b00 bytes and more: the length has a base64 character in its second byte.
    for (const n of [43_900, 100_000, 200_000].slice(0, runs(2, 3))) {
      expect(await m2m.decode(await m2m.encode(many(n), { form: 'binary', limits: { elements: n } }))).toBe(many(n));
    }
  });

  it('beyond 65,535 bytes is not written, for its length would be cut', async () => {
    await expect(m2m.encode(many(270_000), { limits: { elements: 270_000 } })).rejects.toThrow(InvalidInputError);
  });

  it('is read from text that came as bytes, too', async () => {
    const wire = new TextEncoder().encode((await m2m.encode(many(5))) as string);
    expect(await m2m.decode(wire)).toBe(many(5));
  });
});

describe('embeddings and errors', () => {
  it.each([
    [1, 4],
    [2, 5],
    [2, 0x10],
  ])('schema %i written as %i is routed like it', async (kind, schema) => {
    const text = kind === 1 ? '{"model":"m","messages":[]}' : '{"model":"m","choices":[]}';
    const wire = (await m2m.encode(text, { form: 'binary' })) as Uint8Array;
    wire[9] = schema;
    expect(readHeaders(wire)).toMatchObject({
      schema,
      routing: { kind: kind === 1 ? 'request' : 'response', model: 'm' },
    });
    expect(await m2m.decode(wire)).toBe(text);
  });

  it('an unknown schema has no routing header to read, and its message comes back', async () => {
    const wire = (await m2m.encode('{"model":"m","messages":[]}', { form: 'binary' })) as Uint8Array;
    wire[9] = 0xff;
    expect(() => readHeaders(wire)).toThrow(expect.objectContaining({ fault: 'schema' }));
    expect(await m2m.decode(wire)).toBe('{"model":"m","messages":[]}');
  });
});
