import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Offload, type Question } from '../../proxy/offload.ts';
import { SecurityScanner } from '../../security/index.ts';
import { ATTACK, chatOf, completionOf, post, type Rig, start, until } from './rig.ts';

const LONG = 'The harbour opens at six and the first ferry leaves ten minutes later. '.repeat(20_000);

describe('long bodies', () => {
  let rig: Rig;
  afterEach(() => rig.stop());

  it('are scanned like short ones, in both directions', async () => {
    rig = await start({
      script: (_request, response, body) => {
        const answer = body.includes('poison') ? `${LONG}${ATTACK}` : LONG;
        response.writeHead(200, { 'content-type': 'application/json' }).end(completionOf(answer));
      },
    });
    expect((await post(rig, '/v1/chat/completions', chatOf(`${LONG}${ATTACK}`))).status).toBe(400);
    expect(rig.seen).toHaveLength(0);
    const response = await post(rig, '/v1/chat/completions', chatOf(LONG));
    expect([response.status, await response.text()]).toEqual([200, completionOf(LONG)]);
    expect((await post(rig, '/v1/chat/completions', chatOf('poison'))).status).toBe(400);
  });

  it('do not hold up other clients', async () => {
    rig = await start();
    const order: string[] = [];
    const long = post(rig, '/v1/chat/completions', chatOf(LONG)).then(() => order.push('long'));
    while (rig.proxy.metrics.inflight.value() === 0) await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 5; i++) {
      expect((await post(rig, '/v1/chat/completions', chatOf(`short ${i}`))).status).toBe(200);
      order.push('short');
    }
    await long;
    expect(order.at(-1)).toBe('long');
  });
});

describe('clients that leave before their long body is scanned', () => {
  it.each([false, true])(
    'cost no scan, and nothing of theirs passes, failOpen %s',
    { timeout: 120_000 },
    async (failOpen) => {
      const asked = vi.spyOn(Worker.prototype, 'postMessage');
      const rig = await start({ failOpen });
      const { metrics } = rig.proxy;
      const first = post(rig, '/v1/chat/completions', chatOf(LONG));
      await until(() => asked.mock.calls.length === 1);
      const leaving = new AbortController();
      const gone = Array.from({ length: 4 }, () =>
        fetch(`${rig.origin}/v1/chat/completions`, { method: 'POST', body: chatOf(LONG), signal: leaving.signal }),
      );
      const ended = Promise.allSettled(gone);
      await until(() => metrics.buffered.value() > 4.9 * LONG.length);
      leaving.abort();
      await ended;
      await until(() => metrics.inflight.value() === 1);
      expect((await first).status).toBe(200);
      expect((await post(rig, '/v1/chat/completions', chatOf(LONG))).status).toBe(200);
      expect(asked).toHaveBeenCalledTimes(2);
      expect(rig.seen).toHaveLength(2);
      expect(metrics.scanErrors.value('open') + metrics.scanErrors.value('closed')).toBe(0);
      expect(metrics.unscanned.value('request\ndeparted')).toBeGreaterThan(4 * LONG.length);
      await rig.stop();
      asked.mockRestore();
    },
  );
});

describe('the thread', () => {
  it('gives the verdict that the scanner gives here, but for the time', async () => {
    const policy = { blockAt: 0.7, allow: { names: ['reveal-prompt'] } };
    const offload = new Offload(policy);
    const text = JSON.stringify({ messages: [{ role: 'tool', content: ATTACK }] });
    for (const format of ['json', 'auto', 'text'] as const) {
      const there = await offload.scan(Buffer.from(text), { format });
      const here = await new SecurityScanner(policy).scan(Buffer.from(text), { format });
      expect({ ...there, timing: null }).toEqual({ ...here, timing: null });
      expect(there.should_block).toBe(true);
    }
    await offload.close();
  });

  it('is sent the bytes of a view alone, not the memory behind it', async () => {
    const sent = vi.spyOn(Worker.prototype, 'postMessage');
    const offload = new Offload({});
    const form = Buffer.alloc(1_000_000, 0x61);
    await offload.scan(form.subarray(10, 200_010), { format: 'text' });
    await offload.close();
    const { input } = sent.mock.calls[0]![0] as Question;
    expect(input).toHaveLength(200_000);
    expect((input as Uint8Array).buffer.byteLength).toBe(200_000);
    sent.mockRestore();
  });

  it('fails the scans it had when it dies, and the next scan gets another one', async () => {
    const offload = new Offload({});
    const lost = offload.scan(LONG, {});
    await Promise.all([offload.close(), expect(lost).rejects.toMatchObject({ name: 'ScanThreadExit' })]);
    expect((await offload.scan(ATTACK, {})).verdict).toBe('block');
    await expect(offload.scan('x', { role: 'nobody' as 'user' })).rejects.toMatchObject({ name: 'InvalidInputError' });
    await offload.close();
  });
});
