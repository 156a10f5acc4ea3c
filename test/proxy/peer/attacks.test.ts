/** What a stranger on the line between two peers, a stranger's client and a stranger's server can do to them: nothing. */
import { randomBytes } from 'node:crypto';
import { brotliCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALGORITHMS, type Algorithm, decode, detect, encode } from '../../../codec/index.ts';
import { createProxy } from '../../../proxy/index.ts';
import { capabilitiesOf, readMessage, writeMessage } from '../../../transport/index.ts';
import { runs } from '../../scale.ts';
import { chatOf, completionOf, type Script } from '../rig.ts';
import { type Headed, KEY, type Pair, startPair } from './pair.ts';

const script: Script = (request, response) => {
  const stream = request.url?.includes('stream');
  response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' });
  response.end(
    stream ? `data: ${completionOf('one')}\n\ndata: ${completionOf('two')}\n\ndata: [DONE]\n\n` : completionOf('Fine.'),
  );
};
const BODY = chatOf('When does the ferry leave? '.repeat(20));
const PATH = '/v1/chat/completions';
/** One of the few messages that `#T1|` carries without loss. */
const CARRIED =
  '{"frequency_penalty":0,"messages":[{"content":"Hi","role":"user"}],"model":"gpt-4o","n":1,"presence_penalty":0,' +
  '"stream":false,"temperature":1.0,"top_p":1.0}';

let pair: Pair;
afterEach(() => pair.stop());

async function ask(
  origin: string,
  body: string | Uint8Array = BODY,
  headers: Record<string, string> = {},
  path = PATH,
) {
  const init = { method: 'POST', body: body as BodyInit, headers: { 'content-type': 'application/json', ...headers } };
  const response = await fetch(origin + path, init);
  const text = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, text, code: codeOf(text) };
}

function codeOf(text: Buffer): string | undefined {
  try {
    return (JSON.parse(text.toString()) as { error?: { code?: string } }).error?.code;
  } catch {
    return undefined;
  }
}

function flipped<T extends Headed>(headed: T): T {
  const body = Buffer.from(headed.body);
  if (body.length > 0) body[Math.floor(body.length / 2)]! ^= 1;
  return { ...headed, body };
}

