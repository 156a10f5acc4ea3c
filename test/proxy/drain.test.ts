import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { Pool } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { createProxy } from '../../proxy/index.ts';
import { runs } from '../scale.ts';
import { chatOf, post, type Rig, raw, start, until } from './rig.ts';

let rig: Rig;
afterEach(() => rig?.stop());

describe('close()', () => {
  it('finishes what is in flight, whole answers and streams, and takes nothing new', async () => {
    const held: ServerResponse[] = [];
    // An hour: what does not end by itself runs into the test's own time-out.
    rig = await start({ script: (_request, response) => void held.push(response), timeouts: { drainMs: 3_600_000 } });
    const whole = post(rig, '/v1/chat/completions', chatOf('one'));
    const stream = post(rig, '/v1/chat/completions', chatOf('two', { stream: true }));
    await until(() => held.length === 2);
    held[1]!.writeHead(200, { 'content-type': 'text/event-stream' });
    held[1]!.write(': begun\n\n');
    const begun = await stream;
    const closed = rig.proxy.close();
    const ready = await fetch(`${rig.origin}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, 'draining\n']);
    await until(() => raw(rig.port, 'GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n').then((answer) => answer === ''));
    held[0]!.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    held[1]!.end('data: [DONE]\n\n');
    const answered = await whole;
    expect([answered.status, answered.headers.get('connection'), await answered.text()]).toEqual([200, 'close', '{}']);
    expect(await begun.text()).toBe(': begun\n\ndata: [DONE]\n\n');
    await closed;
    expect(rig.sockets()).toBe(0);
    expect((await rig.lines(2)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('answers what a client sent before it knew, and ends that connection', async () => {
    rig = await start();
    const pool = new Pool(rig.origin, { connections: 1 });
    expect((await pool.request({ path: '/v1/models', method: 'GET' })).statusCode).toBe(200);
    const closed = rig.proxy.close();
    const late = await pool.request({ path: '/v1/models', method: 'GET' });
    expect([late.statusCode, late.headers.connection]).toEqual([200, 'close']);
    await late.body.text();
    await closed;
    await pool.destroy();
  });

  it('ends by force after drainMs', async () => {
    rig = await start({ script: () => undefined, timeouts: { drainMs: 100 } });
    const stuck = post(rig, '/v1/chat/completions', chatOf('hi'));
    await until(() => rig.seen.length === 1);
    const [outcome] = await Promise.all([stuck.then(String, (error: Error) => error.name), rig.proxy.close()]);
    expect(outcome).toBe('TypeError');
    await until(() => rig.sockets() === 0);
  });

  it('has logged every request when it resolves, those that it cut off too', async () => {
    for (let round = 0; round < runs(6, 30); round++) {
      rig = await start({ script: () => undefined, timeouts: { drainMs: 20 }, limits: { upstreamSockets: 4 } });
      const body = chatOf('hi');
      const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n`;
      const sockets = Array.from({ length: 90 }, (_, i) => {
        const socket = connect(rig.port, '127.0.0.1').on('error', () => undefined);
        // Some have sent a part of their request, the others wait for the upstream or for a connection to it.
        socket.write(head + (i % 3 === 0 ? body.slice(0, 20) : body));
        return socket;
      });
      await until(() => rig.proxy.metrics.inflight.value() === 90);
      for (const [i, socket] of sockets.entries()) if (i % 2 === 0) setTimeout(() => socket.resetAndDestroy(), 80 + i);
      await rig.proxy.close();
      expect(rig.logged().split('\n').filter(Boolean)).toHaveLength(90);
      for (const socket of sockets) socket.destroy();
      await rig.stop();
    }
  });

  it('works twice, before listen(), and after a port that was taken', async () => {
    rig = await start();
    await Promise.all([rig.proxy.close(), rig.proxy.close()]);
    await rig.proxy.close();
    const silent = createProxy({ upstream: 'demo', port: 0, log: () => undefined });
    await silent.close();
    const first = createProxy({ upstream: 'demo', port: 0, log: () => undefined });
    const { port } = await first.listen();
    const second = createProxy({ upstream: 'demo', port, log: () => undefined });
    await expect(second.listen()).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining('EADDRINUSE'),
    });
    await first.close();
  });

  it('leaves nothing that listens behind, whenever it is called', async () => {
    rig = await start();
    const answers = (port: number): Promise<boolean> =>
      fetch(`http://127.0.0.1:${port}/healthz`).then(
        () => true,
        () => false,
      );
    const during = createProxy({ upstream: 'demo', port: 0, log: () => undefined });
    const listening = during.listen();
    await expect(during.listen()).rejects.toMatchObject({ name: 'ConfigError' });
    await during.close();
    expect(await answers((await listening).port)).toBe(false);
    const before = createProxy({ upstream: 'demo', port: 0, log: () => undefined });
    await before.close();
    await expect(before.listen()).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining('is closed'),
    });
  });
});

it('SIGTERM breaks none of the requests in flight', async () => {
  const inflight = runs(200, 1000);
  const held: ServerResponse[] = [];
  rig = await start({ script: (_request, response) => void held.push(response) });
  const { port } = rig.upstream.address() as { port: number };
  const child = fork(resolve(import.meta.dirname, 'fixture.ts'), [`http://127.0.0.1:${port}/v1`], { silent: true });
  const [listening] = (await once(child, 'message')) as [{ port: number }];
  const pool = new Pool(`http://127.0.0.1:${listening.port}`, { connections: inflight });
  const answers = Array.from({ length: inflight }, (_, i) =>
    pool
      .request({ path: '/v1/chat/completions', method: 'POST', body: chatOf(`number ${i}`) })
      .then(async ({ statusCode, body }) => `${statusCode} ${await body.text()}`),
  );
  await until(() => held.length === inflight);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await once(child, 'message');
  for (const response of held) response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['200 {}']));
  await pool.destroy();
  expect(await exited).toEqual([0, null]);
});
