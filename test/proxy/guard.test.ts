import { afterEach, describe, expect, it } from 'vitest';
import type { Classifier } from '../../security/index.ts';
import { ATTACK, chatOf, completionOf, expectBytesAccountedFor, post, type Rig, start } from './rig.ts';

let rig: Rig;
afterEach(() => rig.stop());

const saying = (content: string) => (_request: unknown, response: import('node:http').ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(completionOf(content));
};

describe('blocking', () => {
  it('answers a blocked request with 400 content_filter and the verdict, and the upstream never sees it', async () => {
    rig = await start();
    const response = await post(rig, '/v1/chat/completions', chatOf(ATTACK));
    expect([response.status, response.headers.get('x-m2m-verdict')]).toEqual([400, 'block']);
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ type: 'content_filter', code: 'content_filter', param: 'messages[0].content' });
    const m2m = error.m2m as { stage: string; verdict: string; threats: { category: string; evidence: string }[] };
    expect(m2m).toMatchObject({ stage: 'request', verdict: 'block', mode: 'patterns' });
    expect(m2m.threats[0]!.category).toBe('prompt_injection');
    expect(ATTACK).toContain(m2m.threats[0]!.evidence);
    expect(rig.seen).toHaveLength(0);
    expect(rig.proxy.metrics.blocked.value('prompt_injection')).toBe(1);
    expectBytesAccountedFor(rig.proxy);
  });

  it.each(['/v1/completions', '/v1/embeddings', '/v1/responses', '/api/generate', '/v1/rerank'])(
    'reads requests to %s',
    async (path) => {
      rig = await start();
      const member = path === '/v1/completions' || path === '/api/generate' ? 'prompt' : 'input';
      expect((await post(rig, path, JSON.stringify({ model: 'm', [member]: ATTACK }))).status).toBe(400);
      expect((await post(rig, path, JSON.stringify({ model: 'm', [member]: 'Good morning.' }))).status).toBe(200);
      expect(rig.seen).toHaveLength(1);
    },
  );

  it('does not deliver a word of a blocked response, not even as evidence', async () => {
    rig = await start({ script: saying(`Sure. ${ATTACK}`) });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'));
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'content_filter', m2m: { stage: 'response' } } });
    expect(text).not.toContain('ignore all previous');
    expectBytesAccountedFor(rig.proxy);
  });

  it.each(['text/plain', 'application/octet-stream', 'image/png', 'application/x-www-form-urlencoded'])(
    'is not put off by the content-type %s',
    async (type) => {
      rig = await start();
      expect((await post(rig, '/v1/chat/completions', chatOf(ATTACK), { 'content-type': type })).status).toBe(400);
      expect((await post(rig, '/v1/other', chatOf(ATTACK), { 'content-type': type })).status).toBe(400);
      expect(rig.seen).toHaveLength(0);
    },
  );

  it.each([
    '/v1/chat/completions',
    '/v1/chat/completions/',
    '/v1/chat/completions?x=1',
    '/v1/%63hat/completions',
    '/V1/Chat/completions',
    '/chat/completions/',
    '/v1/messages',
  ])('reads %s as JSON, whatever its type and bytes claim to be', async (path) => {
    rig = await start();
    const body = Buffer.from(chatOf(ATTACK, { x: '\xff' }), 'latin1'); // no UTF-8, yet JSON to lenient parsers
    expect((await post(rig, path, body, { 'content-type': 'application/octet-stream' })).status).toBe(400);
    expect(rig.seen).toHaveLength(0);
  });

  it('does not deliver a blocked name of a member as the place where it stood', async () => {
    const answer = { choices: [{ message: { role: 'assistant', content: 'x', [ATTACK]: 'y' } }] };
    rig = await start({
      script: (_request, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
    });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'));
    const text = await response.text();
    expect([response.status, JSON.parse(text).error.param]).toEqual([400, 'choices[0].message']);
    expect(text).not.toContain('ignore all previous');
  });

  it('one byte that is no UTF-8 hides no text, neither in a request nor in an answer', async () => {
    const bytes = Buffer.from(`${ATTACK} \xff`, 'latin1');
    rig = await start({
      script: (_request, response) =>
        response.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.concat([Buffer.from('{}'), bytes])),
    });
    expect((await post(rig, '/v1/rerank', bytes, { 'content-type': 'text/plain' })).status).toBe(400);
    expect(rig.seen).toHaveLength(0);
    expect((await post(rig, '/v1/chat/completions', chatOf('hi'))).status).toBe(400);
    const msgpack = { 'content-type': 'application/msgpack' };
    await post(rig, '/v1/rerank', Buffer.from([0x82, 0xa1, 0x61, 0x01, 0xff]), msgpack);
    expect(rig.proxy.metrics.unscanned.value('request\nbinary')).toBe(5);
  });

  it('a body of very many lines lets others in between', async () => {
    rig = await start();
    const order: string[] = [];
    const long = post(rig, '/v1/files', '1\n'.repeat(100_000), { 'content-type': 'application/jsonl' }).then(() =>
      order.push('long'),
    );
    while (rig.proxy.metrics.inflight.value() === 0) await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 3; i++) {
      expect((await fetch(`${rig.origin}/healthz`)).status).toBe(200);
      order.push('short');
    }
    await long;
    expect(order.at(-1)).toBe('long');
  });

  it('refuses bodies in another charset', async () => {
    rig = await start();
    const utf16 = Buffer.from(chatOf(ATTACK), 'utf16le');
    const type = 'application/json; charset=utf-16le';
    expect((await post(rig, '/v1/chat/completions', utf16, { 'content-type': type })).status).toBe(415);
    expect((await post(rig, '/v1/chat/completions', utf16)).status).toBe(400);
    expect(rig.seen).toHaveLength(0);
  });

  it('reads responses in the charset that they claim', async () => {
    for (const [type, bytes] of [
      ['text/html; charset=iso-8859-1', Buffer.from(`<p>Grüße. ${ATTACK}</p>`, 'latin1')],
      ['text/plain', Buffer.from(`Grüße. ${ATTACK}`, 'latin1')],
      ['text/plain; charset=utf-16le', Buffer.from(`Grüße. ${ATTACK}`, 'utf16le')],
      ['text/plain; charset=no-such', Buffer.from(`Grüße. ${ATTACK}`, 'latin1')],
    ] as const) {
      rig = await start({
        script: (_request, response) => response.writeHead(200, { 'content-type': type }).end(bytes),
      });
      expect([type, (await fetch(`${rig.origin}/page`)).status]).toEqual([type, 400]);
      await rig.stop();
    }
    rig = await start();
  });

  it('blocks JSON that is none, and JSON that two parsers read differently', async () => {
    rig = await start();
    for (const body of ['{"messages":', '{"messages":[],"messages":[]}', '{"messages":[]} {}']) {
      expect((await post(rig, '/v1/chat/completions', body)).status).toBe(400);
    }
    expect(rig.seen).toHaveLength(0);
  });

  it('reads the text parts of multipart bodies, and lets the rest pass', async () => {
    rig = await start();
    const form = (prompt: string): FormData => {
      const data = new FormData();
      data.set('file', new Blob([new Uint8Array([0xff, 0xfe, 0x00, 0x80])]), 'speech.mp3');
      data.set('prompt', prompt);
      return data;
    };
    const send = (prompt: string): Promise<Response> =>
      fetch(`${rig.origin}/v1/audio/transcriptions`, { method: 'POST', body: form(prompt) });
    expect((await send(ATTACK)).status).toBe(400);
    expect((await send('A talk about ferries.')).status).toBe(200);
    expect(rig.seen).toHaveLength(1);
    const { scanned, unscanned } = rig.proxy.metrics;
    expect(scanned.value('request')).toBe(ATTACK.length + 'A talk about ferries.'.length);
    expect(unscanned.value('request\nbinary')).toBeGreaterThan(0);
    expectBytesAccountedFor(rig.proxy);
  });

  it('reads multipart bodies whose lines end in LF alone, and as a whole where no part is found', async () => {
    rig = await start();
    const strict = `--X\r\ncontent-disposition: form-data; name="prompt"\r\n\r\n${ATTACK}\r\n--X--\r\n`;
    for (const body of [strict, strict.replaceAll('\r', ''), strict.replaceAll('--X', '--Y'), `--X\r\n${ATTACK}`]) {
      const type = { 'content-type': 'multipart/form-data; boundary=X' };
      expect((await post(rig, '/v1/files', body, type)).status).toBe(400);
    }
    expect(rig.seen).toHaveLength(0);
  });

  it('reads every line of JSON Lines', async () => {
    rig = await start();
    const lines = (last: string): string => `${chatOf('one')}\n${chatOf('two')}\n${chatOf(last)}\n`;
    const type = { 'content-type': 'application/jsonl' };
    expect((await post(rig, '/v1/files', lines(ATTACK), type)).status).toBe(400);
    expect((await post(rig, '/v1/files', lines('three'), type)).status).toBe(200);
  });
});

