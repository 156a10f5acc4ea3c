/** The ternary GEMM: whole sums that are the same bit for bit on the reference and every tier, and f32 behind them too. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpack } from '../../../kernels/format/t16x4.ts';
import { TIERS } from '../../../kernels/ops/ternary-gemm/tiers.ts';
import { runs } from '../../scale.ts';
import { compile, gemmOnReference, type RowKind, sample, sumsOnReference, type WeightKind } from './sample.ts';

const tiers = TIERS.map((tier) => ({ tier, ...compile(tier) }));
const EPILOGUES = ['none', 'relu2', 'add'] as const;

const rowKinds = fc.array(fc.constantFrom<RowKind>('random', 'random', 'high', 'low', 'zero', 'alternating'), {
  minLength: 1,
  maxLength: 7,
});
const weightKinds = fc.constantFrom<WeightKind>('random', 'random', 'random', 'plus', 'minus', 'zero', 'alternating');
/** Rows around the heights of tiles, inputs around the places where sums are flushed (64 and 256). */
const shapes = fc.record({
  counts: fc.oneof(
    fc.integer({ min: 1, max: 19 }).map((rows) => [rows]),
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 5 }),
  ),
  inputs: fc.oneof(
    fc.integer({ min: 1, max: 20 }).map((quads) => 4 * quads),
    fc.constantFrom(64, 68, 128, 132, 252, 256, 260, 512, 516, 528),
  ),
  outputs: fc.integer({ min: 1, max: 3 }).map((blocks) => 16 * blocks),
});
const samples = fc
  .record({ shape: shapes, seed: fc.nat(), rows: rowKinds, weights: weightKinds })
  .map(({ shape, seed, rows, weights }) => sample(shape, seed, (row) => rows[row % rows.length]!, weights));

describe('the ternary GEMM', () => {
  it('has, on the reference, the sums of the weights as they unpack', () => {
    const s = sample({ counts: [3], inputs: 20, outputs: 32 }, 1);
    const weights = unpack(s.codes, s.outputs, s.inputs);
    const sums = sumsOnReference(s);
    for (let r = 0; r < s.rows; r++) {
      for (let n = 0; n < s.outputs; n++) {
        const row = s.values.subarray(r * s.inputs, (r + 1) * s.inputs);
        const expected = row.reduce((sum, q, k) => sum + q * weights[n * s.inputs + k]!, 0);
        expect(sums[r * s.outputs + n]).toBe(expected);
      }
    }
  });

  it(`has the same whole sums on every tier, over ${runs(250, 2500)} ragged shapes`, () => {
    fc.assert(
      fc.property(samples, (s) => {
        const expected = sumsOnReference(s);
        for (const { tier, sums } of tiers) expect({ tier, sums: sums(s) }).toEqual({ tier, sums: expected });
      }),
      { numRuns: runs(250, 2500) },
    );
  });

  it('has the same f32 behind each epilogue, to the last bit', () => {
    fc.assert(
      fc.property(samples, fc.constantFrom(...EPILOGUES), (s, epilogue) => {
        const expected = gemmOnReference(s, epilogue);
        for (const { tier, gemm } of tiers) expect({ tier, out: gemm(s, epilogue) }).toEqual({ tier, out: expected });
      }),
      { numRuns: runs(100, 1000) },
    );
  });

  it.each(TIERS)('reaches the ends of its lanes on %s: rows of ±127 against weights of one sign', (tier) => {
    const { sums } = tiers.find((each) => each.tier === tier)!;
    for (const weights of ['plus', 'minus'] as const) {
      for (const kind of ['high', 'low'] as const) {
        const s = sample({ counts: [7], inputs: 2048, outputs: 16 }, 1, () => kind, weights);
        const expected = 2048 * 127 * (kind === 'high' ? 1 : -1) * (weights === 'plus' ? 1 : -1);
        expect(new Set(sums(s))).toEqual(new Set([expected]));
      }
    }
  });

  it('gives each expert its own rows and weights, none to an expert without rows', () => {
    const s = sample({ counts: [0, 2, 0, 7, 1, 0], inputs: 36, outputs: 32 }, 3);
    const alone = [1, 3, 4].flatMap((e) => {
      const [from, to] = [s.groups[e]!, s.groups[e + 1]!];
      return [
        ...sumsOnReference({
          ...s,
          rows: to - from,
          groups: Int32Array.of(0, to - from),
          values: s.values.subarray(from * s.inputs, to * s.inputs),
          codes: s.codes.subarray((e * s.inputs * s.outputs) / 4),
        }),
      ];
    });
    for (const { sums } of tiers) expect([...sums(s)]).toEqual(alone);
  });
});
