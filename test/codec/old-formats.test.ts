/** The formats that are only read: what they hold is given back, and anything else ends in a typed error. */
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WireDecoder } from '../../codec/codec.ts';
import { dictionary } from '../../codec/formats/dictionary.ts';
import { m3 } from '../../codec/formats/m3.ts';
import { zlib } from '../../codec/formats/zlib.ts';
import { LimitExceededError, M2MError } from '../../errors.ts';
import { runs } from '../scale.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const base64 = (bytes: Uint8Array | Buffer): string => Buffer.from(bytes).toString('base64');
const json = '{"messages":[{"role":"user","content":"Hello, hello, hello, hello"}]}';
const literals = [0x86, 0x80, ...ascii('"Hello, hello, hello, hello"}]}')];
const request = [
  ...ascii('#M3|'),
  ...[1, 6, ...ascii('gpt-4o'), 0x1f, 1, 1, 5, ...ascii('Hello')],
  ...[70, 0xe8, 0x07, 95, 1, 3, ...ascii('END')],
];
const samples: readonly (readonly [WireDecoder, Uint8Array, string])[] = [
  [zlib, ascii(`#M2M[v2.0]|DATA:${base64(deflateSync(json))}`), json],
  [dictionary, ascii(`#M2M|${base64(Uint8Array.from(literals))}`), json],
  [
    m3,
    Uint8Array.from(request),
    '{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}],"temperature":0.7,"max_tokens":1000,"top_p":0.95,"stream":true,"stop":["END"]}',
  ],
];

describe.each(samples.map(([format, wire, message]) => ({ name: format.name, format, wire, message })))(
  '$name',
  ({ name, format, wire, message }) => {
    const read = (bytes: Uint8Array): Promise<string | M2MError> =>
      format.decode(bytes).catch((error: unknown) => {
        if (error instanceof M2MError) return error;
        throw error;
      });

    it('is read', async () => {
      expect(await format.decode(wire)).toBe(message);
    });

    it('never gives the whole message for a part of the wire', async () => {
      for (let end = 0; end < wire.length; end++) {
        const found = await read(wire.subarray(0, end));
        // The dictionary has no end mark: fewer groups of base64 are a shorter text.
        if (name === 'dictionary' && typeof found === 'string') expect(message.startsWith(found)).toBe(true);
        else expect(found).toBeInstanceOf(M2MError);
      }
    });

    it('meets flipped bits with typed errors only', async () => {
      for (let bit = 0; bit < wire.length * 8; bit++) {
        const flipped = wire.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        await read(flipped);
      }
    });

    it('meets any bytes behind its prefix with typed errors only', async () => {
      const prefix = wire.subarray(0, name === 'zlib' ? 16 : name === 'm3' ? 4 : 5);
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (rest) => {
          await read(Uint8Array.from([...prefix, ...rest]));
        }),
        { numRuns: runs(500, 50_000) },
      );
    });

    it('holds to the limits', async () => {
      await expect(format.decode(wire, { limits: { wireBytes: wire.length - 1 } })).rejects.toThrow(LimitExceededError);
      await expect(format.decode(wire, { limits: { bytes: message.length - 1 } })).rejects.toThrow(LimitExceededError);
      expect(await format.decode(wire, { limits: { wireBytes: wire.length, bytes: message.length } })).toBe(message);
    });
  },
);

describe('dictionary', () => {
  it('gives back short text that was never compressed, within the limits', async () => {
    expect(await dictionary.decode('#M2M|{"a":"ü"}')).toBe('{"a":"ü"}');
    await expect(dictionary.decode('#M2M|{"a":"ü"}', { limits: { bytes: 9 } })).rejects.toThrow(LimitExceededError);
    await expect(dictionary.decode('#M2M|{"a":"ü"}', { limits: { wireBytes: 14 } })).rejects.toThrow(
      LimitExceededError,
    );
  });

  it('takes long text that is no base64 for a broken wire', async () => {
    const body = `{"a":"${'b'.repeat(60)}"}`;
    await expect(dictionary.decode(`#M2M|${body}`)).rejects.toMatchObject({ fault: 'base64' });
  });

  it('refuses half a character', async () => {
    await expect(dictionary.decode('#M2M|{"\ud800"}')).rejects.toMatchObject({ fault: 'invalid-utf8' });
  });
});

describe('m3', () => {
  it('refuses more elements than the limit before it reads them', async () => {
    const many = Uint8Array.from([...ascii('#M3|'), 1, 1, 120, 0, 0xff, 0xff, 0xff, 0x7f]);
    await expect(m3.decode(many)).rejects.toThrow(LimitExceededError);
  });

  it('counts what control characters become while it reads, and stops there', async () => {
    const content = 100_000;
    const varint = [(content & 0x7f) | 0x80, ((content >> 7) & 0x7f) | 0x80, content >> 14];
    const wire = (byte: number) =>
      Uint8Array.from([...ascii('#M3|'), 1, 1, 120, 0, 1, 1, ...varint, ...new Array<number>(content).fill(byte)]);
    const limits = { bytes: 300_000 };
    expect((await m3.decode(wire(0x61), { limits })).length).toBeGreaterThan(content);
    await expect(m3.decode(wire(1), { limits })).rejects.toThrow(LimitExceededError);
    expect((await m3.decode(wire(10), { limits })).length).toBeGreaterThan(2 * content);
  });

  it('refuses bytes behind the request', async () => {
    await expect(m3.decode(Uint8Array.from([...request, 0]))).rejects.toMatchObject({ fault: 'trailing-bytes' });
  });
});
