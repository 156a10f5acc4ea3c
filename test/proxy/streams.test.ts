import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import zlib from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { runs } from '../scale.ts';
import { ATTACK, chatOf, post, type Rig, raw, type Script, start, until } from './rig.ts';

let rig: Rig;
afterEach(() => rig.stop());

const STORY = 'The harbour opens at six, and the first ferry leaves ten minutes later. Grüße, 🚢 und “Tschüß”. ';

/** An OpenAI chat stream of these deltas. */
function streamOf(deltas: readonly string[]): string {
  const chunk = (delta: unknown, reason: string | null = null): string =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;
  return `${deltas.map((content) => chunk({ content })).join('')}${chunk({}, 'stop')}data: [DONE]\n\n`;
}

function split(text: string, size: number): string[] {
  return text.match(new RegExp(`.{1,${size}}`, 'gsu')) ?? [];
}

/** Sends bytes in chunks of `size`, each in a turn of its own. */
function inChunks(type: string, bytes: Buffer, size: number, more: Record<string, string> = {}): Script {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': type, ...more });
    let at = 0;
    const next = (): void => {
      if (at >= bytes.length) return void response.end();
      response.write(bytes.subarray(at, at + size));
      at += size;
      setImmediate(next);
    };
    next();
  };
}

const textOf = (stream: string): string =>
  stream
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map(
      (line) =>
        (JSON.parse(line.slice(6)) as { choices?: { delta?: { content?: string } }[] }).choices?.[0]?.delta?.content ??
        '',
    )
    .join('');

