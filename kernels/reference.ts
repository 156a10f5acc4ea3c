/**
 * The reference device: the plain loops of ops/<op>/reference.ts over typed arrays. It is the oracle of the others and
 * the slow way out where WebAssembly may not compile; it is never made fast.
 */
import { ClassifierUnavailableError } from '../errors.ts';
import {
  type Device,
  type DType,
  type Epilogue,
  elements,
  type Permutation,
  type Quantised,
  type Tensor,
  type Ternary,
  type Values,
  type Windows,
} from './device.ts';
import { embed } from './ops/embed/reference.ts';
import { linear } from './ops/heads/reference.ts';
import { permute, type QuantisedRows } from './ops/permute/reference.ts';
import { pool } from './ops/pool/reference.ts';
import { rmsnorm, rmsnormQuantise } from './ops/rmsnorm-quantise/reference.ts';
import { rotaryAttention } from './ops/rotary-attention/reference.ts';
import { route } from './ops/router/reference.ts';
import { ternaryGemm } from './ops/ternary-gemm/reference.ts';
import { unpermute } from './ops/unpermute/reference.ts';

const ARRAYS = { f32: Float32Array, i32: Int32Array, i8: Int8Array, u8: Uint8Array } as const;

export function createReference(): Device {
  return new ReferenceDevice();
}

class ReferenceDevice implements Device {
  readonly name = 'reference';
  /** Tensor.at is a place in this list. */
  #arrays: Values[] = [];

  get memoryBytes(): number {
    return this.#arrays.reduce((sum, array) => sum + array.byteLength, 0);
  }

  upload(values: Values, shape: readonly number[]): Tensor {
    if (values.length !== elements(shape)) throw new RangeError(`${values.length} values are no [${shape}]`);
    return this.#add(values.slice(), shape);
  }

  allocate(dtype: DType, shape: readonly number[]): Tensor {
    try {
      return this.#add(new ARRAYS[dtype](elements(shape)), shape);
    } catch (cause) {
      throw new ClassifierUnavailableError(`reference: no memory for ${dtype} [${shape}]`, { cause });
    }
  }

  write(tensor: Tensor, values: Values): void {
    this.#arrays[tensor.at]!.set(values);
  }

  async read(tensor: Tensor, out: Values): Promise<void> {
    out.set(this.#arrays[tensor.at]!.subarray(0, out.length));
  }

  close(): void {
    this.#arrays = [];
  }

  embed(ids: Tensor, table: Tensor, scales: Tensor, rows: number, out: Tensor): void {
    embed(this.#i32(ids), this.#i8(table), this.#f32(scales), rows, last(table), this.#f32(out));
  }

  rotaryAttention(
    qkv: Tensor,
    windows: Windows,
    cos: Tensor,
    sin: Tensor,
    heads: number,
    _: Tensor,
    out: Tensor,
  ): void {
    const tables = { cos: this.#f32(cos), sin: this.#f32(sin) };
    const offsets = this.#i32(windows.offsets);
    rotaryAttention(this.#f32(qkv), offsets, windows.count, tables, heads, last(out), this.#f32(out));
  }

  router(y: Tensor, router: Tensor, rows: number, choice: Tensor, shares: Tensor): void {
    const [experts, width] = router.shape as [number, number];
    route(this.#f32(y), this.#f32(router), rows, width, experts, last(choice), this.#i32(choice), this.#f32(shares));
  }

  permute(choice: Tensor, q: Quantised, rows: number, { offsets, positions }: Permutation, out: Quantised): void {
    const experts = offsets.shape[0]! - 1;
    const sorted = [this.#i32(offsets), this.#i32(positions), this.#rows(out)] as const;
    permute(this.#i32(choice), this.#rows(q), rows, last(choice), experts, last(q.values), ...sorted);
  }

  unpermute(y: Tensor, shares: Tensor, { positions }: Permutation, rows: number, x: Tensor): void {
    unpermute(this.#f32(y), this.#f32(shares), this.#i32(positions), rows, last(shares), last(x), this.#f32(x));
  }

  pool(y: Tensor, query: Tensor, { offsets, count }: Windows, _: Tensor, out: Tensor): void {
    pool(this.#f32(y), this.#f32(query), this.#i32(offsets), count, last(query), this.#f32(out));
  }

  linear(x: Tensor, weight: Tensor, bias: Tensor, rows: number, out: Tensor): void {
    const [outputs, inputs] = weight.shape as [number, number];
    linear(this.#f32(x), this.#f32(weight), this.#f32(bias), rows, inputs, outputs, this.#f32(out));
  }

  rmsnorm(x: Tensor, gain: Tensor, eps: number, rows: number, out: Tensor): void {
    rmsnorm(this.#f32(x), this.#f32(gain), eps, rows, last(gain), this.#f32(out));
  }

  rmsnormQuantise(x: Tensor, gain: Tensor, eps: number, rows: number, out: Quantised, normed: Tensor | null): void {
    const kept = normed === null ? null : this.#f32(normed);
    rmsnormQuantise(this.#f32(x), this.#f32(gain), eps, rows, last(gain), this.#rows(out), kept);
  }

  ternaryGemm(q: Quantised, w: Ternary, rows: number, epilogue: Epilogue, out: Tensor, groups: Tensor | null): void {
    const [blocks, steps] = w.codes.shape.slice(-3) as [number, number, number];
    const shape = { rows, inputs: 4 * steps, outputs: 16 * blocks };
    const codes = this.#arrays[w.codes.at] as Uint8Array;
    const offsets = groups === null ? null : this.#i32(groups);
    ternaryGemm(this.#rows(q), codes, this.#f32(w.scales), offsets, shape, epilogue, this.#f32(out));
  }

  #add(values: Values, shape: readonly number[]): Tensor {
    const dtype = (Object.keys(ARRAYS) as DType[]).find((name) => values instanceof ARRAYS[name])!;
    return { dtype, shape, at: this.#arrays.push(values) - 1 };
  }

  #f32(tensor: Tensor): Float32Array {
    return this.#arrays[tensor.at] as Float32Array;
  }

  #i32(tensor: Tensor): Int32Array {
    return this.#arrays[tensor.at] as Int32Array;
  }

  #i8(tensor: Tensor): Int8Array {
    return this.#arrays[tensor.at] as Int8Array;
  }

  #rows({ values, scales, sums }: Quantised): QuantisedRows {
    return { values: this.#i8(values), scales: this.#f32(scales), sums: this.#i32(sums) };
  }
}

function last({ shape }: Tensor): number {
  return shape[shape.length - 1]!;
}
