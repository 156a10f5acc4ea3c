/**
 * What a scan by Hydra costs: `npm run bench:scan [-- --json] [--quick]`. The model has the default size and random
 * weights; the time does not depend on them.
 *
 * Scans of 16 to 512 tokens on one core, tokenising included, in turn with the same model in onnxruntime-web and
 * onnxruntime-node (one thread, our tokenizer); 128 tokens in turn with a 22M-parameter encoder in onnxruntime-web
 * (scan/encoder.ts); which part of a scan takes how much; a cold start in a process of its own; the memory of a worker;
 * two workers against one. Claims are ratios of medians of samples that took turns.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { HydraClassifier } from '../engine/classifier.ts';
import { loadHydra } from '../engine/node.ts';
import { ROLES, splitWindows } from '../engine/windows.ts';
import { createDevice, type DeviceName } from '../kernels/choose.ts';
import type { Device } from '../kernels/device.ts';
import { TIERS } from '../kernels/tier.ts';
import type { HydraModel } from '../models/hydra.ts';
import { loadHydraModel } from '../models/load.ts';
import type { ModelTokenizer } from '../tokenizer/index.ts';
import { openPeer, PEERS, type PeerName } from './scan/peers.ts';
import { raceEncoder } from './scan/race.ts';
import { builtEngine, median, modelFolder, quantile, readTokenizer, textsOf } from './scan/subject.ts';

const quick = process.argv.includes('--quick');
const LENGTHS = [16, 60, 128, 256, 512];
const SAMPLES = quick ? 40 : 400;
const WARM_UP = quick ? 30 : 150;
/** Peers take ten times as long and vary less. */
const EACH_PEER_SAMPLE = 4;
const ENCODER_SAMPLES = quick ? 10 : 60;
const COLD_STARTS = quick ? 3 : 15;
const BATCH = quick ? 300 : 2000;
const BATCH_ROUNDS = quick ? 2 : 5;

type Scan = (text: string) => Promise<unknown>;
interface Subject {
  readonly folder: string;
  readonly model: HydraModel;
  readonly tokenizer: ModelTokenizer;
}

/** Every tier that runs here, the chosen one under `auto`, and every peer that is installed. */
async function contestants(subject: Subject): Promise<{ scans: Map<string, Scan>; missing: string[]; tier: string }> {
  const scans = new Map<string, Scan>();
  const missing: string[] = [];
  const chosen = await createDevice('auto');
  for (const tier of TIERS) {
    try {
      const name: DeviceName = `wasm-${tier}`;
      scans.set(tier, scanOf(subject, name === chosen.name ? chosen : await createDevice(name)));
    } catch (error) {
      missing.push(`${tier}: ${(error as Error).message}`);
    }
  }
  for (const name of PEERS) {
    const peer = await openPeer(name, subject.folder);
    if ('missing' in peer) {
      missing.push(`${name}: ${peer.missing}`);
      continue;
    }
    const { config } = subject.model;
    scans.set(name, async (text) => {
      const { ids } = subject.tokenizer.encode(text);
      const role = config.vocab - ROLES.length;
      for (const { from, to } of splitWindows(0, ids.length, config)) await peer.run([role, ...ids.subarray(from, to)]);
    });
  }
  return { scans, missing, tier: chosen.name.replace('wasm-', '') };
}

