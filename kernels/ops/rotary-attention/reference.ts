/**
 * Bidirectional attention with rotary positions (Su et al., RoFormer, 2021; pairs split by half as in GPT-NeoX).
 *
 * Order of the sums: q·k in four lanes over the head; the exponentials of a row in four lanes over the keys; Σ e·v one
 * key after the other, because there the lanes of a vector are outputs. The division by Σ e comes last.
 */
import { dot4, exp, f32, sum4 } from '../../math.ts';

export interface RotaryTables {
  /** f32 [window, head / 2] */
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** cos and sin of pos · theta^(−2i/head), computed in float64 and rounded once. */
export function rotaryTables(window: number, head: number, theta: number): RotaryTables {
  const half = head / 2;
  const cos = new Float32Array(window * half);
  const sin = new Float32Array(window * half);
  for (let position = 0; position < window; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * theta ** ((-2 * i) / head);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

/**
 * How many f32 of scratch a device may ask for: rotated q and k, and v, of one window and head, with rows up to a
 * multiple of four, and the scores of four queries.
 */
export function attentionWork(window: number, head: number): number {
  const rows = Math.ceil(window / 4) * 4;
  return 3 * rows * head + 4 * rows;
}

/**
 * out[r, h] = softmax(rotate(q) · rotate(k)ᵀ / √head) · v inside each window, for each head h.
 *
 * @param qkv     f32 [R, 3 · width]: q heads, k heads, v heads
 * @param offsets i32 [windows + 1]: the first row of each window, and the end of the last
 * @param out     f32 [R, width]
 */
export function rotaryAttention(
  qkv: Float32Array,
  offsets: Int32Array,
  windows: number,
  { cos, sin }: RotaryTables,
  heads: number,
  width: number,
  out: Float32Array,
): void {
  const head = width / heads;
  const scale = f32(1 / Math.sqrt(head));
  const slice = (part: number, h: number, row: number) => row * 3 * width + part * width + h * head;
  for (let w = 0; w < windows; w++) {
    const first = offsets[w]!;
    const rows = offsets[w + 1]! - first;
    for (let h = 0; h < heads; h++) {
      const q = new Float32Array(rows * head);
      const k = new Float32Array(rows * head);
      for (let r = 0; r < rows; r++) {
        rotate(qkv, slice(0, h, first + r), cos, sin, r, head, q);
        rotate(qkv, slice(1, h, first + r), cos, sin, r, head, k);
      }
      for (let r = 0; r < rows; r++) {
        const scores = Float32Array.from({ length: rows }, (_, j) => dot4(q, r * head, k, j * head, head) * scale);
        const max = scores.reduce((a, b) => Math.max(a, b), -Infinity);
        const e = scores.map((score) => exp(f32(score - max)));
        const total = sum4(rows, (j) => e[j]!);
        for (let d = 0; d < head; d++) {
          let sum = 0;
          for (let j = 0; j < rows; j++) sum = f32(sum + f32(e[j]! * qkv[slice(2, h, first + j) + d]!));
          out[(first + r) * width + h * head + d] = f32(sum / total);
        }
      }
    }
  }
}

/** Turns the pairs (i, i + head/2) of one head's vector at qkv[from…] by the angles of `position`, into row `position` of out. */
function rotate(
  qkv: Float32Array,
  from: number,
  cos: Float32Array,
  sin: Float32Array,
  position: number,
  head: number,
  out: Float32Array,
): void {
  const half = head / 2;
  for (let i = 0; i < half; i++) {
    const a = qkv[from + i]!;
    const b = qkv[from + half + i]!;
    const c = cos[position * half + i]!;
    const s = sin[position * half + i]!;
    out[position * head + i] = f32(f32(a * c) - f32(b * s));
    out[position * head + half + i] = f32(f32(b * c) + f32(a * s));
  }
}
