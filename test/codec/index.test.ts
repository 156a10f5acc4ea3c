/** The one door of the codec: algorithms by name, and the protection that a receiver demands of all of them. */
import { describe, expect, it } from 'vitest';
import { ALGORITHMS, auto, decode, detect, encode, type Security } from '../../codec/index.ts';
import { InvalidInputError, WireFormatError, WireSecurityError } from '../../errors.ts';

const MESSAGE = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello there, '.repeat(40) }] });
const key = new Uint8Array(32).fill(7);

describe.each([
  { mode: 'hmac', key },
  { mode: 'aead', key },
] as const)('with $mode', (security: Exclude<Security, { mode: 'none' }>) => {
  it.each(['text', 'binary'] as const)('a frame in %s comes back', async (form) => {
    const wire = await encode(MESSAGE, 'm2m', { form, security });
    expect(await decode(wire, { security })).toBe(MESSAGE);
    await expect(decode(wire)).rejects.toThrow(WireSecurityError);
    await expect(decode(wire, { security: { ...security, key: new Uint8Array(32) } })).rejects.toThrow(
      WireSecurityError,
    );
  });

  it('no other algorithm is written', () => {
    for (const algorithm of ALGORITHMS) {
      if (algorithm !== 'm2m') expect(() => encode(MESSAGE, algorithm, { security })).toThrow(InvalidInputError);
    }
  });

  it('nothing else is read: no other format, no frame without it, no plain message', async () => {
    const wires = await Promise.all(ALGORITHMS.filter((name) => name !== 'token').map((name) => encode(MESSAGE, name)));
    for (const wire of [...wires, MESSAGE, '']) {
      await expect(decode(wire, { security })).rejects.toThrow(WireSecurityError);
    }
    await expect(decode(wires[0]!, { security, algorithm: 'brotli' })).rejects.toThrow(WireSecurityError);
  });
});

it('a named algorithm is not looked for elsewhere', async () => {
  await expect(decode(await encode(MESSAGE, 'brotli'), { algorithm: 'm2m' })).rejects.toThrow(WireFormatError);
  expect(() => encode(MESSAGE, 'zip' as 'm2m')).toThrow(InvalidInputError);
});

describe('auto', () => {
  it('keeps to the algorithms that the receiver reads', async () => {
    for (const name of ['token-native', 'brotli', 'm2m'] as const) {
      const { wire } = await auto(MESSAGE, { among: [name] });
      expect(detect(wire)).toBe(name);
    }
    expect((await auto(MESSAGE, { among: [] })).format).toBe('raw');
  });

  it('sends no message as it is where that is not wanted', async () => {
    expect((await auto('{}', { raw: false })).format).not.toBe('raw');
    await expect(auto('{}', { raw: false, among: [] })).rejects.toThrow(InvalidInputError);
  });
});
