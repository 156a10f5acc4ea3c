/**
 * A whole ternary linear map (f32 copied in, RMSNorm, int8, GEMM, scales, f32 copied out) on every tier, in turn with ONNX
 * Runtime's forms of the same map: `node bench/kernels.ts [--json] [--quick]`. One thread each. Ratios are of medians of
 * one interleaved run; above 1 ours is faster. onnxruntime-node comes from bench/peers and is left out, aloud, where absent.
 */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { i16x8, i32, i32x4, ModuleBuilder, type Value } from '../kernels/asm/index.ts';
import { chooseTier, TIERS, type Tier } from '../kernels/tier.ts';
import { createWasm } from '../kernels/wasm.ts';
import { type Form, linearModel } from './kernels/onnx.ts';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 7 : 25;
const FORMS: readonly Form[] = ['fp32', 'int8', '4-bit', '2-bit'];
const SHAPES: readonly [rows: number, outputs: number, inputs: number][] = [
  ...([
    [120, 256, 256],
    [120, 1024, 256],
    [120, 256, 768],
    [120, 768, 768],
    [120, 3072, 768],
  ] as [number, number, number][]),
  ...[1, 6, 12, 24].map((rows): [number, number, number] => [rows, 1024, 256]),
];
/** A native loop of 128-bit vpdpbusd on the machine of the first prototypes, two a cycle. */
const NATIVE_CEILING_GOPS = 230;

interface Ort {
  readonly env?: { wasm: { numThreads: number } };
  readonly Tensor: new (type: 'float32', values: Float32Array, shape: number[]) => object;
  readonly InferenceSession: {
    create(model: Uint8Array, options: object): Promise<{ run(feeds: object): Promise<{ y: { data: Float32Array } }> }>;
  };
}

const web = (await import('onnxruntime-web')) as unknown as Ort;
web.env!.wasm.numThreads = 1;
const native = nativeRuntime();
if (native === undefined)
  process.stderr.write('onnxruntime-node is not installed in bench/peers: its rows are missing\n');

/** `run` does the work once; microseconds of each round come into `times`. */
interface Contestant {
  readonly name: string;
  readonly run: () => unknown;
  readonly times: number[];
}

const medians: Record<string, Record<string, number>> = {};
for (const [rows, outputs, inputs] of SHAPES) {
  const shape = `m${rows} n${outputs} k${inputs}`;
  const contestants = [...(await ours(rows, outputs, inputs)), ...(await theirs('web', web, rows, outputs, inputs))];
  if (native !== undefined) contestants.push(...(await theirs('node', native, rows, outputs, inputs)));
  await race(contestants);
  medians[shape] = Object.fromEntries(contestants.map(({ name, times }) => [name, median(times)]));
  const gops = (us: number): string => ((2 * rows * outputs * inputs) / us / 1000).toFixed(1);
  const cells = Object.entries(medians[shape]).map(([name, us]) => `${name} ${gops(us)}`);
  process.stdout.write(`${shape}  GOPS: ${cells.join(', ')}\n`);
}

const ceiling = Object.fromEntries(TIERS.map((tier) => [tier, ceilingGops(tier)]));
const best = Math.max(...Object.values(ceiling));
const ratios: Record<string, number> = {};
for (const tier of TIERS) {
  for (const peer of ['web', 'node']) {
    for (const form of FORMS) {
      for (const rows of [1, 120])
        note(`linear_m${rows}_vs_ort_${peer}_${form.replace('-', '')}`, tier, `${peer} ${form}`, rows);
    }
  }
  const gops = (rows: number): number => (rows * 1024 * 256) / medians[`m${rows} n1024 k256`]![`${tier} gemm`]!;
  ratios[`${tier}_expert_m12_vs_m120`] = round(gops(12) / gops(120));
  const fastest = Math.max(
    ...SHAPES.map(([m, n, k]) => (2 * m * n * k) / medians[`m${m} n${n} k${k}`]![`${tier} gemm`]! / 1000),
  );
  ratios[`${tier}_gemm_vs_own_ceiling`] = round(fastest / ceiling[tier]!);
  ratios[`${tier}_gemm_vs_best_ceiling`] = round(fastest / best);
}
const { tier: chosen } = chooseTier();
// The chosen tier's once more, under names that are the same on every machine.
for (const [name, ratio] of Object.entries(ratios)) {
  if (name.startsWith(`${chosen}_`)) ratios[name.slice(chosen.length + 1)] = ratio;
}
const machine = `Node ${process.version}, ${process.arch}, ${cpus()[0]?.model ?? 'unknown CPU'}`;
process.stdout.write(`\nchosen tier ${chosen}; ${machine}; medians of ${ROUNDS}\n`);
process.stdout.write(`register loops, GOPS: ${JSON.stringify(ceiling)} (native, elsewhere: ${NATIVE_CEILING_GOPS})\n`);
for (const [name, ratio] of Object.entries(ratios)) process.stdout.write(`${name.padEnd(48)} ${ratio}\n`);
if (process.argv.includes('--json')) {
  process.stdout.write(
    `${JSON.stringify({ bench: 'kernels', ratios, machine, chosen, ceiling, microseconds: medians })}\n`,
  );
}
process.exit(0);

