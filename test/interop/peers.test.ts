/** The running original as a client of our server, and its server as the upstream of our proxy. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPeerServer, createProxy } from '../../proxy/index.ts';
import { readMessage } from '../../transport/index.ts';
import { completionOf, type Rig, start } from '../proxy/rig.ts';
import { BODIES } from './bodies.ts';
import { build, Original, serve } from './original.ts';

const found = await build();
const KEY = new Uint8Array(32).map((_, i) => i + 1);
const ANSWER = completionOf(
  'The first ferry leaves at ten past six, the last one at eleven at night, and there is none on Sundays.',
);

let original: Original;
let upstream: Rig;

beforeAll(async () => {
  if (!('program' in found)) return;
  original = new Original(found.program);
  upstream = await start({
    scanRequests: false,
    scanResponses: false,
    script: (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER),
  });
});
beforeEach((context) => {
  if ('missing' in found) context.skip(found.missing);
});
afterAll(async () => {
  original?.close();
  await upstream?.stop();
});

/** Bodies that the original can frame; it reads numbers of more than 15 digits inexactly. */
const MESSAGES = BODIES.filter((body) => body.startsWith('{') && body.includes('"messages"')).slice(0, 12);

it.each([
  ['token-native', 'text'],
  ['token-native', 'binary'],
  ['brotli', 'text'],
  ['m2m', 'text'],
  ['m2m', 'binary'],
] as const)(
  'wires of the original in %s as %s are answered with wires that it reads',
  { timeout: 120_000 },
  async (format, form) => {
    const server = createPeerServer({
      upstream: `${upstream.origin}/v1`,
      port: 0,
      log: () => undefined,
      monitor: true,
    });
    const { port } = await server.listen();
    for (const message of MESSAGES) {
      const asked = { format, form, tokenizer: 'C', security: 'none' };
      const wire = await original.encode(message, asked);
      const headers = { 'content-type': 'application/json' };
      const url = `http://127.0.0.1:${port}/v1/chat/completions`;
      const response = await fetch(url, { method: 'POST', body: new Uint8Array(wire), headers });
      const answer = Buffer.from(await response.arrayBuffer());
      expect(response.status).toBe(200);
      expect(upstream.seen.at(-1)!.body.toString()).toBe(message);
      expect(await original.decode(answer, asked)).toBe(ANSWER);
    }
    await server.close();
  },
);

describe('protected frames', () => {
  it.each(['hmac', 'aead'] as const)(
    'under %s, with the key that both derive',
    { timeout: 120_000 },
    async (security) => {
      const peer = { security, org: 'acme' };
      const own = { upstream: `${upstream.origin}/v1`, port: 0, log: () => undefined, monitor: true };
      const server = createPeerServer({ ...own, peer, peerKey: KEY });
      const { port } = await server.listen();
      const derived = await original.ask({
        op: 'derive',
        path: 'shared',
        master: Buffer.from(KEY).toString('hex'),
        org: 'acme',
      });
      const { key } = derived;
      for (const message of MESSAGES) {
        const asked = { format: 'm2m', form: 'binary', security, key };
        const wire = await original.encode(message, asked);
        const init = { method: 'POST', body: new Uint8Array(wire), headers: { 'content-type': 'application/json' } };
        const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, init);
        expect(response.status).toBe(200);
        expect(await original.decode(Buffer.from(await response.arrayBuffer()), asked)).toBe(ANSWER);
      }
      await server.close();
    },
  );
});

describe('sessions', () => {
  it('of the original are opened by our server', { timeout: 60_000 }, async () => {
    const server = createPeerServer({ upstream: `${upstream.origin}/v1`, port: 0, log: () => undefined });
    const { port } = await server.listen();
    await original.ask({ op: 'session', name: 'guest', verb: 'new' });
    const hello = await original.ask({ op: 'session', name: 'guest', verb: 'hello' });
    const response = await fetch(`http://127.0.0.1:${port}/message`, { method: 'POST', body: String(hello.message) });
    const accept = await response.text();
    expect(readMessage(accept).type).toBe('ACCEPT');
    const received = await original.ask({ op: 'session', name: 'guest', verb: 'receive', message: accept });
    expect(received.ok, received.error).toBe(true);
    const state = await original.ask({ op: 'session', name: 'guest', verb: 'state' });
    expect(JSON.stringify(state)).toMatch(/Established/i);
    await server.close();
  });

  it('are opened by our proxy with the server of the original, which forwards nothing', {
    timeout: 60_000,
  }, async () => {
    if (!('cli' in found) || typeof found.cli !== 'string') throw new Error('no command line was built');
    const served = await serve(found.cli);
    const proxy = createProxy({ upstream: `m2m+${served.url}`, port: 0, log: () => undefined });
    const { port } = await proxy.listen();
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST',
      body: MESSAGES[0]!,
    });
    // Its own answer to a path that it does not have; a HELLO that failed would be 502 upstream_no_peer.
    expect(response.status).toBe(404);
    await proxy.close();
    served.close();
  });
});
