/** Frames: the receiver's policy decides, nothing unverified is opened, headers can be read without opening. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { m2m, readHeaders, type Security } from '../../codec/frame/frame.ts';
import { InvalidInputError, LimitExceededError, WireFormatError, WireSecurityError } from '../../errors.ts';
import { runs } from '../scale.ts';

const key = (fill: number, length = 32): Uint8Array => new Uint8Array(length).fill(fill);
const REQUEST = JSON.stringify({
  model: 'gpt-4o',
  messages: [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: [{ type: 'text', text: 'What is 2+2?' }] },
  ],
  max_tokens: 1000,
});
const modes: readonly (readonly [string, Security])[] = [
  ['none', { mode: 'none' }],
  ['hmac', { mode: 'hmac', key: key(0x42) }],
  ['aead', { mode: 'aead', key: key(0x42) }],
];

describe.each(modes)('a frame in mode %s', (_, security) => {
  it('comes back in both forms', async () => {
    for (const form of ['text', 'binary'] as const) {
      expect(await m2m.decode(await m2m.encode(REQUEST, { security, form }), { security })).toBe(REQUEST);
    }
  });

  it('is refused by a receiver of another policy', async () => {
    const wire = await m2m.encode(REQUEST, { security });
    for (const [, other] of modes) {
      if (other.mode !== security.mode)
        await expect(m2m.decode(wire, { security: other })).rejects.toThrow(WireSecurityError);
    }
  });

  it('is refused with any bit of it flipped, or cut off anywhere', async () => {
    const wire = (await m2m.encode(REQUEST, { security, form: 'binary' })) as Uint8Array;
    for (let at = 0; at < wire.length; at++) {
      await expect(m2m.decode(wire.slice(0, at), { security })).rejects.toThrow(/./);
      const flipped = wire.slice();
      flipped[at]! ^= 1 << (at % 8);
      const read = await m2m.decode(flipped, { security }).catch(() => undefined);
      // Without a MAC nothing protects the routing header and the padding of Brotli; the message is right, or refused.
      if (read !== undefined) expect([security.mode, read]).toEqual(['none', REQUEST]);
    }
  });

  it('with bytes behind it is refused', async () => {
    const wire = (await m2m.encode(REQUEST, { security, form: 'binary' })) as Uint8Array;
    await expect(m2m.decode(new Uint8Array([...wire, 0]), { security })).rejects.toThrow(/./);
  });

  it('shows its headers to everybody', async () => {
    const headers = readHeaders(await m2m.encode(REQUEST, { security }));
    expect(headers).toMatchObject({ schema: 1, security: security.mode, compressed: true });
    expect(headers.routing).toEqual({
      kind: 'request',
      model: 'gpt-4o',
      roles: ['system', 'user'],
      contentHint: 40,
      maxTokens: 1000,
      cost: expect.closeTo(0.0100250006, 8),
    });
  });
});

describe('protection', () => {
  it('is not taken off by the frame’s own header', async () => {
    const security = { mode: 'hmac', key: key(1) } as const;
    const wire = (await m2m.encode(REQUEST, { security, form: 'binary' })) as Uint8Array;
    const bare = wire.slice(0, -32);
    bare[7 + 3] = 0;
    await expect(m2m.decode(bare, { security })).rejects.toThrow(WireSecurityError);
    bare[7 + 3] = 9;
    await expect(m2m.decode(bare, { security })).rejects.toThrow(WireFormatError);
  });

  it('needs the right key, of the right length', async () => {
    for (const mode of ['hmac', 'aead'] as const) {
      const wire = await m2m.encode(REQUEST, { security: { mode, key: key(1) } });
      await expect(m2m.decode(wire, { security: { mode, key: key(2) } })).rejects.toThrow(WireSecurityError);
    }
    await expect(m2m.encode(REQUEST, { security: { mode: 'hmac', key: key(1, 15) } })).rejects.toThrow(
      InvalidInputError,
    );
    await expect(m2m.encode(REQUEST, { security: { mode: 'aead', key: key(1, 33) } })).rejects.toThrow(
      InvalidInputError,
    );
  });

  it('takes a fresh nonce every time', async () => {
    const security = { mode: 'aead', key: key(1) } as const;
    const wires = await Promise.all(Array.from({ length: 50 }, () => m2m.encode('{}', { security })));
    expect(new Set(wires).size).toBe(50);
  });
});

describe('lies in a header', () => {
  const lying = async (edit: (frame: Uint8Array) => void): Promise<unknown> => {
    const wire = (await m2m.encode('{"a":1}', { form: 'binary' })) as Uint8Array;
    edit(wire.subarray(7));
    return m2m.decode(wire).catch((error: unknown) => error);
  };

  it.each([
    ['a header shorter than its fixed part', 'header-length', (frame: Uint8Array) => frame.fill(19, 0, 1)],
    ['a header longer than the frame', 'header-length', (frame: Uint8Array) => frame.fill(255, 0, 1)],
    ['reserved bytes', 'reserved', (frame: Uint8Array) => frame.fill(1, 12, 13)],
    ['extensions, which nobody defined', 'reserved', (frame: Uint8Array) => frame.fill(2, 7, 8)],
    ['compression where there is none', 'compressed', (frame: Uint8Array) => frame.fill(1, 7, 8)],
    ['an unknown security mode', 'unknown-security', (frame: Uint8Array) => frame.fill(7, 3, 4)],
  ])('%s: %s', async (_, fault, edit) => {
    expect(await lying(edit)).toMatchObject({ name: 'WireFormatError', fault });
  });

  it('about lengths and checksums are found', async () => {
    const at = (await m2m.encode('{"a":1}', { form: 'binary' })).length - 7 - '{"a":1}'.length;
    expect(await lying((frame) => frame.fill(200, at - 8, at - 7))).toMatchObject({ fault: 'truncated' });
    expect(await lying((frame) => frame.fill(2, at - 8, at - 7))).toMatchObject({ fault: 'trailing-bytes' });
    expect(await lying((frame) => frame.fill(0, at - 4, at))).toMatchObject({ fault: 'checksum' });
  });

  it('are not written for more messages than a reader takes', async () => {
    const messages = (length: number) => JSON.stringify({ model: 'x', messages: Array.from({ length }, () => ({})) });
    await expect(m2m.encode(messages(11), { limits: { elements: 10 } })).rejects.toThrow(/limit of a routing header/);
    expect(await m2m.decode(await m2m.encode(messages(10), { limits: { elements: 10 } }))).toBe(messages(10));
    await expect(m2m.encode(messages(10_001))).rejects.toThrow(InvalidInputError);
  });

  it('about the number of messages stop at the limit', async () => {
    const wire = await m2m.encode(JSON.stringify({ model: 'x', messages: Array.from({ length: 20 }, () => ({})) }));
    expect(() => readHeaders(wire, { limits: { elements: 10 } })).toThrow(LimitExceededError);
  });
});

describe('the routing header', () => {
  it('can be read for any JSON, and its message comes back', async () => {
    const role = fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool', 'function', 'nobody', 7);
    const request = fc.record({
      model: fc.string({ unit: 'grapheme', maxLength: 20 }),
      messages: fc.array(fc.record({ role, content: fc.option(fc.string({ unit: 'grapheme' })) }), { maxLength: 9 }),
      max_tokens: fc.constantFrom(undefined, null, -1, 1.5, '5', 0, 2 ** 32 - 1, 2 ** 32),
    });
    const response = fc.record({
      id: fc.string({ maxLength: 20 }),
      choices: fc.array(fc.record({ finish_reason: fc.constantFrom('stop', 'length', 'other', null) })),
      usage: fc.record({ prompt_tokens: fc.oneof(fc.nat(), fc.constant(5e9)), completion_tokens: fc.nat() }),
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(request, response, fc.jsonValue()), async (value) => {
        const text = JSON.stringify(value);
        const wire = await m2m.encode(text);
        const { routing, flags } = readHeaders(wire);
        expect(routing.kind === 'request' ? (flags >> 6) & 1 : 0).toBe('maxTokens' in routing ? 1 : 0);
        expect(await m2m.decode(wire)).toBe(text);
      }),
      { numRuns: runs(300, 20_000) },
    );
  });

  it('tells of a response what the message says', async () => {
    const text = JSON.stringify({
      id: 'chatcmpl-1',
      model: 'gpt-4o',
      choices: [{ message: { content: 'x', refusal: null }, finish_reason: 'content_filter' }],
      usage: { prompt_tokens: 9, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } },
    });
    const { schema, flags, routing } = readHeaders(await m2m.encode(text));
    expect([schema, flags]).toEqual([2, 0b10101100]);
    expect(routing).toMatchObject({ id: 'chatcmpl-1', finish: 'content_filter', promptTokens: 9, cachedTokens: 4 });
  });

  it('does not take a model of more than 255 bytes', async () => {
    await expect(m2m.encode(JSON.stringify({ model: 'x'.repeat(256), messages: [] }))).rejects.toThrow(
      InvalidInputError,
    );
  });
});
