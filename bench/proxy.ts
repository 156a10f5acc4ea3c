/**
 * What the proxy costs: `npm run bench:proxy [-- --json] [--quick]`.
 *
 * Upstream, bare node:http + undici forwarder and proxy are processes of their own; this one makes the load. Rounds
 * alternate between bare and proxy, so that whatever else the machine does hits both; the claim is the ratio of medians.
 */
import { cpus } from 'node:os';
import { Pool } from 'undici';
import { requests } from './proxy/bodies.ts';
import {
  ask,
  atRate,
  CONNECTIONS,
  connect,
  finish,
  load,
  pause,
  quantile,
  request,
  type Server,
  saturate,
  start,
} from './proxy/load.ts';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 3 : 7;
const ROUND_MS = quick ? 1000 : 2000;

const SIDES = ['bare', 'unscanned', 'proxy'] as const;
type Side = (typeof SIDES)[number];
type Sides<T> = Record<Side, T>;

interface Measured {
  /** Requests a second. */
  readonly rps: number;
  /** Microseconds of processor time a request. */
  readonly cpu: number;
}

/** Rounds that begin with another side each time; medians. */
async function throughput(servers: Sides<Server>, pools: Sides<Pool>): Promise<Sides<Measured>> {
  const rates: Sides<number[]> = { bare: [], unscanned: [], proxy: [] };
  const costs: Sides<number[]> = { bare: [], unscanned: [], proxy: [] };
  for (const side of SIDES) await saturate(pools[side], ROUND_MS);
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < SIDES.length; i++) {
      const side = SIDES[(round + i) % SIDES.length]!;
      const before = Number((await ask(servers[side], 'cpu?')).cpu);
      const began = load.sent;
      rates[side].push(await saturate(pools[side], ROUND_MS));
      costs[side].push((Number((await ask(servers[side], 'cpu?')).cpu) - before) / (load.sent - began));
    }
  }
  const of = (side: Side): Measured => ({ rps: quantile(rates[side], 0.5), cpu: quantile(costs[side], 0.5) });
  return { bare: of('bare'), unscanned: of('unscanned'), proxy: of('proxy') };
}

interface Latency {
  readonly p50: number;
  readonly p99: number;
}

async function latency(bare: Pool, proxy: Pool, rate: number): Promise<{ bare: Latency; proxy: Latency }> {
  const times = { bare: [] as number[], proxy: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    times.bare.push(...(await atRate(bare, rate, ROUND_MS)));
    times.proxy.push(...(await atRate(proxy, rate, ROUND_MS)));
  }
  const of = (values: number[]): Latency => ({ p50: quantile(values, 0.5), p99: quantile(values, 0.99) });
  return { bare: of(times.bare), proxy: of(times.proxy) };
}

/** A thousand requests lie upstream when SIGTERM comes; how many are not answered 200. */
async function drain(upstream: Server, inflight: number): Promise<number> {
  const server = await start('proxy', upstream);
  const pool = new Pool(server.origin, { connections: inflight, pipelining: 1 });
  await ask(upstream, 'forget');
  const answered = Array.from({ length: inflight }, () => request(pool, '/v1/held'));
  while ((await ask(upstream, 'arrived?')).arrived !== inflight) await pause(20);
  server.child.kill('SIGTERM');
  await pause(500);
  await ask(upstream, 'release');
  const statuses = await Promise.all(answered);
  await pool.destroy();
  return statuses.filter((status) => status !== 200).length;
}

/** Clients that leave while the upstream works; how many of its sockets stay open. */
async function aborts(upstream: Server, server: Server, clients: number): Promise<number> {
  await ask(upstream, 'forget');
  const before = Number((await ask(upstream, 'sockets?')).sockets);
  for (let left = clients; left > 0; left -= 500) {
    const pool = new Pool(server.origin, { connections: 500, pipelining: 1 });
    await ask(upstream, 'forget');
    const leave: (() => void)[] = [];
    const gone = Array.from({ length: Math.min(500, left) }, () =>
      request(pool, '/v1/held', (abort) => leave.push(abort)),
    );
    while ((await ask(upstream, 'arrived?')).arrived !== gone.length) await pause(20);
    for (const abort of leave) abort();
    await Promise.all(gone);
    await pool.destroy();
  }
  let open = Infinity;
  for (let tries = 0; tries < 50 && open > 0; tries++) {
    await pause(100);
    open = Math.max(0, Number((await ask(upstream, 'sockets?')).sockets) - before);
  }
  return open;
}

async function main(): Promise<void> {
  const upstream = await start('upstream');
  const servers = {
    bare: await start('bare', upstream),
    unscanned: await start('unscanned', upstream),
    proxy: await start('proxy', upstream),
  };
  const pools = {
    bare: connect(servers.bare),
    unscanned: connect(servers.unscanned),
    proxy: connect(servers.proxy),
  };
  load.workload = 'distinct';
  const worst = await throughput(servers, pools);
  load.workload = 'conversation';
  const sides = await throughput(servers, pools);
  const times = (side: Side, of: keyof Measured): number => sides[side][of] / sides.bare[of];
  const distinct = worst.proxy.rps / worst.bare.rps;
  const rate = sides.proxy.rps / 2;
  const ms = await latency(pools.bare, pools.proxy, rate);
  const broken = await drain(upstream, 1000);
  const left = await aborts(upstream, await start('proxy', upstream), 2000);
  const bodies = requests.conversation;
  const size = Math.round(bodies.reduce((sum, body) => sum + body.length, 0) / bodies.length);
  const lines = [
    `proxy, patterns, conversations, requests of ${size} B on average, ${CONNECTIONS} connections, median of ${ROUNDS} rounds`,
    `requests a second   bare 1.00 ×   proxy ${times('proxy', 'rps').toFixed(2)} ×   scans off ${times('unscanned', 'rps').toFixed(2)} ×   (bare ${sides.bare.rps.toFixed(0)})`,
    `                    every string new: proxy ${distinct.toFixed(2)} ×, CPU ${(worst.proxy.cpu / worst.bare.cpu).toFixed(2)} ×`,
    `CPU a request       bare 1.00 ×   proxy ${times('proxy', 'cpu').toFixed(2)} ×   scans off ${times('unscanned', 'cpu').toFixed(2)} ×   (bare ${sides.bare.cpu.toFixed(0)} µs)`,
    `added at ${rate.toFixed(0)}/s      p50 ${(ms.proxy.p50 - ms.bare.p50).toFixed(2)} ms   p99 ${(ms.proxy.p99 - ms.bare.p99).toFixed(2)} ms   (bare p50 ${ms.bare.p50.toFixed(2)} ms)`,
    `SIGTERM             ${broken} of 1000 requests in flight broken`,
    `client aborts       ${left} upstream sockets left by 2000`,
    `Node ${process.version}, ${process.platform}-${process.arch}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (process.argv.includes('--json')) {
    const result = {
      bench: 'proxy',
      ratio: times('proxy', 'rps'),
      ratioDistinct: distinct,
      ratioUnscanned: times('unscanned', 'rps'),
      sides,
      rate,
      addedP50Ms: ms.proxy.p50 - ms.bare.p50,
      addedP99Ms: ms.proxy.p99 - ms.bare.p99,
      brokenOnSigterm: broken,
      socketsLeft: left,
      node: process.version,
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
  await Promise.all(Object.values(pools).map((pool) => pool.destroy()));
}

try {
  await main();
} finally {
  finish();
}
