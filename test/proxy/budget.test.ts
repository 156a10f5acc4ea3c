/** All bodies together have a bound, in both directions, and every byte is given back. */
import { afterEach, describe, expect, it } from 'vitest';
import { chatOf, completionOf, post, type Rig, start, until } from './rig.ts';

let rig: Rig;
afterEach(() => rig.stop());

const BODY = chatOf('The ferry leaves at six. '.repeat(200));

describe('bodies that are held at one time', () => {
  it('are bounded: the one that is too much is refused, and later ones pass again', async () => {
    const held: (() => void)[] = [];
    rig = await start({
      limits: { bufferedBytes: 3 * BODY.length },
      script: (_request, response) => {
        held.push(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
      },
    });
    const waiting = [1, 2, 3].map(() => post(rig, '/v1/chat/completions', BODY));
    await until(() => held.length === 3);
    const refused = await post(rig, '/v1/chat/completions', BODY);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ error: { code: 'overloaded', type: 'server_error' } });
    for (const go of held) go();
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    // The answers need room too, and the last of the three may find none.
    expect(statuses).toContain(200);
    await until(() => rig.proxy.metrics.buffered.value() === 0);
    held.length = 0;
    const later = post(rig, '/v1/chat/completions', BODY);
    await until(() => held.length === 1);
    held[0]!();
    expect((await later).status).toBe(200);
  });

  it('count answers too', async () => {
    const answer = completionOf('x'.repeat(100_000));
    rig = await start({
      limits: { bufferedBytes: 50_000 },
      script: (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(answer),
    });
    const response = await post(rig, '/v1/chat/completions', BODY);
    expect([response.status, (await response.json()).error.code]).toEqual([503, 'overloaded']);
  });

  it('count what they are once they are decoded', async () => {
    const { gzipSync } = await import('node:zlib');
    rig = await start({ limits: { bufferedBytes: 20_000 } });
    const packed = gzipSync(chatOf('a'.repeat(100_000)));
    const response = await post(rig, '/v1/chat/completions', packed, { 'content-encoding': 'gzip' });
    expect(response.status).toBe(503);
  });
});