/** The median and the lowest ratio of a tier to a peer over all shapes with so many rows. */
function note(name: string, tier: Tier, peer: string, rows: number): void {
  const all = SHAPES.filter(([m]) => m === rows)
    .map(([m, n, k]) => medians[`m${m} n${n} k${k}`]!)
    .filter((row) => row[peer] !== undefined)
    .map((row) => row[peer]! / row[tier]!);
  if (all.length === 0) return;
  ratios[`${tier}_${name}`] = round(median(all));
  ratios[`${tier}_${name}_lowest`] = round(Math.min(...all));
}

/** The whole map and the GEMM alone on each tier. */
async function ours(rows: number, outputs: number, inputs: number): Promise<Contestant[]> {
  const contestants: Contestant[] = [];
  for (const tier of TIERS) {
    const device = await createWasm(tier);
    const codes = Uint8Array.from({ length: (outputs * inputs) / 4 }, (_, i) => [0x15, 0x46, 0x89, 0x24][(i * 7) & 3]!);
    const w = {
      codes: device.upload(codes, [outputs / 16, inputs / 4, 16]),
      scales: device.upload(new Float32Array(outputs).fill(0.5), [outputs]),
    };
    const gain = device.upload(new Float32Array(inputs).fill(1), [inputs]);
    const x = device.allocate('f32', [rows, inputs]);
    const q = {
      values: device.allocate('i8', [rows, inputs]),
      scales: device.allocate('f32', [rows]),
      sums: device.allocate('i32', [rows]),
    };
    const out = device.allocate('f32', [rows, outputs]);
    const from = activations(rows * inputs);
    const to = new Float32Array(rows * outputs);
    contestants.push({
      name: tier,
      times: [],
      run: () => {
        device.write(x, from);
        device.rmsnormQuantise(x, gain, 1e-5, rows, q, null);
        device.ternaryGemm(q, w, rows, 'none', out, null);
        return device.read(out, to);
      },
    });
    contestants.push({
      name: `${tier} gemm`,
      times: [],
      run: () => device.ternaryGemm(q, w, rows, 'none', out, null),
    });
  }
  return contestants;
}

async function theirs(name: string, ort: Ort, rows: number, outputs: number, inputs: number): Promise<Contestant[]> {
  const contestants: Contestant[] = [];
  for (const form of FORMS) {
    const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
    const session = await ort.InferenceSession.create(linearModel(form, rows, outputs, inputs), options);
    const x = new ort.Tensor('float32', activations(rows * inputs), [rows, inputs]);
    contestants.push({ name: `${name} ${form}`, times: [], run: () => session.run({ x }) });
  }
  return contestants;
}

function activations(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 0.7) * 2);
}

/** Rounds in which each contestant runs for some milliseconds. */
async function race(contestants: readonly Contestant[]): Promise<void> {
  const batches = new Map<Contestant, number>();
  for (const contestant of contestants) {
    const started = performance.now();
    let runs = 0;
    // Long enough for V8 to optimise the kernels of ours.
    while (performance.now() - started < 60) {
      await contestant.run();
      runs++;
    }
    batches.set(contestant, Math.max(1, Math.round(runs / 20)));
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const contestant of contestants) {
      const runs = batches.get(contestant)!;
      const started = performance.now();
      for (let i = 0; i < runs; i++) await contestant.run();
      contestant.times.push(((performance.now() - started) * 1000) / runs);
    }
  }
}

/** The multiply-adds of a tier over registers alone: ten sums, no memory, the best of many turns. */
function ceilingGops(tier: Tier): number {
  const turns = 20_000;
  const module = new ModuleBuilder();
  module.export(
    module.function('spin', { turns: 'i32' }, 'i32', (f, { turns: left }) => {
      const sums = f.locals('v128', 10);
      const [a, w] = [f.local('v128', i32x4.splat(left)), f.local('v128', i32x4.splat(i32.and(left, 1)))];
      const step = (sum: Value<'v128'>): Value<'v128'> => {
        if (tier === 'dot32') return i32x4.relaxed_dot_i8x16_i7x16_add_s(a, w, sum);
        if (tier === 'dot16') return i16x8.add(sum, i16x8.relaxed_dot_i8x16_i7x16_s(sum, w));
        return i32x4.add(sum, i32x4.dot_i16x8_s(sum, w));
      };
      f.loop((again) => {
        for (let repeat = 0; repeat < 2; repeat++) for (const sum of sums) f.set(sum, step(sum));
        f.step(left, -1);
        f.branch(again, left);
      });
      const total = f.local('v128');
      for (const sum of sums) f.set(total, i32x4.add(total, sum));
      f.return(i32x4.extract_lane(total, 0));
    }),
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()));
  const spin = exports.spin as (turns: number) => number;
  let bestMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 300; i++) {
    const started = performance.now();
    spin(turns);
    bestMs = Math.min(bestMs, performance.now() - started);
  }
  // 16 multiply-adds each, in every tier.
  return round((turns * 20 * 32) / bestMs / 1e6);
}

function nativeRuntime(): Ort | undefined {
  try {
    return createRequire(new URL('./peers/package.json', import.meta.url))('onnxruntime-node') as Ort;
  } catch (error) {
    process.stderr.write(`${(error as Error).message.split('\n')[0]}\n`);
    return undefined;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function round(n: number): number {
  return Math.round(n * 100) / 100;
}