describe('server-sent events', () => {
  it('pass unchanged byte for byte where they are clean, however they are cut', async () => {
    const stream = `: comment\r\n\r\n${streamOf(split(STORY.repeat(4), 7))}`;
    for (const size of [1, 2, 3, 64, 100_000].slice(0, runs(5, 5))) {
      rig = await start({ script: inChunks('text/event-stream', Buffer.from(stream), size) });
      const response = await post(rig, '/v1/chat/completions', chatOf('hi', { stream: true }));
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      expect(await response.text()).toBe(stream);
      const { scanned, forwarded, withheld } = rig.proxy.metrics;
      await until(() => scanned.value('response') > 0);
      expect([scanned.value('response'), forwarded.value('response'), withheld.value('response')]).toEqual([
        Buffer.byteLength(stream),
        Buffer.byteLength(stream),
        0,
      ]);
      await rig.stop();
    }
    rig = await start();
  });

  it('keep the bytes of headers that are not ASCII', async () => {
    for (const scanResponses of [true, false]) {
      const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-name: 日本\r\nconnection: close\r\n\r\n';
      rig = await start({ scanResponses, script: ({ socket }) => void socket.end(`${head}data: [DONE]\n\n`) });
      const answer = await raw(rig.port, 'GET /v1/x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
      expect(Buffer.from(answer, 'latin1').toString()).toContain('x-name: 日本\r\n');
      if (scanResponses) await rig.stop();
    }
  });

  it('blocked midway end with content_filter and [DONE]; no word of the attack is delivered', async () => {
    const stream = streamOf(split(`${STORY.repeat(12)}${ATTACK} ${STORY}`, 5));
    rig = await start({ script: inChunks('text/event-stream', Buffer.from(stream), 50) });
    const text = await (await post(rig, '/v1/chat/completions', chatOf('hi', { stream: true }))).text();
    expect(text).toMatch(/"finish_reason":"content_filter"/);
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
    expect(textOf(text)).toMatch(/^The harbour opens/);
    expect(textOf(text)).not.toMatch(/ignore all/i);
    expect((await rig.lines(1))[0]).toMatchObject({ status: 200, verdict: 'block', categories: ['prompt_injection'] });
    expect(rig.proxy.metrics.blocked.value('prompt_injection')).toBe(1);
    expect(rig.proxy.metrics.withheld.value('response')).toBeGreaterThan(0);
    await until(() => rig.proxy.metrics.inflight.value() === 0);
  });

  it('let go of an upstream that goes on after a block', async () => {
    rig = await start({
      script: (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(streamOf(split(`${STORY}${ATTACK} ${STORY.repeat(10)}`, 9)).split('data: [DONE]')[0]);
        const timer = setInterval(() => response.write(': still here\n\n'), 5);
        response.on('close', () => clearInterval(timer));
      },
    });
    const text = await (await post(rig, '/v1/chat/completions', chatOf('hi', { stream: true }))).text();
    expect(text).toContain('content_filter');
    await until(() => rig.sockets() === 0);
  });

  it('are decoded where the upstream compresses them', async () => {
    const stream = streamOf(split(STORY, 7));
    for (const [coding, bytes] of [
      ['gzip', zlib.gzipSync(stream)],
      ['br', zlib.brotliCompressSync(stream)],
    ] as const) {
      rig = await start({ script: inChunks('text/event-stream', bytes, 20, { 'content-encoding': coding }) });
      const response = await post(rig, '/v1/chat/completions', chatOf('hi', { stream: true }));
      expect(response.headers.get('content-encoding')).toBeNull();
      expect(await response.text()).toBe(stream);
      await rig.stop();
    }
    rig = await start({
      script: inChunks('text/event-stream', Buffer.from(stream), 20, { 'content-encoding': 'compress' }),
    });
    expect((await post(rig, '/v1/chat/completions', chatOf('hi', { stream: true }))).status).toBe(502);
  });

  it('that cannot be decoded end with an error that clients throw, never barely', async () => {
    rig = await start({
      script: inChunks('text/event-stream', Buffer.from('no gzip at all'), 5, { 'content-encoding': 'gzip' }),
    });
    const text = await (await post(rig, '/v1/chat/completions', chatOf('hi', { stream: true }))).text();
    expect(text).toMatch(/data: \{"error":\{.*"code":"scan_failed"/);
    expect(rig.proxy.metrics.scanErrors.value('closed')).toBe(1);
  });

  it('that the upstream breaks off are broken off for the client too', async () => {
    rig = await start({
      script: (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(streamOf(split(STORY.repeat(20), 40)).split('data: [DONE]')[0]);
        setTimeout(() => response.socket!.destroy(), 50);
      },
    });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi', { stream: true }));
    await expect(response.text()).rejects.toThrow();
    await until(() => rig.proxy.metrics.inflight.value() === 0);
  });

  it('monitor mode ends no stream', async () => {
    const stream = streamOf(split(`${STORY}${ATTACK} ${STORY}`, 9));
    rig = await start({ monitor: true, script: inChunks('text/event-stream', Buffer.from(stream), 33) });
    expect(await (await post(rig, '/v1/chat/completions', chatOf('hi', { stream: true }))).text()).toBe(stream);
    expect((await rig.lines(1))[0]).toMatchObject({ verdict: 'flag' });
  });

  it('pass unread, and counted so, where responses are not scanned', async () => {
    const stream = streamOf(split(ATTACK, 9));
    rig = await start({ scanResponses: false, script: inChunks('text/event-stream', Buffer.from(stream), 33) });
    expect(await (await post(rig, '/v1/chat/completions', chatOf('hi', { stream: true }))).text()).toBe(stream);
    expect(rig.proxy.metrics.unscanned.value('response\nswitched_off')).toBe(stream.length);
  });
});

describe('NDJSON (Ollama’s /api/chat)', () => {
  const linesOf = (deltas: readonly string[]): string =>
    [
      ...deltas.map((content) => ({ model: 'm', message: { role: 'assistant', content }, done: false })),
      { model: 'm', message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop' },
    ]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('');

  it('passes unchanged byte for byte where it is clean', async () => {
    const stream = linesOf(split(STORY.repeat(3), 6));
    rig = await start({ script: inChunks('application/x-ndjson', Buffer.from(stream), 11) });
    const response = await post(rig, '/api/chat', chatOf('hi'));
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['application/x-ndjson', stream]);
  });

  it('blocked midway ends as done with the reason', async () => {
    const stream = linesOf(split(`${STORY.repeat(8)}${ATTACK} ${STORY}`, 4));
    rig = await start({ script: inChunks('application/x-ndjson', Buffer.from(stream), 90) });
    const text = await (await post(rig, '/api/chat', chatOf('hi'))).text();
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { message?: { content: string }; done_reason?: string });
    expect(lines.at(-1)).toMatchObject({ done: true, done_reason: 'content_filter' });
    expect(lines.map((line) => line.message?.content ?? '').join('')).not.toMatch(/ignore all/i);
  });
});

describe('back-pressure', () => {
  /** Writes as fast as it is let, and says how much it wrote. */
  function torrent(
    type: string,
    piece: string,
  ): { script: Script; written: () => number; responses: ServerResponse[] } {
    let written = 0;
    const responses: ServerResponse[] = [];
    return {
      responses,
      written: () => written,
      script: (_request, response) => {
        responses.push(response);
        response.writeHead(200, { 'content-type': type });
        const more = (): void => {
          while (!response.destroyed) {
            written += piece.length;
            if (!response.write(piece)) break;
          }
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
    };
  }
  const event = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: STORY.repeat(20) } }] })}\n\n`;

  it.each([
    ['a scanned stream', 'text/event-stream', true],
    ['a stream that passes unread', 'audio/mpeg', true],
    ['a stream that is not scanned', 'text/event-stream', false],
  ])('a client that does not read stops the upstream: %s', async (_name, type, scanResponses) => {
    const { script, written } = torrent(type, event);
    rig = await start({ script, scanResponses });
    const body = chatOf('hi');
    const socket = connect(rig.port, '127.0.0.1');
    socket.pause();
    socket.write(
      `POST /v1/audio/x HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => written() > 0);
    // Standing still for a while, with socket buffers of a few megabytes in between, is what stopping looks like.
    let last = -1;
    for (let still = 0; still < 20; still = written() === last ? still + 1 : 0) {
      last = written();
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    expect(last).toBeLessThan(64_000_000);
    socket.resume();
    await until(() => written() > last);
    socket.destroy();
    await until(() => rig.sockets() === 0);
  });
});

