/** Keys: the places of the hierarchy, the exchange as OpenSSL does it, and ids that cannot run into one another. */
import { diffieHellman, generateKeyPairSync, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { exchange, hkdf, KeyHierarchy, keyPair, keyringKey } from '../../codec/frame/keys.ts';
import { InvalidInputError, WireSecurityError } from '../../errors.ts';

const MASTER = Uint8Array.from({ length: 32 }, (_, i) => i);

describe('the hierarchy', () => {
  const keys = new KeyHierarchy(MASTER, 'test-org');

  it('derives each place from its own name', async () => {
    expect(await keys.org()).toEqual(await hkdf(MASTER, 'm2m/v1/test-org'));
    expect(await keys.agent('a')).toEqual(await hkdf(MASTER, 'm2m/v1/test-org/a'));
    expect(await keys.agent('a', 'encryption')).toEqual(await hkdf(MASTER, 'm2m/v1/test-org/a/encryption'));
    expect(await keys.shared()).toEqual(await hkdf(MASTER, 'm2m/v1/test-org/shared'));
    expect(await keyringKey(MASTER, 'ctx', 'sess-1')).toEqual(await hkdf(MASTER, 'm2m-v1|ctx|sess-1'));
  });

  it('gives both sides of a session one key, and every session another', async () => {
    expect(await keys.session('bob', 'alice', 's')).toEqual(await keys.session('alice', 'bob', 's'));
    expect(await keys.session('bob', 'alice', 's')).not.toEqual(await keys.session('bob', 'alice', 't'));
  });

  it.each(['', 'a/b', 'a:b', 'a|b', 'é', 'x'.repeat(129)])('takes no id like %j', async (id) => {
    expect(() => new KeyHierarchy(MASTER, id)).toThrow(InvalidInputError);
    expect(() => keys.agent(id)).toThrow(InvalidInputError);
    expect(() => keys.session('a', 'b', id)).toThrow(InvalidInputError);
  });

  it('has no agent whose key is the key of all', async () => {
    expect(() => keys.agent('shared')).toThrow(InvalidInputError);
    expect(await keys.agent('shared', 'identity')).not.toEqual(await keys.shared());
  });

  it.each([0, -1, 1.5, 8_161, Number.NaN])('derives no key of %d bytes', async (length) => {
    await expect(hkdf(MASTER, 'x', { length })).rejects.toThrow(InvalidInputError);
  });

  it('gives nothing once it is disposed of, and leaves the caller’s secret alone', () => {
    const own = new KeyHierarchy(MASTER, 'x');
    own.dispose();
    expect(() => own.org()).toThrow(InvalidInputError);
    expect(MASTER[31]).toBe(31);
    expect(() => new KeyHierarchy(new Uint8Array(15), 'x')).toThrow(InvalidInputError);
  });
});

describe('the exchange', () => {
  it('is X25519 as OpenSSL has it', async () => {
    for (let i = 0; i < 5; i++) {
      const [a, b] = [generateKeyPairSync('x25519'), generateKeyPairSync('x25519')];
      const secret = new Uint8Array(Buffer.from(a.privateKey.export({ format: 'jwk' }).d!, 'base64url'));
      const publicKey = new Uint8Array(Buffer.from(b.publicKey.export({ format: 'jwk' }).x!, 'base64url'));
      const shared = diffieHellman({ privateKey: a.privateKey, publicKey: b.publicKey });
      const expected = hkdfSync('sha256', shared, '', 'm2m-session-v1', 32);
      expect(await exchange(secret, publicKey, 'm2m-session-v1')).toEqual(new Uint8Array(expected));
    }
  });

  it('gives both sides one key', async () => {
    const [a, b] = [keyPair(), keyPair()];
    const key = await exchange(a.secret, b.publicKey, 'm2m-session-v1');
    expect(await exchange(b.secret, a.publicKey, 'm2m-session-v1')).toEqual(key);
    expect(await exchange(a.secret, b.publicKey, 'another')).not.toEqual(key);
  });

  it('refuses public keys of small order, and keys of another length', async () => {
    const { secret } = keyPair();
    await expect(exchange(secret, new Uint8Array(32), 'x')).rejects.toThrow(WireSecurityError);
    await expect(exchange(secret, new Uint8Array(31), 'x')).rejects.toThrow(InvalidInputError);
  });
});
