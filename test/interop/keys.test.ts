/** Keys derived and agreed on both sides, and frames sealed with them. */
import { x25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { m2m } from '../../codec/frame/frame.ts';
import { exchange, hkdf, KeyHierarchy, keyringKey, PURPOSES } from '../../codec/frame/keys.ts';
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

const MASTER = Uint8Array.from({ length: 32 }, (_, at) => at);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const derive = async (fields: Fields, master: Uint8Array = MASTER) => {
  const answer = await original.ask({ op: 'derive', master: hex(master), org: 'test-org', ...fields });
  return answer.key ?? answer.error;
};

const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);
const master = fc.uint8Array({ minLength: 16, maxLength: 80 });
const times = { numRuns: runs(50, 1_000) };

describe('the hierarchy', () => {
  it.each(PURPOSES)('gives an agent the same key for %s', async (purpose) => {
    const keys = new KeyHierarchy(MASTER, 'test-org');
    expect(hex(await keys.agent('agent-001', purpose))).toBe(
      await derive({ path: 'purpose', agent: 'agent-001', purpose }),
    );
  });

  it('gives the same keys for any master and any names', async () => {
    await fc.assert(
      fc.asyncProperty(master, id, id, id, id, async (secret, org, one, other, session) => {
        const keys = new KeyHierarchy(secret, org);
        expect(hex(await keys.org())).toBe(await derive({ path: 'org', org }, secret));
        expect(hex(await keys.shared())).toBe(await derive({ path: 'shared', org }, secret));
        expect(hex(await keys.agent(one))).toBe(await derive({ path: 'agent', org, agent: one }, secret));
        const theirs = await derive({ path: 'session', org, agent: other, peer: one, session }, secret);
        expect(hex(await keys.session(one, other, session))).toBe(theirs);
        const ring = await derive({ path: 'keyring', context: one, session }, secret);
        expect(hex(await keyringKey(secret, one, session))).toBe(ring);
      }),
      times,
    );
  });

  it('an agent that holds derived keys alone derives from those, as the original does', async () => {
    const keys = new KeyHierarchy(MASTER, 'test-org');
    const own = await hkdf(await keys.agent('agent-001'), 'm2m/v1/test-org/agent-001/encryption');
    expect(hex(own)).toBe(await derive({ path: 'context-purpose', agent: 'agent-001', purpose: 'encryption' }));
    const session = new KeyHierarchy(await keys.org(), 'test-org');
    const theirs = await derive({ path: 'context-session', agent: 'b', peer: 'a', session: 's1' });
    expect(hex(await session.session('a', 'b', 's1'))).toBe(theirs);
  });

  it.each(['', 'a/b', 'a b', 'é', 'x'.repeat(129)])('refuses the same agent: %s', async (agent) => {
    expect(await derive({ path: 'agent', agent })).toMatch(/Agent ID/);
    expect(() => new KeyHierarchy(MASTER, 'test-org').agent(agent)).toThrow(
      expect.objectContaining({ name: 'InvalidInputError' }),
    );
  });
});

describe('X25519', () => {
  it('agrees on the same key with the original', async () => {
    const secret = fc.uint8Array({ minLength: 32, maxLength: 32 });
    await fc.assert(
      fc.asyncProperty(secret, secret, fc.string({ maxLength: 20 }), async (ours, theirs, context) => {
        const fields = { op: 'exchange', secret: hex(theirs), peer_secret: hex(ours), context };
        const answer = await original.ask(fields);
        expect(answer).toMatchObject({ ok: true, peer_public: hex(x25519.getPublicKey(ours)) });
        const publicKey = new Uint8Array(Buffer.from(String(answer.public), 'hex'));
        expect(hex(await exchange(ours, publicKey, context))).toBe(answer.key);
      }),
      times,
    );
  });
});

describe('frames under derived keys', () => {
  it.each(['hmac', 'aead'] as const)('%s: each side derives the key for itself', async (mode) => {
    const body = '{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}';
    const theirs = await derive({ path: 'session', agent: 'b', peer: 'a', session: 's1' });
    const key = await new KeyHierarchy(MASTER, 'test-org').session('a', 'b', 's1');
    const asked = { format: 'm2m', form: 'binary', security: mode, key: theirs };
    const wire = await m2m.encode(body, { form: 'binary', security: { mode, key } });
    expect(await original.decode(wire, asked)).toBe(body);
    const answer = new Uint8Array(await original.encode(body, asked));
    expect(await m2m.decode(answer, { security: { mode, key } })).toBe(body);
  });
});
