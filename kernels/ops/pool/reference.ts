/** Attention pooling: one learned query looks at the rows of each window. */
import { dot4, exp, f32, sum4 } from '../../math.ts';

/**
 * out[w] = Σ e[r] · y[r] / Σ e over the rows of window w, e = exp(y · query − max). The sum over rows is in order, the
 * sum of exponentials in four lanes from the window's first row.
 *
 * @param y       f32 [R, width]
 * @param query   f32 [width]
 * @param offsets i32 [windows + 1]
 * @param out     f32 [windows, width]
 */
export function pool(
  y: Float32Array,
  query: Float32Array,
  offsets: Int32Array,
  windows: number,
  width: number,
  out: Float32Array,
): void {
  for (let w = 0; w < windows; w++) {
    const first = offsets[w]!;
    const rows = offsets[w + 1]! - first;
    const scores = Float32Array.from({ length: rows }, (_, r) => dot4(y, (first + r) * width, query, 0, width));
    const max = scores.reduce((a, b) => Math.max(a, b), -Infinity);
    const e = scores.map((score) => exp(f32(score - max)));
    const total = sum4(rows, (r) => e[r]!);
    for (let d = 0; d < width; d++) {
      let sum = 0;
      for (let r = 0; r < rows; r++) sum = f32(sum + f32(e[r]! * y[(first + r) * width + d]!));
      out[w * width + d] = f32(sum / total);
    }
  }
}
