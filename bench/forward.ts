/**
 * How long Hydra's forward pass takes at its default size (random weights: the time does not depend on them), on each tier
 * in turn, and which op takes which part of it.
 *
 *     node bench/forward.ts [--tokens 128] [--passes 300]
 *
 * One window on one core. The passes of the tiers are interleaved; shares come from passes of their own, because the
 * clock between two ops costs time too.
 */
import { parseArgs } from 'node:util';
import { Forward } from '../engine/forward.ts';
import { ROLES } from '../engine/windows.ts';
import { createDevice } from '../kernels/choose.ts';
import type { Device, Ternary } from '../kernels/device.ts';
import { TIERS } from '../kernels/tier.ts';
import { DEFAULT, randomFrom, randomModel } from '../test/models/random-model.ts';

const { values } = parseArgs({
  options: { tokens: { type: 'string', default: '128' }, passes: { type: 'string', default: '300' } },
});
const tokens = Number(values.tokens);
const passes = Number(values.passes);
const WARM_UP = 100;

const model = randomModel(DEFAULT, 1);
const random = randomFrom(2);
const ids = Int32Array.from({ length: tokens }, () => Math.floor(random() * (DEFAULT.vocab - ROLES.length)));
const offsets = Int32Array.of(0, tokens);

const runs = [];
for (const tier of TIERS) {
  const times = new Map<string, number>();
  const plain = await createDevice(`wasm-${tier}`);
  const watched = timed(await createDevice(`wasm-${tier}`), times);
  const forwards = [plain, watched].map((device) => new Forward(device, model, { rows: DEFAULT.window, windows: 1 }));
  runs.push({ tier, times, plain, forward: forwards[0]!, watched: forwards[1]!, passes: [] as number[] });
}

for (let i = 0; i < WARM_UP + passes; i++) {
  for (const run of runs) {
    const started = performance.now();
    await run.forward.run(ids, offsets);
    if (i >= WARM_UP) run.passes.push(performance.now() - started);
    if (i === WARM_UP) run.times.clear();
    await run.watched.run(ids, offsets);
  }
}

console.log(
  `${tokens} tokens, ${passes} passes a tier, Node ${process.version} (V8 ${process.versions.v8}), ${process.arch}`,
);
for (const { tier, times, plain, passes: durations } of runs) {
  const sorted = durations.toSorted((a, b) => a - b);
  const at = (part: number) => `${sorted[Math.floor(part * (sorted.length - 1))]!.toFixed(2)} ms`;
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  const gemm = [...times].reduce((sum, [op, time]) => (op.startsWith('ternaryGemm') ? sum + time : sum), 0);
  const rest = (100 * (1 - gemm / total)).toFixed(1);
  const memory = (plain.memoryBytes / 2 ** 20).toFixed(1);
  console.log(
    `\n${tier}  p50 ${at(0.5)}  p99 ${at(0.99)}  least ${at(0)}  besides GEMM ${rest} %  memory ${memory} MiB`,
  );
  for (const [op, time] of [...times].sort(([, a], [, b]) => b - a)) {
    console.log(`  ${op.padEnd(24)}${((100 * time) / total).toFixed(1).padStart(6)} %`);
  }
}

/** A device that adds up how long each op takes, GEMMs by shape. */
function timed(device: Device, times: Map<string, number>): Device {
  return new Proxy(device, {
    get(target, name) {
      const member = target[name as keyof Device];
      if (typeof member !== 'function') return member;
      const call = member.bind(target) as (...operands: unknown[]) => unknown;
      if (['upload', 'allocate', 'write', 'read', 'close'].includes(String(name))) return call;
      return (...operands: unknown[]) => {
        const started = performance.now();
        call(...operands);
        const op = name === 'ternaryGemm' ? `${name} ${(operands[1] as Ternary).scales.shape}` : String(name);
        times.set(op, (times.get(op) ?? 0) + performance.now() - started);
      };
    },
  });
}
