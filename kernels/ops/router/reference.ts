/** The gate of a mixture of experts: softmax over the router's logits, the best S experts, their renormalised shares. */
import { dot4, exp, f32, sum4 } from '../../math.ts';

/**
 * p = softmax(y · routerᵀ); choice = the S largest p, best first, the lower index of equals; shares = p / Σ p of the chosen.
 *
 * @param y      f32 [rows, width]
 * @param router f32 [experts, width]
 * @param slots  S ≤ experts
 * @param choice i32 [rows, slots]
 * @param shares f32 [rows, slots]
 */
export function route(
  y: Float32Array,
  router: Float32Array,
  rows: number,
  width: number,
  experts: number,
  slots: number,
  choice: Int32Array,
  shares: Float32Array,
): void {
  for (let r = 0; r < rows; r++) {
    const logits = Float32Array.from({ length: experts }, (_, e) => dot4(y, r * width, router, e * width, width));
    const max = logits.reduce((a, b) => Math.max(a, b), -Infinity);
    const p = logits.map((logit) => exp(f32(logit - max)));
    const total = sum4(experts, (e) => p[e]!);
    for (let e = 0; e < experts; e++) p[e] = f32(p[e]! / total);
    let chosen = 0;
    for (let s = 0; s < slots; s++) {
      let best = 0;
      for (let e = 1; e < experts; e++) if (p[e]! > p[best]!) best = e;
      choice[r * slots + s] = best;
      shares[r * slots + s] = p[best]!;
      chosen = f32(chosen + p[best]!);
      p[best] = -1;
    }
    for (let s = 0; s < slots; s++) shares[r * slots + s] = f32(shares[r * slots + s]! / chosen);
  }
}