describe.each(['hmac', 'aead'] as const)('under %s, on the line', (security) => {
  beforeEach(async () => {
    pair = await startPair({ script, peer: { security } });
  });

  it('a changed request does not reach the upstream', async () => {
    pair.meddler = { request: (sent) => (sent.headers['content-encoding'] ? flipped(sent) : sent) };
    expect(await ask(pair.origin)).toMatchObject({ status: 502, code: 'upstream_unverified' });
    expect(pair.passed.at(-1)!.answered.status).toBe(401);
    expect(pair.seen).toHaveLength(0);
  });

  it('a changed answer does not reach the client', async () => {
    pair.meddler = { response: (answered) => (answered.headers['content-encoding'] ? flipped(answered) : answered) };
    expect(await ask(pair.origin)).toMatchObject({ status: 502, code: 'upstream_unverified' });
  });

  it('an answer without protection does not reach the client, whatever its status', async () => {
    for (const status of [200, 404, 500]) {
      pair.meddler = {
        response: (answered) => {
          if (!answered.headers['content-encoding']) return answered;
          const { 'content-encoding': _coding, ...headers } = answered.headers;
          return { status, headers, body: Buffer.from(completionOf('mine')) };
        },
      };
      expect(await ask(pair.origin)).toMatchObject({ status: 502, code: 'upstream_unverified' });
    }
  });

  it('events without protection end the stream with an error', async () => {
    const plain = completionOf('mine');
    pair.meddler = {
      response: (answered) => {
        if (!answered.headers['content-type']?.startsWith('text/event-stream')) return answered;
        const lines = answered.body.toString().split('\n');
        const second = lines.findLastIndex((line) => line.startsWith('data: #'));
        lines[second] = `data: ${plain}`;
        return { ...answered, body: Buffer.from(lines.join('\n')) };
      },
    };
    const { text } = await ask(pair.origin, BODY, {}, `${PATH}?stream`);
    expect(text.toString()).not.toContain('mine');
    expect(text.toString()).toContain('upstream_unverified');
  });

  it('an event behind a byte order mark is an event', async () => {
    pair.meddler = {
      response: (answered) => {
        if (!answered.headers['content-type']?.startsWith('text/event-stream')) return answered;
        return { ...answered, body: Buffer.from(`\ufeffdata: ${completionOf('mine')}\n\n${answered.body}`) };
      },
    };
    const { text } = await ask(pair.origin, BODY, {}, `${PATH}?stream`);
    expect(text.toString()).not.toContain('mine');
    expect(text.toString()).toContain('upstream_unverified');
  });

  it('a stream is not taken where its coding was taken off', async () => {
    pair.meddler = {
      response: (answered) => {
        const { 'content-encoding': _coding, ...headers } = answered.headers;
        return answered.headers['content-type']?.startsWith('text/event-stream') ? { ...answered, headers } : answered;
      },
    };
    expect(await ask(pair.origin, BODY, {}, `${PATH}?stream`)).toMatchObject({ status: 502 });
  });

  it('a proof of one request is none of another', async () => {
    let proof = '';
    pair.meddler = {
      request: (sent) => {
        proof = sent.headers['x-m2m-proof'] ?? proof;
        return sent;
      },
    };
    expect((await fetch(`${pair.origin}/v1/models`)).status).toBe(200);
    const { path, sent } = pair.passed.at(-1)!;
    expect(path).toBe('/v1/models');
    const headers = { 'x-m2m-proof': proof, 'x-m2m-session': sent.headers['x-m2m-session']! };
    const proved = await fetch(`${pair.server}/v1/models`, { headers });
    // Whoever takes off what the client accepts gets no plain answer for it.
    expect([proved.status, proved.headers.get('content-encoding')]).toEqual([200, 'm2m']);
    expect(await proved.text()).not.toContain('Fine.');
    expect((await fetch(`${pair.server}/v1/models/gpt`, { headers })).status).toBe(401);
    expect((await fetch(`${pair.server}/v1/models`, { headers, method: 'DELETE' })).status).toBe(401);
    expect((await fetch(`${pair.server}/v1/models`)).status).toBe(401);
    expect((await ask(pair.server, BODY, headers)).status).toBe(401);
  });

  it('a client without the key gets nothing, with or without a session', async () => {
    const wires = [
      BODY,
      await encode(BODY, 'm2m'),
      await encode(BODY, 'm2m', { security: { mode: security, key: new Uint8Array(32) } }),
    ];
    const hello = writeMessage({ type: 'HELLO', capabilities: capabilitiesOf('mallory'), timestamp: 1 });
    const accept = readMessage(await (await fetch(`${pair.server}/message`, { method: 'POST', body: hello })).text());
    const session = 'session' in accept && accept.session !== undefined ? accept.session : '';
    expect(session).not.toBe('');
    for (const wire of wires) {
      for (const headers of [{}, { 'content-encoding': 'm2m' }, { 'x-m2m-session': session }]) {
        expect((await ask(pair.server, wire, headers)).status).toBe(401);
      }
    }
    expect(pair.seen).toHaveLength(0);
  });
});

describe('peers that do not fit', () => {
  it.each([
    ['another protection', { security: 'none' } as const, {}],
    ['another key', { security: 'hmac' } as const, { peerKey: randomBytes(32) }],
    ['another organisation', { security: 'hmac', org: 'other' } as const, { peerKey: KEY }],
  ])('with %s are told so, and nothing passes', async (_what, peer, own) => {
    pair = await startPair({ script, peer: { security: 'hmac' } });
    const proxy = createProxy({ upstream: `m2m+${pair.server}/v1`, port: 0, log: () => undefined, peer, ...own });
    const { port } = await proxy.listen();
    const answer = await ask(`http://127.0.0.1:${port}`);
    expect(answer.status).toBe(502);
    expect(answer.code).toMatch(/^upstream_(?:rejects|unverified)$/);
    expect(pair.seen).toHaveLength(0);
    await proxy.close();
  });

  it('an upstream that is no peer is named', async () => {
    pair = await startPair({ script });
    const proxy = createProxy({ upstream: `m2m+${pair.upstream}/v1`, port: 0, log: () => undefined });
    const { port } = await proxy.listen();
    expect(await ask(`http://127.0.0.1:${port}`)).toMatchObject({ status: 502, code: 'upstream_no_peer' });
    await proxy.close();
  });
});