describe('policy', () => {
  it('flags below the blocking threshold: the request passes, the header tells', async () => {
    rig = await start({ blockAt: 1, flagAt: 0.5 });
    const response = await post(rig, '/v1/chat/completions', chatOf(ATTACK));
    expect([response.status, response.headers.get('x-m2m-verdict')]).toEqual([200, 'flag']);
    expect((await rig.lines(1))[0]).toMatchObject({ verdict: 'flag', categories: ['prompt_injection'] });
  });

  it('monitor mode never blocks: not a request, not a response, not a malformed body, not a failed scan', async () => {
    const broken: Classifier = { classify: () => Promise.reject(new Error('broken')) };
    rig = await start({ monitor: true, mode: 'neural', classifier: broken, script: saying(ATTACK) });
    for (const body of [chatOf(ATTACK), '{"messages":', '']) {
      expect((await post(rig, '/v1/chat/completions', body)).status).toBe(200);
    }
    expect(rig.seen).toHaveLength(3);
    expectBytesAccountedFor(rig.proxy);
    await rig.stop();
    rig = await start({ monitor: true, script: saying(ATTACK) });
    for (const body of [chatOf(ATTACK), '{"messages":', chatOf('hi')]) {
      const response = await post(rig, '/v1/chat/completions', body);
      expect([response.status, response.headers.get('x-m2m-verdict')]).toEqual([200, 'flag']);
    }
    expectBytesAccountedFor(rig.proxy);
  });

  it('lets phrases, rules and paths of the allow-list pass', async () => {
    rig = await start({ allow: { phrases: [ATTACK] } });
    expect((await post(rig, '/v1/chat/completions', chatOf(ATTACK))).status).toBe(200);
    await rig.stop();
    rig = await start({ allow: { paths: ['messages[*].content'] } });
    expect((await post(rig, '/v1/chat/completions', chatOf(ATTACK))).status).toBe(200);
    expect((await post(rig, '/v1/completions', JSON.stringify({ prompt: ATTACK }))).status).toBe(400);
  });

  it('ignores, flags or redacts a category', async () => {
    rig = await start({ categories: { prompt_injection: { action: 'ignore' } } });
    expect((await post(rig, '/v1/chat/completions', chatOf(ATTACK))).headers.get('x-m2m-verdict')).toBe('allow');
    await rig.stop();
    rig = await start({ categories: { prompt_injection: { action: 'redact' } } });
    const response = await post(rig, '/v1/chat/completions', chatOf(`Good morning. ${ATTACK}`));
    expect(response.status).toBe(200);
    const { messages } = JSON.parse(rig.seen[0]!.body.toString()) as { messages: { content: string }[] };
    expect(messages[0]!.content).toContain('Good morning. ');
    expect(messages[0]!.content).not.toContain('ignore all previous instructions');
    expectBytesAccountedFor(rig.proxy);
  });

  it('blocks what should be cut out of a body that it cannot edit', async () => {
    rig = await start({ categories: { prompt_injection: { action: 'redact' } } });
    const lines = `${chatOf('one')}\n${chatOf(ATTACK)}\n`;
    const response = await post(rig, '/v1/files', lines, { 'content-type': 'application/jsonl' });
    expect([response.status, response.headers.get('x-m2m-verdict')]).toEqual([400, 'block']);
    expect(rig.seen).toHaveLength(0);
  });

  it('scans one direction only when told so, and counts the other as unscanned', async () => {
    rig = await start({ scanRequests: false, script: saying(ATTACK) });
    expect((await post(rig, '/v1/chat/completions', chatOf(ATTACK))).status).toBe(400);
    expect(rig.seen).toHaveLength(1);
    expectBytesAccountedFor(rig.proxy);
    await rig.stop();
    rig = await start({ scanResponses: false, script: saying(ATTACK) });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'));
    expect(await response.text()).toBe(completionOf(ATTACK));
    expect(rig.proxy.metrics.unscanned.value('response\nswitched_off')).toBe(completionOf(ATTACK).length);
    expectBytesAccountedFor(rig.proxy);
  });
});

