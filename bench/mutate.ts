/**
 * Mutated wires: `npm run bench:mutate [-- --cases N --json]`. Bit flips, truncations, lies about lengths and splices of
 * real wires of every format go through the decoder; whatever is no documented error, takes long or takes memory is told.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import zlib from 'node:zlib';
import { ALGORITHMS, decode, encode } from '../codec/index.ts';
import { M2MError } from '../errors.ts';

const { values: flags } = parseArgs({
  options: { cases: { type: 'string' }, seed: { type: 'string' }, json: { type: 'boolean' } },
});
const CASES = Number(flags.cases ?? 1_000_000);
const LIMIT = 1 << 20;
let state = Number(flags.seed ?? 20_261_122) >>> 0;

/** A number below `n`; the same sequence for the same seed. */
function random(n: number): number {
  state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
  return state % n;
}

async function seeds(): Promise<Uint8Array[]> {
  const sample = readFileSync(resolve(import.meta.dirname, '../test/data/traffic-sample.jsonl'), 'utf8');
  const bodies = sample
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { body: string }).body)
    .filter((body) => body.length < 2500 && body.startsWith('{'));
  const wires: Uint8Array[] = [];
  for (const body of bodies.slice(0, 12)) {
    for (const algorithm of ALGORITHMS) {
      for (const form of ['text', 'binary'] as const) {
        const wire = await encode(algorithm === 'token' ? '{"text":"short keys","x1":[1,2]}' : body, algorithm, {
          form,
        });
        wires.push(typeof wire === 'string' ? new TextEncoder().encode(wire) : wire);
      }
    }
  }
  const old = ['#M3|', '#M2M|hoAiSGVsbG+FfQ==', '#M2M[v2.0]|DATA:eJyrVkpUsjKsBQAIKgIJ'];
  return [...wires, ...old.map((wire) => new TextEncoder().encode(wire))];
}

function mutated(wires: readonly Uint8Array[]): Uint8Array {
  let wire = wires[random(wires.length)]!.slice();
  for (let edits = 1 + random(3); edits > 0 && wire.length > 0; edits--) {
    const at = random(wire.length);
    switch (random(5)) {
      case 0:
        wire[at]! ^= 1 << random(8);
        break;
      case 1:
        wire[at] = [0, 255, 127, 128, 43][random(5)]!;
        break;
      case 2:
        wire = wire.slice(0, at);
        break;
      case 3: {
        // A length, somewhere in the first bytes behind a prefix.
        const place = Math.min(7 + random(40), wire.length - 1);
        wire.fill(255, place, place + 1 + random(4));
        break;
      }
      default: {
        const other = wires[random(wires.length)]!;
        wire = new Uint8Array([...wire.subarray(0, at), ...other.subarray(random(other.length))]);
      }
    }
  }
  return wire;
}

const wires = await seeds();
const counts = { decoded: 0, refused: 0, untyped: 0 };
const faults = new Map<string, number>();
let slowest = 0;
let peak = 0;
const started = performance.now();
for (let i = 0; i < CASES; i++) {
  const wire = mutated(wires);
  const began = performance.now();
  try {
    await decode(wire, { limits: { bytes: LIMIT } });
    counts.decoded++;
  } catch (error) {
    if (error instanceof M2MError) {
      counts.refused++;
      const fault = (error as { fault?: string }).fault ?? error.name;
      faults.set(fault, (faults.get(fault) ?? 0) + 1);
    } else {
      if (counts.untyped++ === 0) console.error(error, Buffer.from(wire).toString('hex'));
    }
  }
  slowest = Math.max(slowest, performance.now() - began);
  if (i % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().rss);
}
const seconds = (performance.now() - started) / 1000;

const bomb = zlib.brotliCompressSync(Buffer.alloc(1 << 30), { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } });
const bombs: number[] = [];
for (let i = 0; i < 5; i++) {
  const began = performance.now();
  const stopped = await decode(`#M2M[v3.0]|DATA:${bomb.toString('base64')}`).catch((error: unknown) => error);
  bombs.push(performance.now() - began);
  if (!(stopped instanceof M2MError)) counts.untyped++;
}
const bombMs = bombs.sort((a, b) => a - b)[2]!;

process.stdout.write(
  `${[
    `mutated wires, ${CASES} cases in ${seconds.toFixed(0)} s (Node ${process.version})`,
    `untyped exceptions   ${counts.untyped}`,
    `decoded, refused     ${counts.decoded}, ${counts.refused}`,
    `slowest case         ${slowest.toFixed(1)} ms`,
    `peak memory          ${(peak / 1e6).toFixed(0)} MB`,
    `1 GiB in ${bomb.length} bytes    stopped after ${bombMs.toFixed(0)} ms`,
    `refused for          ${[...faults]
      .sort((a, b) => b[1] - a[1])
      .map(([fault, n]) => `${fault} ${n}`)
      .join(', ')}`,
  ].join('\n')}\n`,
);
if (flags.json) {
  const result = { bench: 'mutate', cases: CASES, ...counts, slowestMs: slowest, peakBytes: peak, bombMs };
  process.stdout.write(`${JSON.stringify({ ...result, faults: Object.fromEntries(faults) })}\n`);
}
