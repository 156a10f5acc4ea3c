/** Sorts the slots of all rows by expert (a stable counting sort) and copies their quantised rows side by side. */

/** Rows of int8 activations, as typed arrays; see device.ts. */
export interface QuantisedRows {
  readonly values: Int8Array;
  readonly scales: Float32Array;
  readonly sums: Int32Array;
}

/**
 * @param choice    i32 [rows, slots], each below `experts`
 * @param q         [rows, width]
 * @param offsets   i32 [experts + 1]: the permuted rows of each expert
 * @param positions i32 [rows, slots]: the permuted row of each slot
 * @param out       [rows · slots, width]
 */
export function permute(
  choice: Int32Array,
  q: QuantisedRows,
  rows: number,
  slots: number,
  experts: number,
  width: number,
  offsets: Int32Array,
  positions: Int32Array,
  out: QuantisedRows,
): void {
  let at = 0;
  for (let e = 0; e < experts; e++) {
    offsets[e] = at;
    for (let i = 0; i < rows * slots; i++) if (choice[i] === e) positions[i] = at++;
  }
  offsets[experts] = at;
  for (let i = 0; i < rows * slots; i++) {
    const from = Math.floor(i / slots);
    const to = positions[i]!;
    out.values.set(q.values.subarray(from * width, (from + 1) * width), to * width);
    out.scales[to] = q.scales[from]!;
    out.sums[to] = q.sums[from]!;
  }
}
