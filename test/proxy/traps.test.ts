/** Product notes §7: every trap with the incident that teaches it, against real sockets. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { resolve } from 'node:path';
import zlib from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { ATTACK, chatOf, completionOf, headerOf, post, type Rig, raw, start, until } from './rig.ts';

let rig: Rig;
afterEach(() => rig.stop());

const CLOSE = 'connection: close\r\n';
const statusOf = (answer: string): number => Number(answer.slice(9, 12));

describe('the upstream comes from configuration alone', () => {
  let elsewhere: Server;
  let visits = 0;
  const startElsewhere = async (): Promise<string> => {
    visits = 0;
    elsewhere = createServer((_request, response) => {
      visits++;
      response.end('{}');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  };
  const stopElsewhere = (): Promise<void> => new Promise((resolve) => elsewhere.close(() => resolve()));

  it('absolute-form URLs are refused', async () => {
    const evil = await startElsewhere();
    rig = await start();
    for (const target of [
      `http://${evil}/`,
      `http://${evil}/v1/models`,
      'http://169.254.169.254/',
      'https://a/b',
      'file:///etc/passwd',
    ]) {
      expect(statusOf(await raw(rig.port, `GET ${target} HTTP/1.1\r\nhost: x\r\n${CLOSE}\r\n`))).toBe(400);
    }
    await stopElsewhere();
    expect([visits, rig.seen.length]).toEqual([0, 0]);
  });

  it('//evil/x is refused, with slashes and backslashes of every kind', async () => {
    const evil = await startElsewhere();
    rig = await start();
    for (const target of [
      `//${evil}/x`,
      `/\\${evil}/x`,
      `\\\\${evil}/x`,
      `///${evil}`,
      '/v1//models',
      `/@${evil}\\x`,
      '*',
      `${evil}`,
    ]) {
      expect(statusOf(await raw(rig.port, `GET ${target} HTTP/1.1\r\nhost: x\r\n${CLOSE}\r\n`)), target).toBe(400);
    }
    await stopElsewhere();
    expect([visits, rig.seen.length]).toEqual([0, 0]);
  });

  it('/.. and encoded dot segments are refused', async () => {
    rig = await start({ path: '/tenant/v1' });
    const dots = [
      '/..',
      '/v1/..',
      '/v1/../admin',
      '/v1/./models',
      '/v1/%2e%2e/admin',
      '/v1/.%2E/admin',
      '/v1/%252e%252e/admin',
    ];
    const disguised = [
      '/v1/..%2fadmin',
      '/v1/..%5cadmin',
      '/v1/..;/admin',
      '/v1/%2e%2e%2f%2e%2e%2fadmin',
      '/v1/%25252e%25252e/x',
      '/v1/a%00b',
      '/v1/a%0d%0ab',
    ];
    for (const target of [...dots, ...disguised]) {
      expect(statusOf(await raw(rig.port, `GET ${target} HTTP/1.1\r\nhost: x\r\n${CLOSE}\r\n`)), target).toBe(400);
    }
    expect(rig.seen).toHaveLength(0);
    expect(statusOf(await raw(rig.port, `GET /v1/models/a..b%2Fc.d?q=../.. HTTP/1.1\r\nhost: x\r\n${CLOSE}\r\n`))).toBe(
      200,
    );
    expect(rig.seen[0]!.url).toBe('/tenant/v1/models/a..b%2Fc.d?q=../..');
  });

  it('api_base in the body cannot redirect (CVE-2024-6587)', async () => {
    const evil = await startElsewhere();
    rig = await start({ upstreamKey: 'sk-own' });
    const more = { api_base: `http://${evil}`, base_url: `http://${evil}`, custom_llm_provider: 'openai' };
    const headers = { 'x-upstream': `http://${evil}`, 'x-forwarded-host': evil, forwarded: `host=${evil}` };
    expect((await post(rig, `/v1/chat/completions?api_base=http://${evil}`, chatOf('hi', more), headers)).status).toBe(
      200,
    );
    await stopElsewhere();
    expect(visits).toBe(0);
    expect(headerOf(rig.seen[0]!.headers, 'host')).toBe(`127.0.0.1:${(rig.upstream.address() as AddressInfo).port}`);
  });

  it('TRACE echoes nothing, and unknown methods go nowhere', async () => {
    rig = await start();
    for (const method of ['TRACE', 'PROPFIND', 'PURGE']) {
      expect(statusOf(await raw(rig.port, `${method} /v1/models HTTP/1.1\r\nhost: x\r\n${CLOSE}\r\n`))).toBe(405);
    }
    expect(rig.seen).toHaveLength(0);
  });

  it('CONNECT opens no tunnel', async () => {
    rig = await start();
    expect(statusOf(await raw(rig.port, 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: x\r\n\r\n'))).toBe(405);
  });

  it('CONNECT and a reset at once end no proxy', async () => {
    rig = await start();
    const upstream = `http://127.0.0.1:${(rig.upstream.address() as AddressInfo).port}/v1`;
    const child = fork(resolve(import.meta.dirname, 'fixture.ts'), [upstream], { silent: true });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    for (let i = 0; i < 20 && child.exitCode === null; i++) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      await once(socket, 'connect');
      socket.write('CONNECT a:1 HTTP/1.1\r\nhost: x\r\n\r\n');
      if (i % 2 === 0) await new Promise((go) => setImmediate(go));
      socket.resetAndDestroy();
      await raw(port, `GET /healthz HTTP/1.1\r\nhost: a\r\n${CLOSE}\r\n`);
    }
    expect(child.exitCode).toBeNull();
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});

describe('headers', () => {
  it('two Host headers are refused', async () => {
    rig = await start();
    expect(statusOf(await raw(rig.port, `GET /v1/models HTTP/1.1\r\nhost: a\r\nHost: b\r\n${CLOSE}\r\n`))).toBe(400);
    expect(statusOf(await raw(rig.port, `GET /v1/models HTTP/1.1\r\n${CLOSE}\r\n`))).toBe(400);
    expect(rig.seen).toHaveLength(0);
  });

  it.each(['content-type', 'content-encoding', 'authorization', 'content-length'])(
    'two %s headers are refused',
    async (name) => {
      rig = await start();
      const values = name === 'content-length' ? ['2', '2'] : ['application/json', 'text/plain'];
      const twice = `${name}: ${values[0]}\r\n${name.toUpperCase()}: ${values[1]}\r\n`;
      const length = name === 'content-length' ? '' : 'content-length: 2\r\n';
      expect(
        statusOf(await raw(rig.port, `POST /v1/completions HTTP/1.1\r\nhost: a\r\n${twice}${length}${CLOSE}\r\n{}`)),
      ).toBe(400);
      expect(rig.seen).toHaveLength(0);
    },
  );

  it('pages of other origins are refused: a simple request needs no CORS to spend a key', async () => {
    rig = await start({ upstreamKey: 'sk-own' });
    const plain = { 'content-type': 'text/plain' };
    for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${rig.port + 1}`]) {
      expect((await post(rig, '/v1/chat/completions', chatOf('hi'), { ...plain, origin })).status).toBe(403);
    }
    const preflight = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    expect((await fetch(`${rig.origin}/v1/models`, { method: 'OPTIONS', headers: preflight })).status).toBe(403);
    expect(rig.seen).toHaveLength(0);
    expect((await post(rig, '/v1/chat/completions', chatOf('hi'), { origin: rig.origin })).status).toBe(200);
  });

  it('DNS rebinding: a page whose name points here is no page of ours (CVE-2024-28224)', async () => {
    rig = await start({ upstreamKey: 'sk-own' });
    const body = chatOf('hi');
    const ask = async (host: string, origin: string): Promise<number> => {
      const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: ${host}\r\n${origin}content-length: ${body.length}\r\n${CLOSE}\r\n`;
      return statusOf(await raw(rig.port, head + body));
    };
    for (const host of [`evil.example:${rig.port}`, 'localhost.evil.example', '127.0.0.1.evil.example']) {
      expect(await ask(host, `origin: http://${host}\r\n`), host).toBe(403);
    }
    expect(rig.seen).toHaveLength(0);
    for (const host of [`localhost:${rig.port}`, `127.0.0.1:${rig.port}`, '[::1]']) {
      expect(await ask(host, `origin: http://${host}\r\n`), host).toBe(200);
    }
    expect(await ask('host.docker.internal', '')).toBe(200);
    expect((await rig.lines(7))[0]).toMatchObject({ status: 403, error: 'cross_origin' });
  });

  it('hop-by-hop headers stay on their hop, those named by Connection included (RFC 9110 §7.6.1)', async () => {
    rig = await start({
      script: (_request, response) => {
        const own = [
          'connection',
          'x-hop',
          'x-hop',
          '1',
          'keep-alive',
          'timeout=99',
          'proxy-authenticate',
          'Basic',
          'x-end',
          '2',
        ];
        response.writeHead(200, [...own, 'content-type', 'application/json']).end('{}');
      },
    });
    const hop =
      'connection: close, x-secret-hop\r\nx-secret-hop: 1\r\nTE: trailers\r\nproxy-authorization: Basic eA==\r\nkeep-alive: 5\r\nproxy-connection: x\r\ntrailer: x\r\nx-end: 1\r\n';
    const answer = await raw(rig.port, `GET /v1/models HTTP/1.1\r\nhost: a\r\n${hop}\r\n`);
    const names = rig.seen[0]!.headers.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
    expect(names).toEqual(['host', 'connection', 'x-end', 'accept-encoding']);
    expect(headerOf(rig.seen[0]!.headers, 'connection')).toBe('keep-alive');
    expect(answer).not.toMatch(/x-hop|proxy-authenticate|timeout=99/i);
    expect(answer).toMatch(/x-end: 2/i);
  });

  it('Upgrade is refused, and h2c ignored', async () => {
    rig = await start();
    const upgrade = (to: string): string =>
      `GET /v1/models HTTP/1.1\r\nhost: a\r\nupgrade: ${to}\r\nconnection: upgrade, close\r\n\r\n`;
    expect(statusOf(await raw(rig.port, upgrade('websocket')))).toBe(501);
    expect(rig.seen).toHaveLength(0);
    expect(statusOf(await raw(rig.port, upgrade('h2c')))).toBe(200);
    expect(headerOf(rig.seen[0]!.headers, 'upgrade')).toBeUndefined();
  });

  it('header injection: CR, LF and NUL inside a header end the connection', async () => {
    rig = await start();
    for (const bad of ['x: a\rb', 'x: a\0b', 'x: a\n y: b\n\n', 'x y: 1', ': 1', 'x: a\r\n folded']) {
      const answer = await raw(rig.port, `GET /v1/models HTTP/1.1\r\nhost: a\r\n${bad}\r\n${CLOSE}\r\n`);
      expect(statusOf(answer), JSON.stringify(bad)).toBe(400);
    }
    expect(rig.seen).toHaveLength(0);
  });

  it('header names of clients cannot add a second content-length (CVE-2026-1525)', async () => {
    rig = await start();
    const body = chatOf('hi');
    for (const name of ['Content-Length', 'CONTENT-LENGTH', 'content-LENGTH']) {
      const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n${name}: ${body.length}\r\n${CLOSE}\r\n`;
      expect(statusOf(await raw(rig.port, head + body))).toBe(200);
      const lengths = rig.seen.at(-1)!.headers.filter((h, i) => i % 2 === 0 && h.toLowerCase() === 'content-length');
      expect(lengths).toHaveLength(1);
    }
    const two = `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\nContent-Length: 1\r\n${CLOSE}\r\n`;
    expect(statusOf(await raw(rig.port, two + body))).toBe(400);
  });

  it('a __proto__ header is a header (CVE-2026-21710)', async () => {
    rig = await start({
      script: (_request, response) =>
        response.writeHead(200, ['__proto__', 'p', 'content-type', 'application/json']).end('{}'),
    });
    const names = '__proto__: a\r\n__proto__: b\r\nconstructor: c\r\nhasOwnProperty: d\r\ntoString: e\r\n';
    expect(statusOf(await raw(rig.port, `GET /v1/models HTTP/1.1\r\nhost: a\r\n${names}${CLOSE}\r\n`))).toBe(200);
    expect(rig.seen[0]!.headers.filter((h) => h === '__proto__')).toHaveLength(2);
    expect((await fetch(`${rig.origin}/v1/models`)).status).toBe(200);
  });

  it('a request id with newlines never reaches a log line as it is', async () => {
    rig = await start();
    for (const id of ['a%0d%0aINFO forged', '{"a":1}', 'a b', 'x'.repeat(300)]) {
      await (await post(rig, '/v1/chat/completions', chatOf('hi'), { 'x-request-id': id })).text();
    }
    const good = await post(rig, '/v1/chat/completions', chatOf('hi'), { 'x-request-id': 'trace-1.A_b' });
    expect(good.headers.get('x-m2m-request-id')).toBe('trace-1.A_b');
    const lines = await rig.lines(5);
    expect(lines.filter(({ id }) => /^m2m-[a-z0-9]+-[a-z0-9]+$/.test(String(id)))).toHaveLength(4);
    expect(rig.logged()).not.toContain('forged');
  });

  it('headers beyond 16 KiB are answered 431', async () => {
    rig = await start();
    expect(
      statusOf(await raw(rig.port, `GET /v1/models HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`)),
    ).toBe(431);
  });
});

describe('framing', () => {
  const SMUGGLED = 'GET /v1/smuggled HTTP/1.1\r\nhost: a\r\n\r\n';
  const cases: Record<string, string> = {
    'CL + TE': `content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    'TE + CL': `transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    'TE with a space': `transfer-encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    'TE xchunked': `transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    'TE twice': `transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    'CL with a sign': `content-length: +4\r\n\r\n{}\r\n${SMUGGLED}`,
    'bare LF': `content-length: 2\n\n{}${SMUGGLED}`,
    'a chunk size beyond 64 bits': `transfer-encoding: chunked\r\n\r\n1000000000000000000\r\n{}\r\n0\r\n\r\n${SMUGGLED}`,
    'a long chunk extension': `transfer-encoding: chunked\r\n\r\n2;${'x'.repeat(17_000)}\r\n{}\r\n0\r\n\r\n${SMUGGLED}`,
  };
  it.each(Object.entries(cases))('smuggling by %s is refused', async (_name, rest) => {
    rig = await start();
    const answer = await raw(rig.port, `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n${rest}`);
    expect([400, 413]).toContain(statusOf(answer));
    expect(rig.seen).toHaveLength(0);
  });

  it('bytes that are no HTTP break an answer off and are never answered inside it', async () => {
    const held: ServerResponse[] = [];
    rig = await start({ script: (_request, response) => void held.push(response) });
    const body = chatOf('hi', { stream: true });
    const socket = connect(rig.port, '127.0.0.1').on('error', () => undefined);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    const closed = once(socket, 'close');
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await until(() => held.length === 1);
    held[0]!.writeHead(200, { 'content-type': 'text/event-stream' });
    held[0]!.write(': begun\n\n');
    await until(() => answer.includes(': begun'));
    socket.write('\x01 no HTTP\r\n\r\n');
    await closed;
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
    await until(() => rig.sockets() === 0);
  });

  it('a body in a transfer coding other than chunked is answered 501 (RFC 9112 §6.1)', async () => {
    rig = await start();
    const body = zlib.gzipSync(ATTACK).toString('latin1');
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    for (const [coding, status] of [
      ['gzip, chunked', 501],
      ['Chunked', 200],
    ] as const) {
      const head = `POST /v1/files HTTP/1.1\r\nhost: a\r\ntransfer-encoding: ${coding}\r\n${CLOSE}\r\n`;
      expect(statusOf(await raw(rig.port, Buffer.from(head + chunk, 'latin1'))), coding).toBe(status);
    }
    expect(rig.seen).toHaveLength(1);
  });

  it('what follows a request on its connection is another request, and scanned as one', async () => {
    rig = await start();
    const say = (text: string, more = ''): string => {
      const body = chatOf(text);
      return `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n${more}content-length: ${body.length}\r\n\r\n${body}`;
    };
    const answer = await raw(rig.port, say('hi') + say(ATTACK, CLOSE));
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    expect(rig.seen).toHaveLength(1);
  });
});

describe('sizes', () => {
  it('oversized bodies are answered 413, declared or not', async () => {
    rig = await start({ limits: { requestBytes: 1000 } });
    const declared = await post(rig, '/v1/chat/completions', chatOf('a'.repeat(2000)));
    expect(declared.status).toBe(413);
    expect(await declared.json()).toMatchObject({ error: { type: 'invalid_request_error', code: 'body_too_large' } });
    const chunk = `7d0\r\n${'a'.repeat(2000)}\r\n`;
    const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n';
    expect(statusOf(await raw(rig.port, `${head}${chunk}0\r\n\r\n`))).toBe(413);
    expect(rig.seen).toHaveLength(0);
    expect((await post(rig, '/v1/chat/completions', chatOf('hi'))).status).toBe(200);
  });

  it('a 20 MB body is refused with the default limit while the client still sends', async () => {
    rig = await start();
    const response = await post(rig, '/v1/chat/completions', Buffer.alloc(20_000_000, 0x61));
    expect(response.status).toBe(413);
  });

  it('Expect: 100-continue with an oversized body gets 413 and no 100', async () => {
    rig = await start({ limits: { requestBytes: 1000 } });
    const head =
      'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5000\r\n\r\n';
    expect(await raw(rig.port, head)).toMatch(/^HTTP\/1\.1 413 /);
  });

  const zeros = Buffer.alloc(64 * 1024 * 1024);
  const bombs: [string, Buffer][] = [
    ['gzip', zlib.gzipSync(zeros, { level: 1 })],
    ['br', zlib.brotliCompressSync(zeros, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ['zstd', zlib.zstdCompressSync(zeros)],
  ];
  it.each(bombs)('a %s bomb in a request ends at the limit', async (coding, bomb) => {
    rig = await start();
    expect(bomb.length).toBeLessThan(1_000_000);
    const response = await post(rig, '/v1/chat/completions', bomb, { 'content-encoding': coding });
    expect(response.status).toBe(413);
    expect(rig.seen).toHaveLength(0);
  });

  it.each(bombs)('a %s bomb in a response ends at the limit', async (coding, bomb) => {
    rig = await start({
      limits: { responseBytes: 1_000_000 },
      script: (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': coding }).end(bomb);
      },
    });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'));
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: 'upstream_response_too_large' } });
  });

  it('a response without end is cut off at the limit, and its socket closed', async () => {
    rig = await start({
      limits: { responseBytes: 1_000_000 },
      script: (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const more = (): void => {
          while (!response.destroyed && response.write('a'.repeat(65_536)));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
    });
    expect((await post(rig, '/v1/chat/completions', chatOf('hi'))).status).toBe(502);
    await until(() => rig.sockets() === 0);
  });
});

describe('slow clients', () => {
  it('headers that trickle in (slowloris) are answered 408 and the socket closed', async () => {
    rig = await start({ timeouts: { headersMs: 300, requestMs: 600 } });
    const socket = connect(rig.port, '127.0.0.1');
    socket.write('GET /v1/models HTTP/1.1\r\nhost: a\r\n');
    const timer = setInterval(() => socket.write('x: 1\r\n'), 50);
    socket.on('error', () => clearInterval(timer));
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString();
      });
      socket.on('close', () => resolve(text));
    });
    clearInterval(timer);
    expect(statusOf(answer)).toBe(408);
  });

  it('a body that trickles in is cut off, and the upstream never hears of it', async () => {
    rig = await start({ timeouts: { headersMs: 300, requestMs: 600 } });
    const socket = connect(rig.port, '127.0.0.1');
    socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n');
    const timer = setInterval(() => socket.write('a'), 50);
    socket.on('error', () => clearInterval(timer));
    await new Promise((resolve) => socket.on('close', resolve).resume());
    clearInterval(timer);
    expect(rig.seen).toHaveLength(0);
    await until(() => rig.proxy.metrics.inflight.value() === 0);
  });

  it('a client that never reads its answer is let go', async () => {
    const big = Buffer.alloc(30_000_000, 0x61);
    rig = await start({
      timeouts: { upstreamMs: 400, idleMs: 400 },
      script: (_request, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end(big),
      scanResponses: false,
    });
    const socket = connect(rig.port, '127.0.0.1').on('error', () => undefined);
    socket.pause();
    socket.write('GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n');
    await until(() => rig.seen.length === 1);
    await until(() => rig.proxy.metrics.inflight.value() === 0 && rig.sockets() === 0);
    socket.destroy();
  });

  it('one address has no more sockets than it may', async () => {
    rig = await start({ limits: { socketsPerAddress: 3 } });
    const sockets = Array.from({ length: 5 }, () => connect(rig.port, '127.0.0.1').on('error', () => undefined));
    await until(() => sockets.filter((socket) => socket.closed).length === 2);
    sockets[0]!.destroy();
    sockets[1]!.destroy();
    sockets[2]!.destroy();
    for (const socket of sockets) socket.destroy();
    await until(async () => {
      const answer = await fetch(`${rig.origin}/healthz`).then(
        (response) => response.status,
        () => 0,
      );
      return answer === 200;
    });
  });
});

it('an upstream that lies about its content-type on a route of text is read all the same', async () => {
  rig = await start({
    script: (_request, response) => response.writeHead(200, { 'content-type': 'image/png' }).end(completionOf(ATTACK)),
  });
  expect((await post(rig, '/v1/chat/completions', chatOf('hi'))).status).toBe(400);
});