function scanOf({ model, tokenizer }: Subject, device: Device): Scan {
  const classifier = new HydraClassifier(model, device, tokenizer);
  return (text) => classifier.classify([{ text, role: 'user' }]);
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Milliseconds of scans of one length, all contestants in turn. */
async function times(
  length: number,
  scans: ReadonlyMap<string, Scan>,
  tokenizer: ModelTokenizer,
): Promise<Map<string, number[]>> {
  const texts = textsOf(length, 20, tokenizer);
  const found = new Map([...scans.keys()].map((name) => [name, [] as number[]]));
  for (let i = -WARM_UP; i < SAMPLES; i++) {
    for (const [name, scan] of scans) {
      if (PEERS.includes(name as PeerName) && i % EACH_PEER_SAMPLE !== 0) continue;
      const ms = await elapsed(() => scan(texts[(i + WARM_UP) % texts.length]!));
      if (i >= 0) found.get(name)!.push(ms);
    }
  }
  return found;
}

const PARTS = ['tokenise', 'norm and quantise', 'GEMM', 'attention', 'rest'] as const;
type Part = (typeof PARTS)[number];

/** Which part of a scan takes how much, from scans of their own: the clock between two operations costs time too. */
async function shares(subject: Subject, tier: string, length: number): Promise<Record<Part, number>> {
  const spent: Record<Part, number> = { tokenise: 0, 'norm and quantise': 0, GEMM: 0, attention: 0, rest: 0 };
  const timed = <T>(part: Part, work: () => T): T => {
    const started = performance.now();
    const result = work();
    spent[part] += performance.now() - started;
    return result;
  };
  const device = await createDevice(`wasm-${tier}` as DeviceName);
  const watched = new Proxy(device, {
    get(target, name) {
      const member = target[name as keyof Device];
      if (typeof member !== 'function') return member;
      const call = member.bind(target) as (...operands: unknown[]) => unknown;
      const part = partOf(String(name));
      return part === undefined ? call : (...operands: unknown[]) => timed(part, () => call(...operands));
    },
  });
  const { encode, ...others } = subject.tokenizer;
  const tokenizer = { ...others, encode: (text: string) => timed('tokenise', () => encode(text)) };
  const scan = scanOf({ ...subject, tokenizer }, watched);
  const texts = textsOf(length, 20, subject.tokenizer);
  for (let i = 0; i < WARM_UP; i++) await scan(texts[i % texts.length]!);
  for (const part of PARTS) spent[part] = 0;
  let total = 0;
  for (let i = 0; i < SAMPLES / 2; i++) total += await elapsed(() => scan(texts[i % texts.length]!));
  spent.rest = total - PARTS.reduce((sum, part) => sum + spent[part], 0);
  for (const part of PARTS) spent[part] /= total;
  return spent;
}

function partOf(operation: string): Part | undefined {
  if (operation === 'ternaryGemm') return 'GEMM';
  if (operation === 'rotaryAttention') return 'attention';
  return operation.startsWith('rmsnorm') ? 'norm and quantise' : undefined;
}

/** Milliseconds from import to first score, processes in turn. */
function coldStarts(folder: string, names: readonly string[], engine: string): Record<string, number> {
  const script = join(import.meta.dirname, 'scan/cold.ts');
  const ms = new Map(names.map((name) => [name, [] as number[]]));
  for (let i = 0; i < COLD_STARTS; i++) {
    for (const name of names) {
      const output = execFileSync(process.execPath, [script, name, folder, engine], { stdio: 'pipe' }).toString();
      ms.get(name)!.push((JSON.parse(output) as { ms: number }).ms);
    }
  }
  return Object.fromEntries([...ms].map(([name, all]) => [name, median(all)]));
}

/** Messages a second of pools of one and of two workers in turn; each batch has its own texts. */
async function scaling(folder: string, tokenizer: ModelTokenizer): Promise<Record<1 | 2, number>> {
  const texts = textsOf(60, 30, tokenizer);
  const batch = Array.from({ length: BATCH }, (_, i) => ({ text: texts[i % texts.length]! }));
  const pools = [1, 2].map(async (workers) => ({ workers, pool: await loadHydra({ model: folder, workers }) }));
  const rates: Record<number, number[]> = { 1: [], 2: [] };
  for (let round = -1; round < BATCH_ROUNDS; round++) {
    for (const { workers, pool } of await Promise.all(pools)) {
      const ms = await elapsed(() => pool.classify(batch));
      if (round >= 0) rates[workers]!.push((1000 * BATCH) / ms);
    }
  }
  for (const { pool } of await Promise.all(pools)) pool.close();
  return { 1: median(rates[1]!), 2: median(rates[2]!) };
}

/** What the way to a worker and back adds to a scan of one text, in milliseconds. */
async function viaWorker(subject: Subject, tier: string): Promise<number> {
  const [text] = textsOf(16, 1, subject.tokenizer);
  const own = scanOf(subject, await createDevice(`wasm-${tier}` as DeviceName));
  const pool = await loadHydra({ model: subject.folder, workers: 1, tier: tier as (typeof TIERS)[number] });
  const [here, there] = [[] as number[], [] as number[]];
  for (let i = -WARM_UP; i < SAMPLES; i++) {
    const ms = [await elapsed(() => own(text!)), await elapsed(() => pool.classify([{ text: text!, role: 'user' }]))];
    if (i < 0) continue;
    here.push(ms[0]!);
    there.push(ms[1]!);
  }
  pool.close();
  return median(there) - median(here);
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
const folder = modelFolder();
try {
  const { model } = await loadHydraModel(new Uint8Array(readFileSync(join(folder, 'model.safetensors'))));
  const subject: Subject = { folder, model, tokenizer: readTokenizer(folder) };
  const machine = `${cpus()[0]?.model.trim()} × ${availableParallelism()}, Node ${process.version}, V8 ${process.versions.v8}`;
  const { scans, missing, tier } = await contestants(subject);
  console.log(`${machine}\nauto takes ${tier}; ${SAMPLES} scans of each length and tier\n`);
  for (const line of missing) console.log(`not measured  ${line}`);

  console.log(`${'tokens'.padEnd(8)}${[...scans.keys()].map((name) => `${name} p50  p99`.padStart(26)).join('')}`);
  const scan: Record<string, Record<string, { p50: number; p99: number; samples: number }>> = {};
  for (const length of LENGTHS) {
    const found = await times(length, scans, subject.tokenizer);
    const rows = [...found].map(([name, ms]) => {
      const row = { p50: median(ms), p99: quantile(ms, 0.99), samples: ms.length };
      return [name, row] as const;
    });
    scan[length] = Object.fromEntries(rows);
    const cells = rows.map(([, { p50, p99 }]) => `${p50.toFixed(2)}  ${p99.toFixed(2)}`.padStart(26));
    console.log(`${String(length).padEnd(8)}${cells.join('')}`);
  }
  const ratios: Record<string, number> = {};
  for (const peer of PEERS.filter((name) => scans.has(name))) {
    for (const length of LENGTHS) {
      ratios[`scan_${length}_vs_${peer}`] = scan[length]![peer]!.p50 / scan[length]![tier]!.p50;
    }
  }

  const encoder = await raceEncoder(scans.get(tier)!, textsOf(128, 20, subject.tokenizer), 128, ENCODER_SAMPLES);
  if ('missing' in encoder) {
    missing.push(`22M encoder: ${encoder.missing}`);
    console.log(`\nnot measured  ${missing.at(-1)}`);
  } else {
    const { parameters, oursMs, encoderMs } = encoder;
    ratios.scan128_vs_22m_ort_web = encoderMs / oursMs;
    console.log(
      `\n128 tokens in turn with an encoder of ${(parameters / 1e6).toFixed(1)}M parameters in onnxruntime-web`,
    );
    console.log(`${tier} p50 ${oursMs.toFixed(2)} ms, the encoder's ${encoderMs.toFixed(1)} ms`);
  }

  console.log(`\nparts of a scan, ${tier}`);
  const parts: Record<string, Record<Part, number>> = {};
  for (const length of LENGTHS) {
    parts[length] = await shares(subject, tier, length);
    const cells = PARTS.map((part) => `${part} ${percent(parts[length]![part])}`.padStart(26));
    console.log(`${String(length).padEnd(8)}${cells.join('')}`);
  }

  const toWorkerMs = await viaWorker(subject, tier);
  console.log(`\nto a worker and back adds ${toWorkerMs.toFixed(2)} ms`);

  const engine = builtEngine();
  const cold = coldStarts(folder, ['ours', ...PEERS.filter((name) => scans.has(name))], engine.path);
  console.log(`\ncold start, import to first score (${engine.what}), medians of ${COLD_STARTS}`);
  for (const [name, ms] of Object.entries(cold)) {
    if (name !== 'ours') ratios[`cold_vs_${name}`] = ms / cold.ours!;
    console.log(`${name.padEnd(18)}${ms.toFixed(0).padStart(6)} ms`);
  }

  const script = join(import.meta.dirname, 'scan/memory.ts');
  const memory = JSON.parse(
    execFileSync(process.execPath, ['--expose-gc', script, folder, engine.path]).toString(),
  ) as {
    deviceBytes: number;
    firstBytes: number;
    furtherBytes: number;
  };
  console.log(
    `\nmemory: weights and activations ${mib(memory.deviceBytes)}; a further worker ${mib(memory.furtherBytes)}`,
  );
  console.log(`with the first one, which brings the engine's code and the file, ${mib(memory.firstBytes)}`);

  const rates = await scaling(folder, subject.tokenizer);
  ratios.two_workers_vs_one = rates[2] / rates[1];
  console.log(`\n${BATCH} messages of 60 tokens, ${BATCH_ROUNDS} rounds in turn`);
  console.log(`one worker ${rates[1].toFixed(0)}/s, two ${rates[2].toFixed(0)}/s`);

  console.log('\nratios');
  for (const [name, ratio] of Object.entries(ratios))
    console.log(`${name.padEnd(30)}${ratio.toFixed(2).padStart(8)} ×`);
  if (process.argv.includes('--json')) {
    console.log(
      JSON.stringify({
        ratios,
        machine,
        tier,
        scan,
        encoder,
        parts,
        toWorkerMs,
        cold: { engine: engine.what, ms: cold },
        memory,
        messagesPerS: rates,
        missing,
      }),
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
