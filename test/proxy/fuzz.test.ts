/** Whatever bytes come in, the proxy answers with a status that it documents, and goes on. 500 is none of them. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runs } from '../scale.ts';
import { completionOf, type Rig, raw, start } from './rig.ts';

// 100 is what an Expect header gets first.
const EXPECTED = new Set([100, 200, 400, 403, 405, 408, 413, 415, 417, 431, 501, 502, 503]);
let rig: Rig;
/** What the upstream answers next. */
let next: { type: string; coding: string | undefined; body: Buffer } = {
  type: 'application/json',
  coding: undefined,
  body: Buffer.from('{}'),
};

beforeAll(async () => {
  rig = await start({
    timeouts: { headersMs: 200, requestMs: 300 },
    limits: { requestBytes: 100_000, responseBytes: 100_000 },
    script: (_request, response) => {
      const coding = next.coding === undefined ? {} : { 'content-encoding': next.coding };
      response.writeHead(200, { 'content-type': next.type, ...coding }).end(next.body);
    },
  });
});
afterAll(() => rig.stop());

const types = fc.constantFrom(
  'application/json',
  'text/plain',
  'text/event-stream',
  'application/x-ndjson',
  'multipart/form-data; boundary=b',
  'multipart/form-data',
  'image/png',
  'application/json; charset=utf-16',
  'text/html; charset=koi8-r',
  ';;;',
  '',
);
const codings = fc.constantFrom(undefined, undefined, undefined, 'gzip', 'br', 'zstd', 'deflate', 'identity', 'x');
const texts = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(
    '',
    '{',
    '[[[[',
    '{"messages":[{"role":"user","content":',
    'data: {}\n\n',
    'data: [DONE]\n\n',
    '--b\r\n\r\nx\r\n--b--',
    completionOf('x'),
  ),
);
const bodies = fc.oneof(
  texts.map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);
const paths = fc.oneof(
  fc.constantFrom(
    '/v1/chat/completions',
    '/v1/embeddings',
    '/v1/completions',
    '/v1/models',
    '/api/chat',
    '/v1/files',
    '/x?y=z',
    '//x',
    '/..',
    '*',
    'http://h/',
  ),
  fc.webPath().filter((path) => path.length < 200),
  fc.string({ maxLength: 30 }),
);
const names = fc.constantFrom(
  'host',
  'connection',
  'upgrade',
  'te',
  'transfer-encoding',
  'content-length',
  'expect',
  '__proto__',
  'x-request-id',
  'authorization',
  'trailer',
  'origin',
  'x-m2m-verdict',
  'X',
  'accept-encoding',
);
const values = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'close',
    'keep-alive, x',
    'chunked',
    'websocket',
    'h2c',
    '100-continue',
    '0',
    '7',
    '-1',
    'é',
  ),
  fc.string({ maxLength: 20 }),
);
const requests = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'TRACE', 'X', ''),
  path: paths,
  headers: fc.array(fc.tuple(names, values), { maxLength: 4 }),
  type: types,
  coding: codings,
  body: bodies,
});

function bytesOf({
  method,
  path,
  headers,
  type,
  coding,
  body,
}: typeof requests extends fc.Arbitrary<infer T> ? T : never): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'host: a',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `content-type: ${type}`,
    ...(coding === undefined ? [] : [`content-encoding: ${coding}`]),
    ...(headers.some(([name]) => name === 'content-length' || name === 'transfer-encoding')
      ? []
      : [`content-length: ${body.length}`]),
    'connection: close',
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

async function expectAlive(): Promise<void> {
  expect((await fetch(`${rig.origin}/healthz`)).status).toBe(200);
}

it('requests made of hostile parts end in documented statuses', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      const answer = await raw(rig.port, bytesOf(request), 50);
      // Nothing at all is what a client gets that announces more than it sends.
      if (answer !== '') expect(EXPECTED).toContain(Number(answer.slice(9, 12)));
    }),
    { numRuns: runs(150, 5000) },
  );
  await expectAlive();
});

it('one changed, lost or doubled byte of a request ends in documented statuses', async () => {
  const body = '{"model":"m","messages":[{"role":"user","content":"hi"}]}';
  const whole = Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
  const changes = fc.record({
    at: fc.nat(whole.length - 1),
    byte: fc.nat(255),
    how: fc.constantFrom('change', 'lose', 'double'),
  });
  await fc.assert(
    fc.asyncProperty(changes, async ({ at, byte, how }) => {
      const middle = how === 'lose' ? [] : how === 'double' ? [whole[at]!, whole[at]!] : [byte];
      const answer = await raw(
        rig.port,
        Buffer.concat([whole.subarray(0, at), Buffer.from(middle), whole.subarray(at + 1)]),
        50,
      );
      if (answer !== '') expect(EXPECTED).toContain(Number(answer.slice(9, 12)));
    }),
    { numRuns: runs(100, 1000) },
  );
  await expectAlive();
}, 180_000);

it('responses made of hostile parts end in documented statuses', async () => {
  const answers = fc.record({ type: types.filter((type) => type !== ''), coding: codings, body: bodies });
  await fc.assert(
    fc.asyncProperty(answers, async (answer) => {
      next = answer;
      const response = await fetch(`${rig.origin}/v1/chat/completions`, { method: 'POST', body: '{"messages":[]}' });
      expect(EXPECTED).toContain(response.status);
      await response.arrayBuffer();
    }),
    { numRuns: runs(200, 5000) },
  );
  await expectAlive();
});
