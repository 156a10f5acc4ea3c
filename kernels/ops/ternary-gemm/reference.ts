/** Ternary linear maps of int8 rows (BitNet b1.58): sums of whole numbers, then two f32 factors. */
import type { Epilogue } from '../../device.ts';
import { weightAt } from '../../format/t16x4.ts';
import { f32 } from '../../math.ts';
import type { QuantisedRows } from '../permute/reference.ts';

/** Shapes of one call; device.ts names the letters. */
export interface GemmShape {
  readonly rows: number;
  /** K, a multiple of 4; below 2²⁴ / 127, so that a sum is exact in f32 too */
  readonly inputs: number;
  /** N, a multiple of 16 */
  readonly outputs: number;
}

/**
 * out[r][n] = epilogue((Σₖ q[r][k] · w[n][k] · scale of r) · scale of n).
 *
 * @param codes    u8 [E, N/16, K/4, 16], T16x4
 * @param scales   f32 [E, N]
 * @param groups   i32 [E + 1]: expert e has rows groups[e] … groups[e + 1] − 1; null where E = 1 has all rows
 * @param out      f32 [rows, N]; with `add` also what is added to
 */
export function ternaryGemm(
  q: QuantisedRows,
  codes: Uint8Array,
  scales: Float32Array,
  groups: Int32Array | null,
  shape: GemmShape,
  epilogue: Epilogue,
  out: Float32Array,
): void {
  const { rows, outputs } = shape;
  const sums = new Int32Array(rows * outputs);
  ternarySums(q, codes, groups, shape, sums);
  const expertOf = experts(groups, rows);
  for (let r = 0; r < rows; r++) {
    for (let n = 0; n < outputs; n++) {
      const y = f32(f32(sums[r * outputs + n]! * q.scales[r]!) * scales[expertOf[r]! * outputs + n]!);
      out[r * outputs + n] = finish(y, out[r * outputs + n]!, epilogue);
    }
  }
}

/** The whole sums alone, i32 [rows, N]: Σₖ q[r][k] · w[n][k]. Every tier of every device gives the same. */
export function ternarySums(
  q: QuantisedRows,
  codes: Uint8Array,
  groups: Int32Array | null,
  { rows, inputs, outputs }: GemmShape,
  out: Int32Array,
): void {
  const planeBytes = (outputs * inputs) / 4;
  const expertOf = experts(groups, rows);
  for (let r = 0; r < rows; r++) {
    const plane = codes.subarray(expertOf[r]! * planeBytes);
    for (let n = 0; n < outputs; n++) {
      let sum = 0;
      for (let k = 0; k < inputs; k++) sum += q.values[r * inputs + k]! * weightAt(plane, n, k, inputs);
      out[r * outputs + n] = sum;
    }
  }
}

function finish(y: number, before: number, epilogue: Epilogue): number {
  if (epilogue === 'add') return f32(before + y);
  if (epilogue === 'relu2') return f32(Math.max(y, 0) * Math.max(y, 0));
  return y;
}

/** The expert of each row. */
function experts(groups: Int32Array | null, rows: number): Int32Array {
  const of = new Int32Array(rows);
  for (let e = 0; groups !== null && e + 1 < groups.length; e++) of.fill(e, groups[e]!, groups[e + 1]!);
  return of;
}
