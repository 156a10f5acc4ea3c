/** Token embedding: a gather of int8 rows, each with its own scale. */
import { f32 } from '../../math.ts';

/**
 * out[r] = table[ids[r]] · scales[ids[r]].
 *
 * @param ids    i32 [rows], each below V
 * @param table  i8 [V, width]
 * @param scales f32 [V]
 * @param out    f32 [rows, width]
 */
export function embed(
  ids: Int32Array,
  table: Int8Array,
  scales: Float32Array,
  rows: number,
  width: number,
  out: Float32Array,
): void {
  for (let r = 0; r < rows; r++) {
    const id = ids[r]!;
    for (let d = 0; d < width; d++) out[r * width + d] = f32(table[id * width + d]! * scales[id]!);
  }
}
