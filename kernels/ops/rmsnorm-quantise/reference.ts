/** RMSNorm (Zhang and Sennrich, 2019), alone or with the symmetric int8 quantisation of BitNet b1.58 ("absmax") behind it. */
import { f32, nearest, sum4 } from '../../math.ts';
import type { QuantisedRows } from '../permute/reference.ts';

/** A row whose absmax is smaller counts as zeros: 127 / absmax must stay a finite f32. */
export const ABSMAX_MIN: number = 2 ** -100;

/**
 * out[r] = x[r] / √(mean(x[r]²) + eps) · gain, the sum of squares in four lanes, the quotient 1 / √… taken first.
 *
 * @param x    f32 [rows, width]
 * @param gain f32 [width]
 * @param out  f32 [rows, width]
 */
export function rmsnorm(
  x: Float32Array,
  gain: Float32Array,
  eps: number,
  rows: number,
  width: number,
  out: Float32Array,
): void {
  for (let r = 0; r < rows; r++) {
    const square = (k: number): number => f32(x[r * width + k]! * x[r * width + k]!);
    const root = f32(Math.sqrt(f32(f32(sum4(width, square) / width) + f32(eps))));
    const inverse = f32(1 / root);
    for (let k = 0; k < width; k++) out[r * width + k] = f32(f32(x[r * width + k]! * inverse) * gain[k]!);
  }
}

/**
 * RMSNorm, then each row as int8: values = round(normed · 127 / absmax), ties to even; scale = absmax / 127; sum = Σ values.
 * A row of zeros (absmax below ABSMAX_MIN) gives zeros and scale 0.
 *
 * @param normed f32 [rows, width], or null where nobody wants the normed rows
 * @param out    [rows, width]
 */
export function rmsnormQuantise(
  x: Float32Array,
  gain: Float32Array,
  eps: number,
  rows: number,
  width: number,
  out: QuantisedRows,
  normed: Float32Array | null,
): void {
  const y = normed ?? new Float32Array(rows * width);
  rmsnorm(x, gain, eps, rows, width, y);
  for (let r = 0; r < rows; r++) {
    const row = y.subarray(r * width, (r + 1) * width);
    const largest = row.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
    const absmax = largest < ABSMAX_MIN ? 0 : largest;
    const factor = absmax === 0 ? 0 : f32(127 / absmax);
    let sum = 0;
    for (let k = 0; k < width; k++) {
      const value = Math.max(-127, Math.min(127, nearest(f32(row[k]! * factor))));
      out.values[r * width + k] = value;
      sum += value;
    }
    out.scales[r] = f32(absmax / 127);
    out.sums[r] = sum;
  }
}
