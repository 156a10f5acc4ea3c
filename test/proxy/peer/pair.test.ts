/** What goes through a pair comes out as it would without one, and what lies between the two is what was agreed. */
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PeerOptions } from '../../../proxy/index.ts';
import { full } from '../../scale.ts';
import { sample, wholeCorpus } from '../../traffic.ts';
import { ATTACK, chatOf, completionOf, type Script, until } from '../rig.ts';
import { type Pair, startPair } from './pair.ts';

const MODES: readonly (readonly [name: string, peer: PeerOptions])[] = [
  ['in a session', {}],
  ['stateless', { session: false }],
  ['in a session under HMAC', { security: 'hmac' }],
  ['stateless under HMAC', { security: 'hmac', session: false }],
  ['in a session under AEAD', { security: 'aead' }],
  ['stateless under AEAD', { security: 'aead', session: false }],
];
const STREAM = [
  ': a comment',
  '',
  'event: message',
  `data: ${chunkOf('Good')}`,
  '',
  `data:${chunkOf(' morning.')}`,
  '',
  'data: [DONE]',
  '',
  '',
].join('\r\n');
const LINES = `${['The ', 'ferry ', 'leaves.'].map((content) => JSON.stringify({ model: 'm', message: { role: 'assistant', content }, done: false })).join('\n')}\n`;

function chunkOf(content: string): string {
  const choices = [{ index: 0, delta: { content }, finish_reason: null }];
  return JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices });
}

/** Answers by path, so that the same can be asked of the upstream itself. */
const script: Script = (request, response, body) => {
  const path = request.url ?? '';
  const json = (status: number, text: string): unknown =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  if (path.includes('stream')) response.writeHead(200, { 'content-type': 'text/event-stream' }).end(STREAM);
  else if (path.includes('lines')) response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(LINES);
  else if (path.includes('gzip')) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    response.end(gzipSync(completionOf('packed twice')));
  } else if (path.includes('nothing')) response.writeHead(204).end();
  else if (path.includes('wrong'))
    json(429, '{"error":{"message":"too many","type":"rate","param":null,"code":"rate"}}');
  else if (path.includes('echo')) json(200, body.toString('utf8'));
  else if (path.includes('models')) json(200, '{"object":"list","data":[]}');
  else json(200, completionOf('Good morning.'));
};

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: Buffer;
}

async function ask(origin: string, path: string, body?: string | Buffer, method = 'POST'): Promise<Answer> {
  const init = body === undefined ? {} : { body: body as BodyInit, headers: { 'content-type': 'application/json' } };
  const response = await fetch(origin + path, { method, ...init });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, type: response.headers.get('content-type'), body: bytes };
}

const LONG = chatOf('The harbour opens at six and the first ferry leaves ten minutes later. '.repeat(40));