describe('failing scans', () => {
  const broken: Classifier = { classify: () => Promise.reject(new Error('the weights are gone')) };

  it('fails closed: 503 scan_failed, and the upstream sees nothing', async () => {
    rig = await start({ mode: 'neural', classifier: broken });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'));
    expect([response.status, response.headers.get('x-m2m-scan')]).toEqual([503, 'failed']);
    expect(await response.json()).toMatchObject({ error: { type: 'server_error', code: 'scan_failed' } });
    expect(rig.seen).toHaveLength(0);
    expect(rig.proxy.metrics.scanErrors.value('closed')).toBe(1);
    expect((await rig.lines(1))[0]).toMatchObject({ status: 503, verdict: 'error' });
    expectBytesAccountedFor(rig.proxy);
  });

  it('fails open when told to, and says so in header, log and metric', async () => {
    rig = await start({ mode: 'neural', classifier: broken, failOpen: true });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'));
    expect([response.status, response.headers.get('x-m2m-scan')]).toEqual([200, 'failed']);
    await response.text();
    expect(rig.proxy.metrics.scanErrors.value('open')).toBe(2);
    expect(rig.proxy.metrics.unscanned.value('request\nscan_error')).toBe(chatOf('hi').length);
    expectBytesAccountedFor(rig.proxy);
  });

  it('is an error in log and metric where the request was allowed and the response could not be scanned', async () => {
    const scores = { prompt_injection: 0, jailbreak: 0, data_exfiltration: 0, malformed: 0, benign: 1 };
    let asked = 0;
    const flaky: Classifier = {
      classify: async (texts) => {
        if (asked++ > 0) throw new Error('the weights are gone');
        return texts.map(() => ({ scores }));
      },
    };
    rig = await start({ mode: 'neural', classifier: flaky });
    const response = await post(rig, '/v1/chat/completions', chatOf('a long and harmless question'));
    expect([response.status, response.headers.get('x-m2m-verdict')]).toEqual([503, null]);
    await response.text();
    expect((await rig.lines(1))[0]).toMatchObject({ status: 503, verdict: 'error' });
    expect(rig.proxy.metrics.requests.value('/v1/chat/completions\nerror')).toBe(1);
  });

  it('falls back to rules in auto mode, visibly', async () => {
    rig = await start({ mode: 'auto', classifier: broken });
    const response = await post(rig, '/v1/chat/completions', chatOf('hi'));
    expect(response.status).toBe(200);
    expect(response.headers.get('x-m2m-fallback')).toContain('the weights are gone');
    expect(rig.proxy.metrics.fallbacks.value('request')).toBe(1);
    expect((await post(rig, '/v1/chat/completions', chatOf(ATTACK))).status).toBe(400);
  });

  it('names the model where one took part', async () => {
    const model = { id: 'stub', sha256: 'ab', device: 'test' };
    const scores = { prompt_injection: 0.97, jailbreak: 0, data_exfiltration: 0, malformed: 0, benign: 0.03 };
    const classifier: Classifier = { model, classify: async (texts) => texts.map(() => ({ scores })) };
    rig = await start({ classifier });
    const response = await post(rig, '/v1/chat/completions', chatOf('a long and harmless question'));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { m2m: { mode: 'neural', model } } });
    expect(rig.proxy.metrics.text()).toContain('m2m_model_info{id="stub",sha256="ab",backend="test"} 1');
  });
});

