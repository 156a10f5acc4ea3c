import { request as httpRequest } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import zlib from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { ATTACK, chatOf, completionOf, headerOf, post, type Rig, type Script, start, until } from './rig.ts';
import { cert, key } from './self-signed.ts';

let rig: Rig;
afterEach(() => rig.stop());

describe('forwarding', () => {
  it('sends bodies on byte for byte, numbers and spaces included', async () => {
    const answer =
      '{ "choices" : [ {"message":{"content":"h\\u00e4llo"}} ], "n": 1.50e3, "big": 12345678901234567890 }';
    rig = await start({
      script: (_request, response) => response.setHeader('content-type', 'application/json').end(answer),
    });
    const body = '{ "model" : "m",  "seed": 12345678901234567890, "messages": [{"role":"user","content":"\\u0068i"}] }';
    const response = await post(rig, '/v1/chat/completions', body);
    expect(await response.text()).toBe(answer);
    expect(rig.seen[0]!.body.toString()).toBe(body);
    expect(response.headers.get('x-m2m-verdict')).toBe('allow');
  });

  it.each([
    ['/v1', '/v1/chat/completions', '/v1/chat/completions'],
    ['/v1', '/chat/completions', '/v1/chat/completions'],
    ['/v1', '/v1/models', '/v1/models'],
    ['/v1', '/api/chat', '/api/chat'],
    ['/v1/', '/v1/embeddings?x=1', '/v1/embeddings?x=1'],
    ['', '/v1/responses', '/v1/responses'],
    ['/openai/v1', '/v1/responses', '/openai/v1/responses'],
    ['/openai/v1', '/v1/models/org%2Fname', '/openai/v1/models/org%2Fname'],
    ['/prefix', '/v1/completions', '/prefix/v1/completions'],
    ['/v1beta/openai', '/chat/completions', '/v1beta/openai/chat/completions'],
    ['/v1', '/some/other/path', '/some/other/path'],
  ])('maps with the upstream path %s: %s → %s', async (path, from, to) => {
    rig = await start({ path });
    const response = from.includes('models') ? await fetch(rig.origin + from) : await post(rig, from, '{}');
    expect(response.status).toBe(200);
    expect(rig.seen[0]!.url).toBe(to);
  });

  it('passes error statuses and redirects on, and follows none', async () => {
    rig = await start({
      script: (request, response) => {
        if (request.url === '/v1/models') response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
        else
          response
            .writeHead(429, { 'retry-after': '7', 'content-type': 'application/json' })
            .end('{"error":{"message":"slow down"}}');
      },
    });
    const redirect = await fetch(`${rig.origin}/v1/models`, { redirect: 'manual' });
    expect([redirect.status, redirect.headers.get('location')]).toEqual([307, 'http://127.0.0.1:1/']);
    const limited = await post(rig, '/v1/chat/completions', chatOf('hi'));
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await limited.json()).toEqual({ error: { message: 'slow down' } });
    expect(rig.seen).toHaveLength(2);
  });

  it('answers HEAD with the length and no body', async () => {
    rig = await start({
      script: (_request, response) =>
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '42' }).end(),
    });
    const response = await fetch(`${rig.origin}/v1/models`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '42', '']);
  });

  it('keeps repeated response headers apart', async () => {
    rig = await start({
      script: (_request, response) => {
        response
          .writeHead(200, ['set-cookie', 'a=1', 'set-cookie', 'b=2', 'content-type', 'application/json'])
          .end('{}');
      },
    });
    expect((await fetch(`${rig.origin}/v1/models`)).headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  it('lets no page of another origin in, and nobody else speak as the proxy', async () => {
    rig = await start({
      script: (_request, response) => {
        const headers = {
          'access-control-allow-origin': '*',
          'x-m2m-verdict': 'forged',
          'content-type': 'application/json',
        };
        response.writeHead(200, headers).end(completionOf('fine'));
      },
    });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'), { 'x-m2m-verdict': 'forged' });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(response.headers.get('x-m2m-verdict')).toBe('allow');
    expect(headerOf(rig.seen[0]!.headers, 'x-m2m-verdict')).toBeUndefined();
  });

  it('sends its own key in place of the client’s where it has one', async () => {
    rig = await start({ upstreamKey: 'sk-own' });
    await post(rig, '/v1/chat/completions', chatOf('hi'), {
      authorization: 'Bearer sk-client',
      'x-api-key': 'sk-client',
    });
    expect(rig.seen[0]!.headers.filter((_, i, all) => all[i - 1]?.toLowerCase() === 'authorization')).toEqual([
      'Bearer sk-own',
    ]);
    expect(rig.seen[0]!.headers.join()).not.toContain('sk-client');
  });

  it('passes binary answers on and counts them as unscanned', async () => {
    const speech = Buffer.from([0xff, 0xfb, 0x90, 0x00, 0x01]);
    rig = await start({
      script: (_request, response) => response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(speech),
    });
    const response = await post(rig, '/v1/audio/speech', '{"input":"hi","voice":"a"}');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(speech);
    expect(rig.proxy.metrics.unscanned.value('response\nbinary')).toBe(speech.length);
  });
});

describe('content codings', () => {
  const codings: [string, (text: string) => Buffer][] = [
    ['gzip', (text) => zlib.gzipSync(text)],
    ['deflate', (text) => zlib.deflateSync(text)],
    ['br', (text) => zlib.brotliCompressSync(text)],
    ['zstd', (text) => zlib.zstdCompressSync(text)],
  ];

  it.each(codings)('undoes %s in both directions', async (coding, encode) => {
    rig = await start({
      script: (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': coding, etag: '"x"' });
        response.end(encode(completionOf('fine')));
      },
    });
    const response = await post(rig, '/v1/chat/completions', encode(chatOf('hi')), { 'content-encoding': coding });
    expect(await response.text()).toBe(completionOf('fine'));
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(response.headers.get('etag')).toBeNull();
    expect(rig.seen[0]!.body.toString()).toBe(chatOf('hi'));
    expect(headerOf(rig.seen[0]!.headers, 'content-encoding')).toBeUndefined();
    expect(headerOf(rig.seen[0]!.headers, 'accept-encoding')).toBe('identity');
  });

  it('passes an empty answer on that is labelled with a coding', async () => {
    rig = await start({
      script: (_request, response) =>
        response.writeHead(202, { 'content-encoding': 'gzip', 'content-length': '0' }).end(),
    });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'));
    expect([response.status, response.headers.get('content-encoding'), await response.text()]).toEqual([202, null, '']);
  });

  it('refuses a coding it does not know, two at once, and a body that is not what it says', async () => {
    rig = await start();
    for (const [coding, status] of [
      ['compress', 415],
      ['gzip, br', 415],
      ['gzip', 400],
    ] as const) {
      const response = await post(rig, '/v1/chat/completions', chatOf('hi'), { 'content-encoding': coding });
      expect(response.status).toBe(status);
    }
    expect(rig.seen).toHaveLength(0);
  });
});

describe('upstream failures in OpenAI’s error shape', () => {
  it('502 where nothing listens', async () => {
    rig = await start({ upstream: 'http://127.0.0.1:9/v1' });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'));
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { type: 'server_error', code: 'upstream_unreachable' } });
  });

  it('502 where the upstream breaks off or speaks no HTTP', async () => {
    rig = await start({ script: (_request, response) => response.socket!.destroy() });
    expect((await post(rig, '/v1/chat/completions', chatOf('hi'))).status).toBe(502);
    rig.upstream.removeAllListeners('request');
    rig.upstream.on('request', (_request, response) => response.socket!.end('SSH-2.0-x\r\n'));
    expect(await (await post(rig, '/v1/chat/completions', chatOf('hi'))).json()).toMatchObject({
      error: { code: 'upstream_error' },
    });
  });

  it('502 where a body ends before its length, and none of it is delivered', async () => {
    rig = await start({
      script: (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '999' });
        response.write('{"choices":[');
        setTimeout(() => response.socket!.destroy(), 20);
      },
    });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'));
    expect([response.status, (await response.text()).includes('choices')]).toEqual([502, false]);
  });

  it('504 where the upstream stays silent', async () => {
    rig = await start({ script: () => undefined, timeouts: { upstreamMs: 200 } });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'));
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ error: { code: 'upstream_timeout' } });
    await until(() => rig.sockets() === 0);
  });

  it('502 where a response header cannot be passed on', async () => {
    rig = await start({
      script: (request) => {
        request.socket.end('HTTP/1.1 200 OK\r\nx-a: \x01\r\ncontent-length: 2\r\n\r\n{}');
      },
    });
    expect((await fetch(`${rig.origin}/v1/models`)).status).toBe(502);
  });
});

