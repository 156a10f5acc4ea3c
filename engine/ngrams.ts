/**
 * A linear opinion on which short runs of ids a window holds, added to its threat logits (a hashed bag of n-grams, as in Joulin
 * et al. 2017, "Bag of Tricks for Efficient Text Classification"). Some thousand look-ups a window, which no device does faster
 * than this loop; integers to the end, so that every engine agrees.
 */
import { f32 } from '../kernels/math.ts';
import type { HydraModel, HydraNgrams } from '../models/hydra.ts';
import { roleToken } from './windows.ts';

/** What the ids of a run are multiplied by, in order; the third serves as the role's beside a pair. */
const FACTORS = [1_000_003, 29_986_577, 433_494_437] as const;
/** Keeps runs of different lengths apart. */
const STEP = 7_919;
/** Added to the number of look-ups, so that one word alone says little. */
const CALM = 16;

export class Ngrams {
  readonly #parts: HydraNgrams;
  readonly #firstRole: number;
  readonly #sums: Float64Array;

  /** Copies the table: once a model is loaded, its file is let go. */
  constructor({ config }: HydraModel, parts: HydraNgrams) {
    const { table, scales, biases } = parts;
    this.#parts = { ...parts, table: table.slice(), scales: scales.slice(), biases: biases.slice() };
    this.#firstRole = roleToken(config, 'user');
    this.#sums = new Float64Array(parts.labels);
  }

  /**
   * Adds to the first logits of a window.
   *
   * @param ids     of all windows, packed
   * @param from    where the window begins: its role token
   * @param to      where it ends
   * @param logits  [labels] of the window, and whatever follows
   */
  addTo(logits: Float32Array, ids: Int32Array, from: number, to: number): void {
    const { labels, scales, biases } = this.#parts;
    const role = ids[from]!;
    const sums = this.#sums.fill(0);
    let count = 0;
    for (let i = from + 1; i < to; i++) {
      const first = ids[i]! * FACTORS[0];
      this.#look(first + STEP);
      count++;
      if (i + 1 >= to) continue;
      const pair = first + ids[i + 1]! * FACTORS[1];
      this.#look(pair + 2 * STEP);
      this.#look(pair + role * FACTORS[2] + 4 * STEP);
      count += 2;
      if (i + 2 >= to) continue;
      this.#look(pair + ids[i + 2]! * FACTORS[2] + 3 * STEP);
      count++;
    }
    const root = f32(Math.sqrt(count + CALM));
    const bias = (role - this.#firstRole) * labels;
    for (let label = 0; label < labels; label++) {
      const own = f32(f32(f32(sums[label]! * scales[label]!) / root) + biases[bias + label]!);
      logits[label] = f32(logits[label]! + own);
    }
  }

  /** @param hash  below 2 ** 53 */
  #look(hash: number): void {
    const { table, labels, buckets } = this.#parts;
    const at = (hash % buckets) * labels;
    for (let label = 0; label < labels; label++) this.#sums[label]! += table[at + label]!;
  }
}
