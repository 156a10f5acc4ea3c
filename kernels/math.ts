/**
 * The f32 arithmetic that reference and WASM share to the last bit: four-lane sums and one exponential.
 *
 * Math.fround after each operation gives IEEE f32: a float64 sum, product, quotient or square root of two f32 rounds
 * to the same f32 as the operation done in f32 (53 ≥ 2 · 24 + 2 bits).
 */
export const f32: (x: number) => number = Math.fround;

/** Below this, exp gives 0: nothing that a softmax adds up can tell, and no result is subnormal. */
export const EXP_MIN = -87;

/** 1 / ln 2, and ln 2 in two parts; the high one has 9 bits, so that its product with any exponent is exact. */
export const LOG2_E: number = f32(Math.LOG2E);
export const LN2_HIGH = 0.693359375;
export const LN2_LOW: number = f32(Math.LN2 - LN2_HIGH);

/**
 * (eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2, lowest power first: interpolated at the five Chebyshev nodes of the interval
 * in 50 decimal digits, then rounded to f32. The fit's own error is below 2⁻²⁷.
 */
export const EXP_TERMS: readonly number[] = [
  0.5, 0.166665769897, 0.0416665546172, 0.00836317905272, 0.00139261835877,
].map(f32);

/** Adding and taking away this rounds an f32 below 2²² to an integer, ties to even. */
export const ROUNDER: number = 1.5 * 2 ** 23;

/** The nearest integer, ties to even; |x| < 2²². The same as `f32.nearest`. */
export function nearest(x: number): number {
  return f32(f32(x + ROUNDER) - ROUNDER);
}

/** eˣ in f32 for x ≤ 88, within 1.03 ulp (measured in test/kernels/math.test.ts); 0 below EXP_MIN, NaN for NaN. */
export function exp(x: number): number {
  if (x < EXP_MIN) return 0;
  const n = nearest(f32(x * LOG2_E));
  const r = f32(f32(x - f32(n * LN2_HIGH)) - f32(n * LN2_LOW));
  let p = EXP_TERMS.at(-1)!;
  for (let i = EXP_TERMS.length - 2; i >= 0; i--) p = f32(f32(p * r) + EXP_TERMS[i]!);
  p = f32(f32(f32(f32(p * r) * r) + r) + 1);
  return f32(p * 2 ** n);
}

/** (l0 + l1) + (l2 + l3): how four lanes become one sum. */
export function sumLanes(lanes: readonly number[]): number {
  return f32(f32(lanes[0]! + lanes[1]!) + f32(lanes[2]! + lanes[3]!));
}

/** Σ term(k) for k < count, in four lanes (k mod 4). */
export function sum4(count: number, term: (k: number) => number): number {
  const lanes = [0, 0, 0, 0];
  for (let k = 0; k < count; k++) lanes[k & 3] = f32(lanes[k & 3]! + term(k));
  return sumLanes(lanes);
}

/** Σₖ a[aAt + k] · b[bAt + k] for k < count, in four lanes. */
export function dot4(a: Float32Array, aAt: number, b: Float32Array, bAt: number, count: number): number {
  return sum4(count, (k) => f32(a[aAt + k]! * b[bAt + k]!));
}
