/** RMSNorm and its int8 form: plain loops and WASM agree to the last bit, and the loops do what the formulas say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModuleBuilder } from '../../../kernels/asm/index.ts';
import { rmsnorm, rmsnormQuantise } from '../../../kernels/ops/rmsnorm-quantise/reference.ts';
import { emitRmsnorm, emitRmsnormQuantise } from '../../../kernels/ops/rmsnorm-quantise/wasm.ts';
import { runs } from '../../scale.ts';

const EPS = 1e-5;
const memory = new WebAssembly.Memory({ initial: 16 });
const kernels = compile();

function compile(): Record<'rmsnorm' | 'rmsnormQuantise', (...operands: number[]) => void> {
  const module = new ModuleBuilder();
  module.importMemory('host', 'memory', 1);
  module.export(emitRmsnorm(module));
  module.export(emitRmsnormQuantise(module));
  const compiled = new WebAssembly.Module(module.finish());
  return new WebAssembly.Instance(compiled, { host: { memory } }).exports as never;
}

interface Answer {
  readonly values: Int8Array;
  readonly scales: Float32Array;
  readonly sums: Int32Array;
  readonly normed: Float32Array;
}

function blank(rows: number, width: number): Answer {
  const values = new Int8Array(rows * width).fill(85);
  const normed = new Float32Array(rows * width).fill(85);
  return { values, scales: new Float32Array(rows).fill(85), sums: new Int32Array(rows).fill(85), normed };
}

function onReference(x: Float32Array, gain: Float32Array, rows: number, keep = true): Answer {
  const out = blank(rows, gain.length);
  rmsnormQuantise(x, gain, EPS, rows, gain.length, out, keep ? out.normed : null);
  return out;
}

/** The same through WASM: [x][gain][values][scales][sums][normed], one after the other. */
function onWasm(x: Float32Array, gain: Float32Array, rows: number, keep = true): Answer {
  const width = gain.length;
  const out = blank(rows, width);
  const pieces = [x, gain, out.normed, out.scales, out.sums, out.values];
  const at: number[] = [];
  let used = 64;
  for (const { buffer, byteLength } of pieces) {
    at.push(used);
    new Uint8Array(memory.buffer).set(new Uint8Array(buffer, 0, byteLength), used);
    used += byteLength;
  }
  const [xAt, gainAt, normed, scales, sums, values] = at as [number, number, number, number, number, number];
  kernels.rmsnormQuantise(xAt, gainAt, EPS, rows, width, values, scales, sums, keep ? normed : 0);
  pieces.forEach((piece, i) => {
    new Uint8Array(piece.buffer).set(new Uint8Array(memory.buffer, at[i]!, piece.byteLength));
  });
  return out;
}

const ordinary = fc.float({ min: -8, max: 8, noNaN: true });
const wild = fc.oneof(
  ordinary,
  fc.constantFrom(0, -0, 2 ** -126, -(2 ** -149), 2 ** -60, 2 ** 20, -(2 ** 20)).map(Math.fround),
);
const samples = fc
  .record({ rows: fc.integer({ min: 1, max: 3 }), quads: fc.integer({ min: 1, max: 21 }) })
  .chain(({ rows, quads }) => {
    const floats = (count: number, value: fc.Arbitrary<number>) =>
      fc.array(value, { minLength: count, maxLength: count }).map((values) => Float32Array.from(values));
    return fc.record({ rows: fc.constant(rows), x: floats(rows * quads * 4, wild), gain: floats(quads * 4, ordinary) });
  });

describe('rmsnorm-quantise', () => {
  it('is the same to the last bit on the reference and in WASM', () => {
    fc.assert(
      fc.property(samples, fc.boolean(), ({ rows, x, gain }, keep) => {
        expect(onWasm(x, gain, rows, keep)).toEqual(onReference(x, gain, rows, keep));
      }),
      { numRuns: runs(300, 3000) },
    );
  });

  it('keeps normed rows that are those of rmsnorm, in WASM as well', () => {
    const [rows, width] = [3, 36];
    const x = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i) * 3);
    const gain = Float32Array.from({ length: width }, (_, i) => 1 + Math.cos(i) / 4);
    const out = new Float32Array(rows * width);
    rmsnorm(x, gain, EPS, rows, width, out);
    expect(onReference(x, gain, rows).normed).toEqual(out);
    const bytes = new Float32Array(memory.buffer);
    bytes.set(x, 16);
    bytes.set(gain, 16 + x.length);
    kernels.rmsnorm(64, 64 + 4 * x.length, EPS, rows, width, 4096);
    expect(bytes.slice(1024, 1024 + out.length)).toEqual(out);
  });

  it('normalises: the mean square of a normed row is 1, and int8 times scale is within half a step', () => {
    const width = 64;
    const x = Float32Array.from({ length: width }, (_, i) => 5 * Math.sin(i * 1.7));
    const { values, scales, sums, normed } = onReference(x, new Float32Array(width).fill(1), 1);
    expect(normed.reduce((sum, v) => sum + v * v, 0) / width).toBeCloseTo(1, 5);
    expect(Math.max(...values.map(Math.abs))).toBe(127);
    expect(sums[0]).toBe(values.reduce((a, b) => a + b, 0));
    values.forEach((value, k) => {
      expect(Math.abs(value * scales[0]! - normed[k]!)).toBeLessThanOrEqual(scales[0]! * 0.50001);
    });
  });

  it.each([
    ['ties, to the even neighbour', [127, 0.5, 1.5, -2.5, 0, 3, 37, 123.5], [127, 0, 2, -2, 0, 3, 37, 124]],
    ['one sign', [-64, -64, -64, -64, -64, -64, -64, -64], new Array(8).fill(-127)],
  ])('quantises %s', (_, x, expected) => {
    // The root of the mean square is 64, and so is the gain: the normed row is x, exactly, and without eps.
    const out = blank(1, 8);
    rmsnormQuantise(Float32Array.from(x), new Float32Array(8).fill(64), 0, 1, 8, out, null);
    expect([...out.values]).toEqual(expected);
    expect(out.scales[0]).toBe(Math.fround(Math.max(...x.map(Math.abs)) / 127));
    expect(out.sums[0]).toBe(expected.reduce((a, b) => a + b, 0));
  });

  it('gives a row too small to divide by as zeros, scale 0', () => {
    const x = new Float32Array(8).fill(2 ** -120);
    for (const out of [onReference(x, new Float32Array(8).fill(1), 1), onWasm(x, new Float32Array(8).fill(1), 1)]) {
      expect([...out.values, ...out.scales, ...out.sums]).toEqual(new Array(10).fill(0));
    }
  });
});
