/** From the logits of windows to what the scanner asks for: calibrated probabilities, a kind of content, a codec. */
import { exp, f32 } from '../kernels/math.ts';
import type { Calibration, HydraModel } from '../models/hydra.ts';

/** The width of one window's logits: threat, route, codec, one behind the other. */
export function logitWidth({ heads }: HydraModel): number {
  return heads.threat.labels.length + heads.route.labels.length + heads.codec.labels.length;
}

/**
 * exp(logit − max) for each logit, and their sum in order. In the f32 exponential of the kernels and in float64 sums,
 * which every engine computes alike: Math.exp may differ in its last bit from one browser to the next.
 */
function exponentials(logits: Float32Array): { readonly e: readonly number[]; readonly total: number } {
  const max = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const e = Array.from(logits, (logit) => exp(f32(logit - max)));
  return { e, total: e.reduce((a, b) => a + b, 0) };
}

/** 1 − p(benign), as the sum of the other labels, so that small values keep their digits. */
export function threatProbability(logits: Float32Array, benign: number): number {
  const { e, total } = exponentials(logits);
  return e.reduce((sum, value, label) => (label === benign ? sum : sum + value), 0) / total;
}

/** The score at p: linear between the knots around it. */
export function calibrate({ knots }: Calibration, p: number): number {
  const upper = Math.max(
    1,
    knots.findIndex(([x]) => x >= p),
  );
  const [x0, y0] = knots[upper - 1]!;
  const [x1, y1] = knots[upper]!;
  return y0 + ((y1 - y0) * (p - x0)) / (x1 - x0);
}

/** Probabilities by label: the calibrated score shared out among the threats as the model did, the rest benign. */
export function threatScores(
  logits: Float32Array,
  labels: readonly string[],
  calibration: Calibration,
): Record<string, number> {
  const benign = labels.indexOf('benign');
  const { e } = exponentials(logits);
  const score = calibrate(calibration, threatProbability(logits, benign));
  const threats = e.reduce((sum, value, label) => (label === benign ? sum : sum + value), 0);
  return Object.fromEntries(
    labels.map((label, i) => {
      if (i === benign) return [label, 1 - score];
      // Where benign is all there is in f32, no threat is likelier than another.
      return [label, threats === 0 ? score / (labels.length - 1) : (score * e[i]!) / threats];
    }),
  );
}

/** The label of the greatest logit, the first of equals. */
export function best(logits: ArrayLike<number>, labels: readonly string[]): string {
  let at = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[at]!) at = i;
  return labels[at]!;
}
