/** Brings the experts' outputs home: each row adds what its slots answered, weighed by their shares. */
import { f32 } from '../../math.ts';

/**
 * x[r] += Σₛ shares[r][s] · y[positions[r][s]], one slot after the other.
 *
 * @param y         f32 [rows · slots, width]
 * @param shares    f32 [rows, slots]
 * @param positions i32 [rows, slots]
 * @param x         f32 [rows, width], added to in place
 */
export function unpermute(
  y: Float32Array,
  shares: Float32Array,
  positions: Int32Array,
  rows: number,
  slots: number,
  width: number,
  x: Float32Array,
): void {
  for (let r = 0; r < rows; r++) {
    for (let s = 0; s < slots; s++) {
      const share = shares[r * slots + s]!;
      const from = positions[r * slots + s]! * width;
      for (let d = 0; d < width; d++) x[r * width + d] = f32(x[r * width + d]! + f32(share * y[from + d]!));
    }
  }
}
