/** `#M2M|1|` frames against the running original: plain, HMAC and AEAD, text and binary, and what headers say. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Wire } from '../../codec/codec.ts';
import { m2m, readHeaders, type Security } from '../../codec/frame/frame.ts';
import { JSON_BODIES } from './bodies.ts';
import { build, Original } from './original.ts';

const KEY = '42'.repeat(32);
const OTHER = '99'.repeat(32);
const found = await build();
let original: Original;

beforeAll(() => {
  if ('program' in found) original = new Original(found.program);
});
beforeEach((context) => {
  if ('missing' in found) context.skip(found.missing);
});
afterAll(() => original?.close());

const modes = ['none', 'hmac', 'aead'] as const;
const forms = ['text', 'binary'] as const;
const LONG = 600_000;
const securityOf = (mode: Security['mode'], key = KEY): Security =>
  mode === 'none' ? { mode } : { mode, key: new Uint8Array(Buffer.from(key, 'hex')) };
const wireOf = (bytes: Buffer, form: string): Wire =>
  form === 'text' ? bytes.toString('ascii') : new Uint8Array(bytes);
/** How the original is asked; without a key it takes the reader that verifies nothing. */
const asked = (mode: Security['mode'], form: string) => ({
  format: 'm2m',
  form,
  security: mode,
  ...(mode !== 'none' && { key: KEY }),
});

/** The frame without its prefix; in either form. */
const inside = (wire: Wire): Buffer =>
  typeof wire === 'string' ? Buffer.from(wire.slice(7), 'base64') : Buffer.from(wire.subarray(7));

describe.each(modes.flatMap((mode) => forms.map((form) => ({ mode, form }))))('$mode, $form', ({ mode, form }) => {
  const security = securityOf(mode);

  it('goes both ways', { timeout: LONG }, async () => {
    for (const body of JSON_BODIES) {
      expect(await original.decode(await m2m.encode(body, { form, security }), asked(mode, form))).toBe(body);
      const theirs = wireOf(await original.encode(body, asked(mode, form)), form);
      expect(await m2m.decode(theirs, { security })).toBe(body);
    }
  });

  it('has the same headers as the original writes', { timeout: LONG }, async () => {
    for (const body of JSON_BODIES) {
      const ours = inside(await m2m.encode(body, { form, security }));
      const theirs = inside(wireOf(await original.encode(body, asked(mode, form)), form));
      const length = theirs.readUInt16LE(0);
      expect(ours.subarray(0, length).toString('hex')).toBe(theirs.subarray(0, length).toString('hex'));
    }
  });

  it('is refused when a bit was turned, when the key is another, when the policy is another', async () => {
    const body = JSON_BODIES[0] ?? '';
    const theirs = await original.encode(body, asked(mode, 'binary'));
    const turned = new Uint8Array(theirs);
    turned[turned.length - 20]! ^= 1;
    await expect(m2m.decode(turned, { security })).rejects.toThrow(/^m2m|Brotli|brotli/);
    await expect(original.decode(turned, asked(mode, 'binary'))).rejects.toThrow('the original refuses');
    for (const policy of modes.filter((other) => other !== mode)) {
      const refused = m2m.decode(new Uint8Array(theirs), { security: securityOf(policy) });
      await expect(refused).rejects.toMatchObject({ name: 'WireSecurityError' });
    }
    if (mode === 'none') return;
    const stranger = m2m.decode(new Uint8Array(theirs), { security: securityOf(mode, OTHER) });
    await expect(stranger).rejects.toMatchObject({ name: 'WireSecurityError' });
    const ours = await m2m.encode(body, { form: 'binary', security: securityOf(mode, OTHER) });
    await expect(original.decode(ours, asked(mode, 'binary'))).rejects.toThrow('the original refuses');
  });
});

describe('headers', () => {
  it('say the same to both', async () => {
    for (const body of JSON_BODIES) {
      const wire = await m2m.encode(body);
      const theirs = await original.ask({
        op: 'frame',
        form: 'text',
        data: Buffer.from(String(wire)).toString('base64'),
      });
      const ours = readHeaders(wire);
      expect(theirs).toMatchObject({ ok: true, schema: ours.schema, security: 0 });
      if (ours.routing.kind === 'request') {
        const { model, roles, contentHint, maxTokens } = ours.routing;
        const names = roles.map((role) => role[0]?.toUpperCase() + role.slice(1));
        expect(theirs.routing).toMatchObject({ model, roles: names, content_hint: contentHint });
        expect((theirs.routing as { max_tokens: number | null }).max_tokens).toBe(maxTokens ?? null);
      } else {
        const { id, model, promptTokens, completionTokens, finish } = ours.routing;
        expect(theirs.response).toMatchObject({ id, model, finish: finish ?? 'unknown' });
        expect(theirs.response).toMatchObject({ prompt_tokens: promptTokens, completion_tokens: completionTokens });
      }
    }
  });
});

/** Bodies whose header the original writes so that its own reader misreads it (README.md, 1 to 4). */
const MISREAD = [
  '{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"max_tokens":null}',
  '{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"max_tokens":-1}',
  '{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"max_tokens":"5"}',
  '{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"max_tokens":4294967296}',
  '{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"max_tokens":null,"max_completion_tokens":7}',
  '{"model":"gpt-4o","messages":[{"role":"function"},{"role":"function"},{"role":"user","content":"y"}]}',
  `{"model":"gpt-4o","messages":[${'{"role":"function"},'.repeat(4)}{"role":"user","content":"y"}]}`,
  '{"model":"gpt-4o","messages":["x",5,null]}',
];

/** Bodies that are framed somehow, because any JSON can be. */
const ODD = [
  '[1,2]',
  '5',
  'null',
  '{}',
  ' {"model":"x","messages":[]}\r\n',
  '{"messages":null,"model":null,"choices":[]}',
  '{"choices":null,"usage":null}',
  '{"id":"chatcmpl-1"}',
  '{"error":{"message":"x"}}',
  '{"model":"a","model":"b","messages":[],"messages":[{"role":"user","content":"q"}]}',
  '{"model":"GPT-4O","messages":[{"role":"user","content":[{"type":"text","text":"é"},{"type":"image_url"}]}],"stream":true}',
  '{"id":"a","choices":[{"finish_reason":"weird"}],"usage":{"prompt_tokens":1,"prompt_tokens_details":{"cached_tokens":3}}}',
  '{"id":"a","choices":[],"usage":{"completion_tokens":2,"completion_tokens_details":{"reasoning_tokens":9}}}',
];

describe('unusual bodies', () => {
  it.each(ODD)('%s has the headers of the original', async (body) => {
    const ours = await m2m.encode(body, { form: 'binary' });
    const theirs = await original.encode(body, { format: 'm2m', form: 'binary' });
    const end = 7 + theirs.readUInt16LE(7);
    expect(Buffer.from(ours as Uint8Array).toString('hex', 0, end)).toBe(theirs.toString('hex', 0, end));
    expect(await m2m.decode(new Uint8Array(theirs))).toBe(body);
  });

  it.each(MISREAD)('%s is opened whatever its header says, and ours can be read', async (body) => {
    for (const mode of modes) {
      const security = securityOf(mode);
      const theirs = await original.encode(body, asked(mode, 'binary'));
      expect(await m2m.decode(new Uint8Array(theirs), { security })).toBe(body);
      const ours = await m2m.encode(body, { form: 'binary', security });
      expect(await original.decode(ours, asked(mode, 'binary'))).toBe(body);
      expect(() => readHeaders(ours)).not.toThrow();
    }
  });
});