it('counts prompts of token ids as unscanned: no rule can read them', async () => {
  rig = await start();
  const body = JSON.stringify({ model: 'm', prompt: [[1, 2, 3]] });
  expect((await post(rig, '/v1/completions', body)).status).toBe(200);
  expect(rig.proxy.metrics.unscanned.value('request\ntoken_ids')).toBe(body.length);
  expect(rig.proxy.metrics.scanned.value('request')).toBe(0);
  expectBytesAccountedFor(rig.proxy);
});

it('scans every byte that it forwards, over a mix of traffic', async () => {
  rig = await start({
    script: (_request, response, body) => saying(`You said ${body.length} bytes.`)(_request, response),
  });
  let sent = 0;
  for (let i = 0; i < 30; i++) {
    const body = chatOf(i % 5 === 0 ? `${ATTACK} ${i}` : `Ferry number ${i} leaves at six. ${'é🚢'.repeat(i)}`);
    sent += Buffer.byteLength(body);
    const response = await post(rig, '/v1/chat/completions', body);
    expect(response.status).toBe(i % 5 === 0 ? 400 : 200);
    await response.text();
  }
  const { scanned, forwarded, withheld, unscanned } = rig.proxy.metrics;
  expect(scanned.value('request')).toBe(sent);
  expect(forwarded.value('request')).toBe(rig.seen.reduce((sum, { body }) => sum + body.length, 0));
  expect(withheld.value('request')).toBe(sent - forwarded.value('request'));
  expect(forwarded.value('response')).toBe(scanned.value('response'));
  expect(unscanned.text()).not.toMatch(/\} [1-9]/);
});