describe.each(MODES)('a pair %s', (_name, peer) => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair({ script, peer });
  });
  afterAll(() => pair.stop());
  beforeEach(() => {
    pair.seen.length = 0;
    pair.passed.length = 0;
  });

  it.each([
    ['a completion', 'POST', '/v1/chat/completions', LONG],
    ['a short one', 'POST', '/v1/chat/completions', '{}'],
    ['a long one, echoed', 'POST', '/v1/echo', chatOf('ü€😀 "\\u0000" '.repeat(40_000))],
    ['events', 'POST', '/v1/chat/completions?stream', LONG],
    ['lines', 'POST', '/api/chat?lines', LONG],
    ['what the upstream compressed', 'POST', '/v1/chat/completions?gzip', LONG],
    ['an error of the upstream', 'POST', '/v1/chat/completions?wrong', LONG],
    ['a list', 'GET', '/v1/models', undefined],
    ['a head', 'HEAD', '/v1/models', undefined],
    ['nothing', 'POST', '/v1/nothing', LONG],
  ])('answers %s as the upstream does', async (_what, method, path, body) => {
    const through = await ask(pair.origin, path, body, method);
    const direct = await ask(pair.upstream, path, body, method);
    expect(through).toEqual(direct);
    expect(pair.seen).toHaveLength(2);
    expect(pair.seen[0]).toEqual(pair.seen[1]);
  });

  it('sends wires in both directions, smaller than the message where nothing has to be protected', async () => {
    await ask(pair.origin, '/v1/echo', LONG);
    const [, stream] = [0, await ask(pair.origin, '/v1/chat/completions?stream', LONG)];
    expect(stream.body.toString()).toBe(STREAM);
    const [echo, events] = pair.passed.filter(({ path }) => path !== '/message');
    for (const { headers, body } of [echo!.sent, echo!.answered]) {
      expect(headers['content-encoding']).toBe('m2m');
      expect(body.length).toBeLessThan(LONG.length / 2);
      expect(body.toString('latin1')).toMatch(/^#M2M\|1\|/);
    }
    expect(echo!.sent.headers['x-m2m-session'] === undefined).toBe(peer.session === false);
    expect(events!.answered.headers['content-encoding']).toBe('m2m');
    const text = events!.answered.body.toString();
    expect(text.match(/^data: ?#(?:TK\|C|M2M)/gm)).toHaveLength(2);
    expect(text).not.toContain('morning');
  });
});

describe('a pair', () => {
  let pair: Pair;
  afterEach(() => pair.stop());

  const bodies = (full && wholeCorpus()) || sample;

  it(`carries ${bodies.length} bodies of real traffic without a change`, { timeout: 600_000 }, async () => {
    let answer = '';
    const speak: Script = (_request, response) => {
      const type = /^(?:event|data|id|:)/.test(answer) ? 'text/event-stream' : 'application/json';
      response.writeHead(200, { 'content-type': type }).end(answer);
    };
    const monitor = { monitor: true };
    pair = await startPair({ script: speak, near: monitor, far: monitor });
    for (const { body } of bodies) {
      answer = body;
      const got = await ask(pair.origin, '/v1/unknown', body);
      expect(got.body.toString()).toBe(body);
      expect(pair.seen.at(-1)!.toString()).toBe(body);
    }
    await until(() => pair.passed.length > bodies.length);
    const [wire, message] = ['wire', 'message'].map((form) =>
      pair.proxies[0]!.metrics.peerBytes.value(`request\n${form}`),
    );
    expect(wire! / message!).toBeLessThan(0.6);
  });

  it('blocks an attack at the first of the two, and at the second where the first lets it pass', async () => {
    pair = await startPair({ script });
    const first = await ask(pair.origin, '/v1/chat/completions', chatOf(ATTACK));
    expect(first.status).toBe(400);
    expect(pair.passed).toHaveLength(0);
    await pair.stop();
    pair = await startPair({ script, near: { scanRequests: false }, peer: { security: 'aead' } });
    const second = await ask(pair.origin, '/v1/chat/completions', chatOf(ATTACK));
    expect(second.status).toBe(400);
    expect(JSON.parse(second.body.toString())).toMatchObject({ error: { code: 'content_filter' } });
    expect(pair.seen).toHaveLength(0);
    expect(pair.passed.at(-1)!.answered.body.toString('latin1')).not.toContain('content_filter');
  });

  it('blocks an answer at either of the two', async () => {
    const poisoned: Script = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(completionOf(ATTACK));
    };
    for (const near of [{}, { scanResponses: false }]) {
      pair = await startPair({ script: poisoned, near });
      expect((await ask(pair.origin, '/v1/chat/completions', LONG)).status).toBe(400);
      await pair.stop();
    }
    pair = await startPair({ script: poisoned, far: { scanResponses: false } });
    expect((await ask(pair.origin, '/v1/chat/completions', LONG)).status).toBe(400);
  });

  it('streams events as they come, and does not wait for the last one', async () => {
    let go: (() => void) | undefined;
    const slow: Script = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${chunkOf('x'.repeat(2000))}\n\n`);
      go = () => response.end('data: [DONE]\n\n');
    };
    const off = { scanResponses: false };
    pair = await startPair({ script: slow, near: off, far: off });
    // The tap gathers whole answers; the proxy here asks the server itself.
    const straight = await startPair({ script: slow, near: { ...off, upstream: `m2m+${pair.server}/v1` }, far: off });
    const response = await fetch(`${straight.origin}/v1/chat/completions`, { method: 'POST', body: LONG });
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    expect(Buffer.from(value!).toString()).toContain('xxx');
    go!();
    while (!(await reader.read()).done);
    await straight.stop();
  });

  it('says HELLO again after the server has forgotten it, and sends no request twice', async () => {
    pair = await startPair({ script, peer: { security: 'aead' } });
    await ask(pair.origin, '/v1/echo', LONG);
    await pair.restart();
    const answers = await Promise.all([1, 2, 3].map(() => ask(pair.origin, '/v1/echo', LONG)));
    for (const { status, body } of answers) expect([status, body.toString()]).toEqual([200, LONG]);
    expect(pair.seen).toHaveLength(4);
  });

  it('reads answers under a session that was given up meanwhile', async () => {
    let go: (() => void) | undefined;
    const slow: Script = (request, response, body) => {
      if (!request.url?.includes('slow')) return script(request, response, body);
      go = () => response.writeHead(200, { 'content-type': 'application/json' }).end(LONG);
    };
    pair = await startPair({ script: slow, peer: { security: 'aead' } });
    const late = ask(pair.origin, '/v1/slow', LONG);
    await until(() => go !== undefined);
    let once = true;
    pair.meddler = {
      response: (answered) => {
        if (!once) return answered;
        once = false;
        return { status: 409, headers: { 'x-m2m-problem': 'unknown_session' }, body: Buffer.from('{}') };
      },
    };
    expect((await ask(pair.origin, '/v1/echo', LONG)).status).toBe(200);
    go!();
    expect((await late).body.toString()).toBe(LONG);
  });

  it('closes its session at the end', async () => {
    pair = await startPair({ script });
    await ask(pair.origin, '/v1/echo', LONG);
    const [proxy, server] = pair.proxies;
    expect(server!.metrics.sessions.value()).toBe(1);
    await proxy!.close();
    expect(server!.metrics.sessions.value()).toBe(0);
  });
});