describe('clients that leave', () => {
  const held: ServerResponse[] = [];
  const hold: Script = (_request, response) => void held.push(response);

  it('abort the upstream’s request, before its answer and in the middle of a stream', async () => {
    rig = await start({
      script: (request, response, body) => {
        if (body.includes('before')) return hold(request, response, body);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n');
      },
    });
    for (const when of ['before', 'amid']) {
      const leave = new AbortController();
      const sent = fetch(`${rig.origin}/v1/chat/completions`, {
        method: 'POST',
        body: chatOf(when),
        signal: leave.signal,
      });
      const gone = sent.then((response) => response.text());
      await until(() => rig.sockets() === 1 && rig.proxy.metrics.inflight.value() === 1);
      if (when === 'amid') await sent;
      leave.abort();
      await expect(gone).rejects.toThrow();
      await until(() => rig.sockets() === 0 && rig.proxy.metrics.inflight.value() === 0);
    }
    const lines = await rig.lines(2);
    expect(lines.map(({ msg, status }) => [msg, status])).toEqual([
      ['aborted', 499],
      ['aborted', 200],
    ]);
  });

  it('leave no upstream socket and no request in flight', async () => {
    rig = await start({ script: hold });
    const clients = runs(200, 2000);
    for (let left = clients; left > 0; left -= 200) {
      const before = rig.seen.length;
      const leave = new AbortController();
      const gone = Array.from({ length: Math.min(200, left) }, (_, i) =>
        fetch(`${rig.origin}/v1/chat/completions`, { method: 'POST', body: chatOf(`${i}`), signal: leave.signal }),
      );
      await until(() => rig.seen.length === before + gone.length);
      leave.abort();
      await Promise.allSettled(gone);
    }
    await until(() => rig.sockets() === 0 && rig.proxy.metrics.inflight.value() === 0);
    expect(rig.seen).toHaveLength(clients);
  });

  it('that wait for a free upstream connection are never sent', async () => {
    rig = await start({ script: hold, limits: { upstreamSockets: 1 } });
    const leave = new AbortController();
    const first = post(rig, '/v1/chat/completions', chatOf('one'));
    await until(() => rig.seen.length === 1);
    const second = fetch(`${rig.origin}/v1/chat/completions`, {
      method: 'POST',
      body: chatOf('two'),
      signal: leave.signal,
    });
    await until(() => rig.proxy.metrics.inflight.value() === 2);
    leave.abort();
    await expect(second).rejects.toThrow();
    await until(() => rig.proxy.metrics.inflight.value() === 1);
    held.at(-1)!.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    expect((await first).status).toBe(200);
    const third = post(rig, '/v1/chat/completions', chatOf('three'));
    await until(() => rig.seen.some(({ body }) => body.includes('three')));
    held.at(-1)!.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    expect((await third).status).toBe(200);
    expect(rig.seen.some(({ body }) => body.includes('two'))).toBe(false);
  });
});

it('a stream to an HTTP/1.0 client ends with its connection', async () => {
  const stream = streamOf(split(STORY, 20));
  rig = await start({ script: inChunks('text/event-stream', Buffer.from(stream), 30) });
  const body = chatOf('hi', { stream: true });
  const answer = await raw(
    rig.port,
    `POST /v1/chat/completions HTTP/1.0\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  expect(Buffer.from(answer, 'latin1').toString().endsWith(stream)).toBe(true);
});