describe('a foreign client', () => {
  beforeEach(async () => {
    pair = await startPair({ script });
  });

  it.each(ALGORITHMS.flatMap((name) => (['text', 'binary'] as const).map((form) => [name, form] as const)))(
    'that sends %s as %s is answered in kind',
    async (algorithm: Algorithm, form) => {
      const message = algorithm === 'token' ? CARRIED : BODY;
      const wire = await encode(message, algorithm, { form });
      const { status, text, headers } = await ask(pair.server, wire);
      expect(status).toBe(200);
      expect(pair.seen.at(-1)!.toString()).toBe(message);
      expect(await decode(text)).toBe(completionOf('Fine.'));
      // T1 carries few messages: where it cannot carry the answer, the answer travels as it is.
      if (algorithm === 'token') return;
      expect(headers.get('content-encoding')).toBe('m2m');
      expect(detect(text)).toBe(algorithm);
    },
  );

  it('that streams is answered event by event, in kind', async () => {
    const { text } = await ask(pair.server, await encode(BODY, 'token-native'), {}, `${PATH}?stream`);
    expect(text.toString().match(/^data: #TK\|C\|/gm)).toHaveLength(2);
  });

  it('that sends plain JSON is answered in plain JSON', async () => {
    const { text, headers } = await ask(pair.server);
    expect(text.toString()).toBe(completionOf('Fine.'));
    expect(headers.get('content-encoding')).toBeNull();
  });

  it('that sends what is no wire is told why', async () => {
    const bomb = Buffer.from(`#M2M[v3.0]|DATA:${brotliCompressSync(Buffer.alloc(64 << 20)).toString('base64')}`);
    expect(await ask(pair.server, bomb)).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(await ask(pair.server, '#TK|C|!!!')).toMatchObject({ status: 400, code: 'invalid_wire' });
    const protectedWire = await encode(BODY, 'm2m', { security: { mode: 'hmac', key: KEY } });
    expect(await ask(pair.server, protectedWire)).toMatchObject({ status: 401, code: 'unverified' });
    expect(await ask(pair.server, BODY, { 'x-m2m-session': 'nobody' })).toMatchObject({
      status: 409,
      code: 'unknown_session',
    });
    expect(pair.seen).toHaveLength(0);
  });

  it('gets a status for every damaged wire, and the server goes on', async () => {
    const wires = await Promise.all(
      ALGORITHMS.filter((name) => name !== 'token').map((name) => encode(BODY, name, { form: 'binary' })),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...wires),
        fc.nat(),
        fc.nat({ max: 255 }),
        fc.nat(),
        async (wire, at, byte, cut) => {
          const bytes = Buffer.from(wire as Uint8Array);
          if (bytes.length === 0) return;
          bytes[at % bytes.length] = byte;
          const { status } = await ask(pair.server, bytes.subarray(0, 1 + (cut % bytes.length)), {
            'content-encoding': 'm2m',
          });
          expect([200, 400, 401, 413]).toContain(status);
        },
      ),
      { numRuns: runs(150, 5000) },
    );
    expect((await ask(pair.server)).status).toBe(200);
  });
});

describe('the place of sessions', () => {
  const hello = (agent = 'a') => writeMessage({ type: 'HELLO', capabilities: capabilitiesOf(agent), timestamp: 1 });
  const say = (text: string, headers: Record<string, string> = {}) =>
    fetch(`${pair.server}/message`, { method: 'POST', body: text, headers });

  it('answers HELLO, PING and CLOSE, and nothing after that', async () => {
    pair = await startPair({ script });
    const accept = readMessage(await (await say(hello())).text());
    if (accept.type !== 'ACCEPT') throw new Error(accept.type);
    const { session } = accept;
    const message = (type: 'PING' | 'CLOSE') => say(writeMessage({ type, session, timestamp: 2 }));
    expect(readMessage(await (await message('PING')).text())).toMatchObject({ type: 'PONG', session });
    expect(readMessage(await (await message('CLOSE')).text())).toMatchObject({ type: 'CLOSE', session });
    expect((await message('PING')).status).toBe(409);
  });

  it('refuses what is no message, too long, or of a page', async () => {
    pair = await startPair({ script });
    expect((await say('{}')).status).toBe(400);
    expect((await say(`{"a":"${'x'.repeat(70_000)}"}`)).status).toBe(413);
    expect((await say(hello(), { origin: 'http://evil.example' })).status).toBe(403);
    expect((await say(writeMessage({ type: 'DATA', algorithm: 'none', content: '{}', timestamp: 1 }))).status).toBe(
      400,
    );
    const old = hello().replace('"version":"3.0"', '"version":"2.0"');
    expect(readMessage(await (await say(old)).text())).toMatchObject({ type: 'REJECT', code: 'VERSION_MISMATCH' });
  });

  it('keeps no more sessions than it is told to, and the newest', async () => {
    pair = await startPair({ script, far: { limits: { sessions: 3 } } });
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      const accept = readMessage(await (await say(hello(`agent-${n}`))).text());
      if (accept.type === 'ACCEPT') ids.push(accept.session);
    }
    const known = await Promise.all(
      ids.map(async (session) => (await ask(pair.server, BODY, { 'x-m2m-session': session })).status),
    );
    expect(known).toEqual([409, 409, 200, 200, 200]);
    expect(pair.proxies[1]!.metrics.sessions.value()).toBe(3);
  });
});
