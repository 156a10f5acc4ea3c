/** A linear map in f32, for the heads that answer about a whole window. */
import { dot4, f32 } from '../../math.ts';

/**
 * out = x · weightᵀ + bias.
 *
 * @param x      f32 [rows, inputs]
 * @param weight f32 [outputs, inputs]
 * @param bias   f32 [outputs]
 * @param out    f32 [rows, outputs]
 */
export function linear(
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  rows: number,
  inputs: number,
  outputs: number,
  out: Float32Array,
): void {
  for (let r = 0; r < rows; r++) {
    for (let n = 0; n < outputs; n++) {
      out[r * outputs + n] = f32(dot4(x, r * inputs, weight, n * inputs, inputs) + bias[n]!);
    }
  }
}