it('waits for a body that is announced, and answers 100-continue', async () => {
  rig = await start();
  const body = chatOf('hi');
  const status = await new Promise<number>((resolve, reject) => {
    const headers = { expect: '100-continue', 'content-type': 'application/json', 'content-length': body.length };
    const sent = httpRequest(`${rig.origin}/v1/chat/completions`, { method: 'POST', headers });
    sent.on('continue', () => sent.end(body));
    sent.on('response', (response) => resolve(response.statusCode!));
    sent.on('error', reject);
    sent.flushHeaders();
  });
  expect(status).toBe(200);
  expect(rig.seen[0]!.body.toString()).toBe(body);
});

describe('headers of the upstream that stand twice', () => {
  const twice =
    (name: string, values: string[], body: Buffer | string): Script =>
    (_request, response) => {
      response.setHeader(name, values);
      if (name !== 'content-type') response.setHeader('content-type', 'application/json');
      response.end(body);
    };

  it('two content codings are refused, not half undone', async () => {
    rig = await start({ script: twice('content-encoding', ['gzip', 'br'], zlib.gzipSync(completionOf('x'))) });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'));
    expect([response.status, response.headers.get('x-m2m-problem')]).toEqual([502, 'upstream_invalid']);
  });

  it('two media types hide nothing: the body is read as what it is', async () => {
    rig = await start({ script: twice('content-type', ['image/png', 'application/json'], completionOf(ATTACK)) });
    expect((await post(rig, '/v1/chat/completions', chatOf('hi'))).status).toBe(400);
  });
});

describe('an upstream over TLS that nobody vouches for', () => {
  it('is named, and the log has the reason', async () => {
    const server = createTlsServer({ key, cert }, (_request, response) => response.end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    rig = await start({ upstream: `https://127.0.0.1:${port}/v1` });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'));
    expect([response.status, response.headers.get('x-m2m-problem')]).toEqual([502, 'upstream_tls']);
    const [line] = await rig.lines(1);
    expect(line).toMatchObject({ error: 'upstream_tls', cause: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    await new Promise((resolve) => server.close(resolve));
  });
});
