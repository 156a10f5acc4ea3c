/** Input for the ternary GEMM, from a seed, and calls of it on the reference and on each tier. */
import { ModuleBuilder } from '../../../kernels/asm/index.ts';
import type { Epilogue } from '../../../kernels/device.ts';
import { pack } from '../../../kernels/format/t16x4.ts';
import { ternaryGemm, ternarySums } from '../../../kernels/ops/ternary-gemm/reference.ts';
import type { Tier } from '../../../kernels/ops/ternary-gemm/tiers.ts';
import { MODES } from '../../../kernels/ops/ternary-gemm/tiles.ts';
import { emitTernaryGemm, ternaryGemmWork } from '../../../kernels/ops/ternary-gemm/wasm.ts';
import { randomFrom } from '../../models/random-model.ts';

export interface Sample {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Rows of each expert. */
  readonly groups: Int32Array;
  readonly values: Int8Array;
  readonly scales: Float32Array;
  readonly sums: Int32Array;
  readonly codes: Uint8Array;
  readonly channelScales: Float32Array;
  /** What `add` adds to. */
  readonly before: Float32Array;
}

export type RowKind = 'random' | 'high' | 'low' | 'zero' | 'alternating';
export type WeightKind = 'random' | 'plus' | 'minus' | 'zero' | 'alternating';

const ROWS: Readonly<Record<RowKind, (k: number, random: () => number) => number>> = {
  random: (_, random) => Math.floor(random() * 255) - 127,
  high: () => 127,
  low: () => -127,
  zero: () => 0,
  alternating: (k) => (k % 2 === 0 ? 127 : -127),
};
const WEIGHTS: Readonly<Record<WeightKind, (k: number, random: () => number) => number>> = {
  random: (_, random) => Math.floor(random() * 3) - 1,
  plus: () => 1,
  minus: () => -1,
  zero: () => 0,
  alternating: (k) => (k % 2 === 0 ? 1 : -1),
};

export function sample(
  shape: { counts: readonly number[]; inputs: number; outputs: number },
  seed: number,
  rowKind: (row: number) => RowKind = () => 'random',
  weightKind: WeightKind = 'random',
): Sample {
  const { counts, inputs, outputs } = shape;
  const random = randomFrom(seed);
  const groups = Int32Array.from([0, ...counts.map((_, e) => counts.slice(0, e + 1).reduce((a, b) => a + b, 0))]);
  const rows = groups.at(-1)!;
  const values = Int8Array.from({ length: rows * inputs }, (_, i) =>
    ROWS[rowKind(Math.floor(i / inputs))](i % inputs, random),
  );
  const codes = new Uint8Array((counts.length * inputs * outputs) / 4);
  for (let e = 0; e < counts.length; e++) {
    const weights = Int8Array.from({ length: inputs * outputs }, (_, i) => WEIGHTS[weightKind](i % inputs, random));
    codes.set(pack(weights, outputs, inputs), (e * inputs * outputs) / 4);
  }
  const floats = (count: number): Float32Array => Float32Array.from({ length: count }, () => random() - 0.3);
  const sums = Int32Array.from({ length: rows }, (_, r) =>
    values.subarray(r * inputs, (r + 1) * inputs).reduce((a, b) => a + b, 0),
  );
  return {
    ...{ rows, inputs, outputs, groups, values, sums, codes },
    scales: floats(rows),
    channelScales: floats(counts.length * outputs),
    before: floats(rows * outputs),
  };
}

/** i32 [rows, outputs]: the sums alone. */
export function sumsOnReference(s: Sample): Int32Array {
  const out = new Int32Array(s.rows * s.outputs);
  ternarySums(s, s.codes, s.groups, s, out);
  return out;
}

/** f32 [rows, outputs] */
export function gemmOnReference(s: Sample, epilogue: Epilogue): Float32Array {
  const out = s.before.slice();
  ternaryGemm(s, s.codes, s.channelScales, s.groups, s, epilogue, out);
  return out;
}

export interface Compiled {
  sums(s: Sample): Int32Array;
  gemm(s: Sample, epilogue: Epilogue): Float32Array;
}

/** The GEMM of one tier in a module of its own. What lies before and behind the output is checked to stay as it was. */
export function compile(tier: Tier): Compiled {
  const module = new ModuleBuilder();
  module.importMemory('host', 'memory', 1);
  module.export(emitTernaryGemm(module, tier));
  const memory = new WebAssembly.Memory({ initial: 64 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { host: { memory } });
  const { ternaryGemm: kernel } = exports as unknown as { ternaryGemm: (...operands: number[]) => void };

  const run = (s: Sample, mode: number): ArrayBuffer => {
    const guard = new Uint8Array(64).fill(0xa5);
    const work = new Uint8Array(ternaryGemmWork(s.inputs)).fill(0x5a);
    const pieces = [
      s.values,
      s.scales,
      s.sums,
      s.codes,
      s.channelScales,
      s.groups,
      guard,
      s.before,
      guard,
      work,
      guard,
    ];
    const at: number[] = [];
    let used = 64;
    for (const { buffer, byteOffset, byteLength } of pieces) {
      at.push(used);
      new Uint8Array(memory.buffer).set(new Uint8Array(buffer, byteOffset, byteLength), used);
      used = Math.ceil((used + byteLength) / 4) * 4;
    }
    const [values, scales, sums, codes, channelScales, groups, , out, , workAt] = at as number[];
    const experts = s.groups.length - 1;
    const grouped = experts === 1 ? 0 : groups!;
    kernel(
      ...[values!, scales!, sums!, s.rows, codes!, channelScales!, s.inputs, s.outputs, grouped, experts],
      ...[mode, out!, workAt!],
    );
    for (const i of [6, 8, 10]) {
      if (new Uint8Array(memory.buffer, at[i]!, 64).some((byte) => byte !== 0xa5))
        throw new Error(`guard ${i} is gone`);
    }
    return memory.buffer.slice(out!, out! + s.before.byteLength);
  };
  return {
    sums: (s) => new Int32Array(run(s, MODES.sums)),
    gemm: (s, epilogue) => new Float32Array(run(s, MODES[epilogue])),
  };
}
