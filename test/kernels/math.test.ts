/** The shared arithmetic against float64: one exponential, one rounding, one order of sums. */
import { describe, expect, it } from 'vitest';
import { dot4, EXP_MIN, exp, f32, nearest, sum4 } from '../../kernels/math.ts';

/** The distance between neighbours of f32 at x > 0. */
function ulp(x: number): number {
  return 2 ** (Math.floor(Math.log2(x)) - 23);
}

describe('exp', () => {
  it('is within 1.1 ulp of float64 over all that a softmax asks for', () => {
    let worst = 0;
    for (let i = 0; i <= 500_000; i++) {
      const x = f32((EXP_MIN * i) / 500_000);
      worst = Math.max(worst, Math.abs(exp(x) - Math.exp(x)) / ulp(Math.exp(x)));
    }
    expect(worst).toBeLessThan(1.1);
    expect(worst).toBeGreaterThan(0.5); // a correctly rounded one would have to be a table
  });

  it('never falls as x rises, at the seams of the reduction either', () => {
    const bits = new Uint32Array(1);
    const float = new Float32Array(bits.buffer);
    for (let n = 1; n < 125; n++) {
      float[0] = f32(-(n - 0.5) * Math.LN2);
      bits[0]! -= 50;
      let last = exp(float[0]!);
      for (let i = 0; i < 100; i++) {
        bits[0]!++;
        expect(exp(float[0]!)).toBeLessThanOrEqual(last);
        last = exp(float[0]!);
      }
    }
  });

  it('has its ends', () => {
    expect(exp(0)).toBe(1);
    expect(exp(-0)).toBe(1);
    expect(exp(EXP_MIN)).toBeGreaterThan(2 ** -126);
    expect(exp(-87.00001)).toBe(0);
    expect(exp(-Infinity)).toBe(0);
    expect(exp(Number.NaN)).toBeNaN();
    expect(Math.abs(exp(88) / Math.exp(88) - 1)).toBeLessThan(2 ** -23);
  });
});

describe('nearest', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, -0],
    [-1.5, -2],
    [126.5, 126],
    [1.4999999, 1],
    [-126.7, -127],
  ])('rounds %f to %f', (x, expected) => expect(nearest(f32(x)) + 0).toBe(expected + 0));
});

describe('sum4', () => {
  it('adds in four lanes, not in order', () => {
    const big = 2 ** 24;
    // In order, 1 is lost beside 2²⁴ each time; in lanes it meets its like first.
    const x = Float32Array.of(big, 1, -big, 1, 0, 1, 0, 1);
    expect(x.reduce((a, b) => f32(a + b), 0)).toBe(3);
    expect(sum4(x.length, (k) => x[k]!)).toBe(2 ** 24 + 2 - (2 ** 24 - 2));
  });

  it('puts a tail into the first lanes', () => {
    const ones = new Float32Array(11).fill(1);
    expect(dot4(ones, 0, ones, 0, 11)).toBe(11);
    expect(dot4(ones, 0, ones, 0, 0)).toBe(0);
  });
});
