/**
 * What the forward pass asks of a device. One pass is written once, in engine/forward.ts, over this interface;
 * reference.ts, wasm.ts and (later) webgpu.ts fulfil it.
 *
 * Operations are queued and return at once; only `read` waits. Nothing is read back in mid-pass: which expert a token
 * goes to stays in a tensor. Every tensor is made before the first pass (`upload`, `allocate`), so a pass allocates
 * nothing; it may use fewer rows than a tensor has, which is why operations take the count of rows.
 *
 * Letters in shapes: R rows (tokens of all windows, packed), D model width, H hidden width of an expert, E experts,
 * S slots (experts a row goes to), W windows, N outputs and K inputs of a linear map, V vocabulary.
 *
 * Sums of f32 over K keep four lanes, k mod 4, combined as (l0 + l1) + (l2 + l3), with no fused multiply-add, so that
 * reference and every WASM tier agree bit for bit. docs/adding-a-kernel.md says what an implementation must keep.
 */
export type DType = 'f32' | 'i8' | 'u8' | 'i32';

/** A place on one device. Outputs never alias inputs unless the operation says so. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The device's own address of it; means nothing elsewhere. */
  readonly at: number;
}

/** Values that a tensor is filled from or read into. */
export type Values = Float32Array | Int8Array | Uint8Array | Int32Array;

/** Rows of int8 activations: x[r][k] ≈ values[r][k] · scales[r]. */
export interface Quantised {
  /** i8 [R, K], in −127…127 */
  readonly values: Tensor;
  /** f32 [R], absmax / 127; 0 for a row of zeros */
  readonly scales: Tensor;
  /** i32 [R], Σₖ values[r][k]: undoes the +1 of the codes */
  readonly sums: Tensor;
}

/** A ternary linear map, or one for each expert. */
export interface Ternary {
  /** u8 [N/16, K/4, 16] or [E, N/16, K/4, 16]: T16x4, see format/t16x4.ts */
  readonly codes: Tensor;
  /** f32 [N] or [E, N]: one scale for each output channel */
  readonly scales: Tensor;
}

/** What happens to y = W x: stored as it is, max(y, 0)², or added to what `out` holds (in place). */
export type Epilogue = 'none' | 'relu2' | 'add';

/** Where each slot of each row goes, so that every expert sees its rows side by side. Written by `permute`. */
export interface Permutation {
  /** i32 [E + 1]: expert e has permuted rows offsets[e] … offsets[e + 1] − 1 */
  readonly offsets: Tensor;
  /** i32 [R, S]: the permuted row of slot s of row r; rows of one expert keep their order */
  readonly positions: Tensor;
}

/** Windows packed without padding: window w has rows offsets[w] … offsets[w + 1] − 1. */
export interface Windows {
  /** i32 [W + 1], offsets[0] = 0 */
  readonly offsets: Tensor;
  readonly count: number;
  /** Rows of all windows together, R. */
  readonly rows: number;
}

export interface Device {
  /** `reference`, `wasm-dot32`, `wasm-dot16`, `wasm-swar` */
  readonly name: string;
  /** Memory that tensors and scratch take, in bytes. A pass leaves it as it is. */
  readonly memoryBytes: number;

  /** A tensor with these values (copied), for weights and tables. Throws RangeError if their count is not the shape's. */
  upload(values: Values, shape: readonly number[]): Tensor;
  /** A tensor of zeros, for activations and inputs. Throws ClassifierUnavailableError where there is no memory for it. */
  allocate(dtype: DType, shape: readonly number[]): Tensor;
  /** Fills the first `values.length` elements: token ids and offsets, before each pass. */
  write(tensor: Tensor, values: Values): void;
  /** Waits for all that is queued, then copies the first `out.length` elements into `out`. The one wait of a pass. */
  read(tensor: Tensor, out: Values): Promise<void>;
  /** Gives back the memory; the tensors are dead afterwards. */
  close(): void;

  /** out[r] = table[ids[r]] · scales[ids[r]]. ids i32 [R] (each < V, checked by the caller), table i8 [V, D], scales f32 [V], out f32 [R, D]. */
  embed(ids: Tensor, table: Tensor, scales: Tensor, rows: number, out: Tensor): void;

  /** out[r] = x[r] / √(mean(x[r]²) + eps) · gain. x and out f32 [R, K], gain f32 [K]. */
  rmsnorm(x: Tensor, gain: Tensor, eps: number, rows: number, out: Tensor): void;

  /**
   * RMSNorm as above, then absmax int8 of each row, ties to even. `normed` f32 [R, K], where given, keeps the normed
   * rows too, bit for bit those of `rmsnorm` (the router wants them).
   */
  rmsnormQuantise(x: Tensor, gain: Tensor, eps: number, rows: number, out: Quantised, normed: Tensor | null): void;

  /**
   * out[r][n] = epilogue(((Σₖ q[r][k] · w[n][k]) · q.scales[r]) · w.scales[n]); the sum is an exact int32. out f32 [R, N].
   * With `groups` (i32 [E + 1], see Permutation.offsets) rows of group e use weights w[e]; groups[E] is `rows`.
   */
  ternaryGemm(q: Quantised, w: Ternary, rows: number, epilogue: Epilogue, out: Tensor, groups: Tensor | null): void;

  /**
   * Bidirectional attention inside each window, rotary positions on q and k.
   *
   * @param qkv   f32 [R, 3D]: q heads, k heads, v heads
   * @param cos   f32 [longest window, head/2], cos(pos · theta^(−2i/head)); pairs are (i, i + head/2)
   * @param sin   the same shape
   * @param heads D / heads is a multiple of 8
   * @param work  f32 [attentionWork(longest window, D / heads)] (ops/rotary-attention/reference.ts), contents undefined
   * @param out   f32 [R, D]
   */
  rotaryAttention(
    qkv: Tensor,
    windows: Windows,
    cos: Tensor,
    sin: Tensor,
    heads: number,
    work: Tensor,
    out: Tensor,
  ): void;

  /**
   * The gate: p = softmax(y · routerᵀ), the S best experts (the lower index of equals), and their shares p / Σ p of the
   * chosen. y f32 [R, D], router f32 [E, D], choice i32 [R, S] best first, shares f32 [R, S].
   */
  router(y: Tensor, router: Tensor, rows: number, choice: Tensor, shares: Tensor): void;

  /** Sorts slots by expert and copies their quantised rows: q [R, K] → out [R · S, K]. choice i32 [R, S]. */
  permute(choice: Tensor, q: Quantised, rows: number, permutation: Permutation, out: Quantised): void;

  /** x[r] += Σₛ shares[r][s] · y[positions[r][s]], slots in order. y f32 [R · S, D], shares f32 [R, S], x f32 [R, D]. */
  unpermute(y: Tensor, shares: Tensor, permutation: Permutation, rows: number, x: Tensor): void;

  /** out[w] = Σ a[r] · y[r] over the rows of window w, a = softmax(y · pool). y f32 [R, D], pool f32 [D], work f32 [R], out f32 [W, D]. */
  pool(y: Tensor, pool: Tensor, windows: Windows, work: Tensor, out: Tensor): void;

  /** out = x · weightᵀ + bias, all f32. x [R, K], weight [N, K], bias [N], out [R, N]. */
  linear(x: Tensor, weight: Tensor, bias: Tensor, rows: number, out: Tensor): void;
}

/** The count of elements of a shape. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
