/** A key, a prompt and a query string go in at every door; none of them may come out at a log, a metric or an error. */
import { afterEach, describe, expect, it } from 'vitest';
import { ATTACK, chatOf, completionOf, post, type Rig, raw, start } from './rig.ts';

let rig: Rig;
afterEach(() => rig.stop());

const KEY = 'sk-canary-5f3a9b71c2d84e60';
const OWN = 'sk-ownkey-81d0c7e2a4b64f95';
const PROMPT = 'canary-prompt-7c1e';
const QUERY = 'canary-query-90ab';

async function everything(response: Response): Promise<string> {
  return `${JSON.stringify([...response.headers])} ${await response.text()}`;
}

it('keeps keys, prompts and query strings out of logs, metrics, errors and headers', async () => {
  rig = await start({
    upstreamKey: OWN,
    script: (_request, response, body) => {
      if (body.includes('break')) response.socket!.destroy();
      else
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(completionOf(body.includes('poison') ? ATTACK : 'fine'));
    },
  });
  const headers = { authorization: `Bearer ${KEY}`, 'x-api-key': KEY, 'api-key': KEY, cookie: `k=${KEY}` };
  const path = `/v1/chat/completions?key=${QUERY}`;
  const answers = [
    await post(rig, path, chatOf(PROMPT), headers),
    await post(rig, path, chatOf(`${ATTACK} My key is ${KEY} and yours ${OWN}.`), headers),
    await post(rig, path, chatOf(`poison ${PROMPT}`), headers),
    await post(rig, path, chatOf(`break ${PROMPT}`), headers),
    await post(rig, path, `{"messages":[{"content":"${PROMPT}`, headers),
    await post(rig, path, chatOf(PROMPT), { ...headers, 'content-encoding': 'gzip' }),
    await post(rig, `/v1/unknown/${PROMPT}?key=${QUERY}`, chatOf('hi'), headers),
    await fetch(`${rig.origin}/v1//${PROMPT}?key=${QUERY}`, { headers }),
  ];
  const told = [
    ...(await Promise.all(answers.map(everything))),
    await raw(
      rig.port,
      `GET /v1/models?${QUERY} HTTP/1.1\r\nhost: a\r\nhost: b\r\nauthorization: ${KEY}\r\nconnection: close\r\n\r\n`,
    ),
    await raw(rig.port, `GET /${PROMPT} HTTP/1.1\r\nbad header ${KEY}\r\n\r\n`),
  ];
  await rig.lines(9);
  const metrics = await (await fetch(`${rig.origin}/metrics`)).text();
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 400, 502, 400, 400, 200, 400]);
  for (const text of [...told, metrics, rig.logged()]) {
    expect(text).not.toContain(KEY);
    expect(text).not.toContain(OWN);
    expect(text).not.toContain(QUERY);
  }
  // A request that is blocked is told its own evidence, nobody else is told anything.
  for (const text of [metrics, rig.logged()]) expect(text).not.toContain(PROMPT);
  // The stub of a test that cannot fail: the keys really were there.
  expect(rig.seen[0]!.headers.join()).toContain(OWN);
});

describe('the log', () => {
  it('has one JSON line a request with numbers, enumerations and ids', async () => {
    rig = await start();
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'));
    await response.text();
    const [line] = await rig.lines(1);
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: 'info',
      msg: 'request',
      id: response.headers.get('x-m2m-request-id'),
      method: 'POST',
      route: '/v1/chat/completions',
      status: 200,
      verdict: 'allow',
      mode: 'patterns',
      in: chatOf('hi').length,
      out: completionOf('Good morning.').length,
      ms: expect.any(Number),
      upstreamMs: expect.any(Number),
    });
  });

  it('has a line for requests that the proxy refuses, with the code of the refusal', async () => {
    rig = await start();
    await (await fetch(`${rig.origin}/v1//x`)).text();
    expect((await rig.lines(1))[0]).toMatchObject({
      level: 'warn',
      status: 400,
      verdict: 'rejected',
      error: 'invalid_path',
      route: 'other',
    });
  });
});

describe('/metrics', () => {
  it('is Prometheus text: every family with help and type, every sample a number, histograms cumulative', async () => {
    rig = await start();
    for (const text of ['hi', ATTACK]) await (await post(rig, '/v1/chat/completions', chatOf(text))).text();
    await rig.lines(2);
    const response = await fetch(`${rig.origin}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    const types = new Map(
      [...text.matchAll(/^# TYPE (\S+) (counter|gauge|histogram)$/gm)].map(([, name, type]) => [name!, type!]),
    );
    for (const name of [
      'requests_total',
      'scan_duration_seconds',
      'overhead_seconds',
      'blocked_total',
      'scan_errors_total',
      'bytes_in_total',
      'bytes_out_total',
      'upstream_duration_seconds',
      'inflight',
      'model_info',
    ]) {
      expect(types.has(`m2m_${name}`), name).toBe(true);
    }
    for (const line of text
      .trim()
      .split('\n')
      .filter((one) => !one.startsWith('#'))) {
      expect(line).toMatch(/^[a-z0-9_]+(?:\{[a-z0-9_]+="[^"\n]*"(?:,[a-z0-9_]+="[^"\n]*")*\})? -?[0-9.e+-]+$/);
    }
    const buckets = [...text.matchAll(/^m2m_upstream_duration_seconds_bucket\{le="[^"]+"\} (\d+)$/gm)].map(([, n]) =>
      Number(n),
    );
    expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
    expect(buckets.at(-1)).toBe(1);
    expect(text).toContain('m2m_requests_total{route="/v1/chat/completions",verdict="allow"} 1\n');
    expect(text).toContain('m2m_requests_total{route="/v1/chat/completions",verdict="block"} 1\n');
    expect(text).toContain('m2m_blocked_total{category="prompt_injection"} 1\n');
    expect(text).toContain('m2m_inflight 0\n');
  });

  it('has as many series as there are routes, whatever paths clients invent', async () => {
    rig = await start();
    for (let i = 0; i < 30; i++) await (await fetch(`${rig.origin}/v1/models/${i}?${i}`)).text();
    for (let i = 0; i < 30; i++)
      await (await fetch(`${rig.origin}/x${i}/y`, { method: i % 2 ? 'POST' : 'GET' })).text();
    await rig.lines(60);
    const series = rig.proxy.metrics.requests
      .text()
      .split('\n')
      .filter((line) => line.startsWith('m2m'));
    expect(series).toEqual([
      'm2m_requests_total{route="/v1/models",verdict="allow"} 30',
      'm2m_requests_total{route="other",verdict="allow"} 30',
    ]);
  });
});

it('/healthz and /readyz answer without the upstream', async () => {
  rig = await start({ upstream: 'http://127.0.0.1:9/v1' });
  for (const path of ['/healthz', '/readyz']) expect((await fetch(rig.origin + path)).status).toBe(200);
  expect(rig.logged()).toBe('');
});
