/**
 * What a pair costs and saves: `npm run bench:pair [-- --json] [--quick]`.
 *
 * Bytes: every body of the traffic corpus goes through a pair as a request and comes back as its answer; what the server
 * took off the line and put onto it, against the plain bodies. Time: upstream, one proxy, both sides of the pairs are
 * processes of their own, on two cores all of them; rounds take turns, the claim is the ratio of medians.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus } from 'node:os';
import type { Pool } from 'undici';
import { createPeerServer, createProxy, type PeerOptions } from '../proxy/index.ts';
import { type Body, sample, wholeCorpus } from '../test/traffic.ts';
import { atRate, connect, finish, quantile, saturate, start } from './proxy/load.ts';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 3 : 7;
const ROUND_MS = quick ? 1000 : 2000;
const LIMIT = quick ? 200 : Number.POSITIVE_INFINITY;

interface Bytes {
  bodies: number;
  plain: number;
  /** As requests and as answers, in a session without protection and under AEAD; undefined where it cannot be protected. */
  request: number;
  response: number;
  aead: number;
  aeadPlain: number;
}

/** Bytes on the line between the two, by kind. */
async function bytes(
  all: readonly Body[],
  security: NonNullable<PeerOptions['security']>,
  table: Map<string, Bytes>,
): Promise<void> {
  let answer = '';
  const upstream = createServer((request, response) => {
    request.resume().on('end', () => {
      const type = isEvents(answer) ? 'text/event-stream' : 'application/json';
      response.writeHead(200, { 'content-type': type }).end(answer);
    });
  });
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  const key = security === 'none' ? {} : { peerKey: new Uint8Array(32).fill(9) };
  const own = { port: 0, log: () => undefined, scanRequests: false, scanResponses: false, peer: { security }, ...key };
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const server = createPeerServer({ upstream: url, ...own });
  const proxy = createProxy({ upstream: `m2m+http://127.0.0.1:${(await server.listen()).port}`, ...own });
  const { port } = await proxy.listen();
  for (const { kind, body } of all) {
    answer = body;
    const [read, written] = [server.metrics.bytesIn.value(), server.metrics.bytesOut.value()];
    const got = await fetch(`http://127.0.0.1:${port}/v1/any`, { method: 'POST', body: isEvents(body) ? '{}' : body });
    const text = await got.text();
    if (got.status !== 200 || text !== body) throw new Error(`${kind}: the pair changed a body (${got.status})`);
    await settled(() => server.metrics.inflight.value() === 0);
    const row = table.get(kind) ?? { bodies: 0, plain: 0, request: 0, response: 0, aead: 0, aeadPlain: 0 };
    table.set(kind, row);
    const out = server.metrics.bytesOut.value() - written;
    if (security === 'aead') {
      row.aead += out;
      row.aeadPlain += Buffer.byteLength(body);
    } else {
      row.bodies++;
      row.plain += Buffer.byteLength(body);
      row.request += isEvents(body) ? 0 : server.metrics.bytesIn.value() - read;
      row.response += out;
    }
  }
  await proxy.close();
  await server.close();
  upstream.close();
}

function isEvents(body: string): boolean {
  return /^(?:event|data|id|:)/u.test(body);
}

async function settled(claim: () => boolean): Promise<void> {
  while (!claim()) await new Promise((done) => setImmediate(done));
}

const SIDES = ['proxy', 'pair', 'aead'] as const;
type Side = (typeof SIDES)[number];

interface Timing {
  /** Requests a second. */
  readonly rps: number;
  /** Milliseconds of an answer at half the pair's own rate. */
  readonly p50: number;
  readonly p99: number;
}

async function timing(): Promise<Record<Side, Timing>> {
  const upstream = await start('upstream');
  const servers = {
    proxy: await start('proxy', upstream),
    pair: await start('near-none', await start('server-none', upstream)),
    aead: await start('near-aead', await start('server-aead', upstream)),
  };
  const pools = Object.fromEntries(SIDES.map((side) => [side, connect(servers[side])])) as Record<Side, Pool>;
  const rates: Record<Side, number[]> = { proxy: [], pair: [], aead: [] };
  const times: Record<Side, number[]> = { proxy: [], pair: [], aead: [] };
  for (const side of SIDES) await saturate(pools[side], ROUND_MS);
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < SIDES.length; i++) {
      const side = SIDES[(round + i) % SIDES.length]!;
      rates[side].push(await saturate(pools[side], ROUND_MS));
    }
  }
  const rate = Math.min(quantile(rates.pair, 0.5), quantile(rates.aead, 0.5)) / 2;
  for (let round = 0; round < ROUNDS; round++) {
    for (const side of SIDES) times[side].push(...(await atRate(pools[side], rate, ROUND_MS)));
  }
  await Promise.all(SIDES.map((side) => pools[side].destroy()));
  const of = (side: Side): Timing => ({
    rps: quantile(rates[side], 0.5),
    p50: quantile(times[side], 0.5),
    p99: quantile(times[side], 0.99),
  });
  return { proxy: of('proxy'), pair: of('pair'), aead: of('aead') };
}

function percent(part: number, whole: number): string {
  return part === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

async function main(): Promise<void> {
  const table = new Map<string, Bytes>();
  const all = (wholeCorpus() ?? sample).slice(0, LIMIT);
  await bytes(all, 'none', table);
  await bytes(
    all.filter(({ body }) => (isEvents(body) ? everyEventIsJson(body) : isJson(body))),
    'aead',
    table,
  );
  const rows = [...table].sort(([a], [b]) => (a < b ? -1 : 1));
  const sides = await timing();
  const lines = [
    `bodies between the peers (without headers), in % of the plain ones   ${all.length} bodies; AEAD: those that are JSON`,
    'kind                 bodies      plain    as request    as answer    as answer, AEAD',
    ...rows.map(([kind, row]) =>
      [
        kind.padEnd(20),
        String(row.bodies).padStart(6),
        `${(row.plain / 1024).toFixed(0)} KB`.padStart(11),
        percent(row.request, row.plain).padStart(13),
        percent(row.response, row.plain).padStart(12),
        percent(row.aead, row.aeadPlain).padStart(18),
      ].join(' '),
    ),
    '',
    `requests a second    one proxy 1.00 ×   pair ${(sides.pair.rps / sides.proxy.rps).toFixed(2)} ×   pair, AEAD ${(sides.aead.rps / sides.proxy.rps).toFixed(2)} ×   (one proxy ${sides.proxy.rps.toFixed(0)})`,
    `added p50            pair ${(sides.pair.p50 - sides.proxy.p50).toFixed(2)} ms   pair, AEAD ${(sides.aead.p50 - sides.proxy.p50).toFixed(2)} ms   (one proxy ${sides.proxy.p50.toFixed(2)} ms, at half of the slower pair's rate)`,
    `Node ${process.version}, ${process.platform}-${process.arch}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}; all processes share these`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (process.argv.includes('--json')) {
    process.stdout.write(
      `${JSON.stringify({ bench: 'pair', bytes: Object.fromEntries(rows), sides, node: process.version })}\n`,
    );
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What is no JSON cannot be protected. */
function everyEventIsJson(body: string): boolean {
  const payloads = body.split('\n').filter((line) => line.startsWith('data:'));
  return payloads.every((line) => /^data: ?(?:\[DONE\])?\s*$/u.test(line) || isJson(line.slice(5)));
}

try {
  await main();
} finally {
  finish();
}
