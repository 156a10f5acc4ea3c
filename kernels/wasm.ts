/**
 * The WASM device: one module for each tier, emitted and compiled when the device is made, and one memory in which every
 * tensor has its place. Operations run at once; the queue of the contract is empty between calls.
 *
 * Memory: scratch of the kernels, then tensors in the order in which they were made, each at a multiple of 64 bytes.
 */
import { ClassifierUnavailableError } from '../errors.ts';
import { ModuleBuilder } from './asm/index.ts';
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
import { f32 } from './math.ts';
import { emitEmbed } from './ops/embed/wasm.ts';
import { emitLinear } from './ops/heads/wasm.ts';
import { emitExponentials } from './ops/lanes.ts';
import { emitPermute } from './ops/permute/wasm.ts';
import { emitPool } from './ops/pool/wasm.ts';
import { emitRmsnorm, emitRmsnormQuantise } from './ops/rmsnorm-quantise/wasm.ts';
import { emitRotaryAttention } from './ops/rotary-attention/wasm.ts';
import { emitRouter } from './ops/router/wasm.ts';
import type { Tier } from './ops/ternary-gemm/tiers.ts';
import { MODES } from './ops/ternary-gemm/tiles.ts';
import { emitTernaryGemm, ternaryGemmWork } from './ops/ternary-gemm/wasm.ts';
import { emitUnpermute } from './ops/unpermute/wasm.ts';

const PAGE_BYTES = 65_536;
/** Just below 2 GiB, so that every address is positive as an i32. */
const MAX_PAGES = 32_767;
/** A line of the cache, so that no two tensors share one. */
const ALIGNMENT = 64;
const BYTES: Readonly<Record<DType, number>> = { f32: 4, i32: 4, i8: 1, u8: 1 };

/** What the router may need of scratch: the probabilities of as many experts as a model may have. */
const MAX_EXPERTS = 64;

type Kernel = (...operands: readonly number[]) => void;

/** Emits, compiles and links the kernels of one tier. Throws what WebAssembly throws where it is not allowed to compile. */
export async function createWasm(tier: Tier): Promise<Device> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES });
  const { instance } = await WebAssembly.instantiate(emitKernels(tier), { host: { memory } });
  return new WasmDevice(`wasm-${tier}`, memory, instance.exports as unknown as Kernels);
}

interface Kernels {
  readonly embed: Kernel;
  readonly rmsnorm: Kernel;
  readonly rmsnormQuantise: Kernel;
  readonly ternaryGemm: Kernel;
  readonly rotaryAttention: Kernel;
  readonly router: Kernel;
  readonly permute: Kernel;
  readonly unpermute: Kernel;
  readonly pool: Kernel;
  readonly linear: Kernel;
}

/** The module of one tier, some kilobytes. */
export function emitKernels(tier: Tier): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory('host', 'memory', 1);
  const exponentials = emitExponentials(module);
  for (const kernel of [
    emitEmbed(module),
    emitRmsnorm(module),
    emitRmsnormQuantise(module),
    emitTernaryGemm(module, tier),
    emitRotaryAttention(module),
    emitRouter(module, exponentials),
    emitPermute(module),
    emitUnpermute(module),
    emitPool(module, exponentials),
    emitLinear(module),
  ]) {
    module.export(kernel);
  }
  return module.finish();
}

class WasmDevice implements Device {
  readonly name: string;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  readonly #experts: Tensor;
  #gemmWork: Tensor;
  #used = 0;
  #views: Record<DType, Values>;

  constructor(name: string, memory: WebAssembly.Memory, kernels: Kernels) {
    this.name = name;
    this.#memory = memory;
    this.#kernels = kernels;
    this.#views = viewsOf(memory);
    this.#experts = this.allocate('f32', [MAX_EXPERTS]);
    this.#gemmWork = this.allocate('u8', [ternaryGemmWork(0)]);
  }

  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  upload(values: Values, shape: readonly number[]): Tensor {
    if (values.length !== elements(shape)) throw new RangeError(`${values.length} values are no [${shape}]`);
    const tensor = this.allocate(dtypeOf(values), shape);
    this.write(tensor, values);
    if (tensor.dtype === 'u8') this.#reserveGemmWork(4 * shape.at(-2)!);
    return tensor;
  }

  allocate(dtype: DType, shape: readonly number[]): Tensor {
    const at = this.#used;
    this.#used += Math.ceil((elements(shape) * BYTES[dtype]) / ALIGNMENT) * ALIGNMENT;
    this.#growTo(this.#used);
    return { dtype, shape, at };
  }

  #growTo(sizeBytes: number): void {
    const missing = sizeBytes - this.#memory.buffer.byteLength;
    if (missing <= 0) return;
    try {
      this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    } catch (cause) {
      throw new ClassifierUnavailableError(`${this.name}: no memory for ${sizeBytes} bytes of model and batch`, {
        cause,
      });
    }
    this.#views = viewsOf(this.#memory);
  }

  /** The GEMM's scratch grows with the widest map that is uploaded, so that a pass finds it there. */
  #reserveGemmWork(inputs: number): void {
    const bytes = ternaryGemmWork(inputs);
    if (bytes > this.#gemmWork.shape[0]!) this.#gemmWork = this.allocate('u8', [bytes]);
  }

  write({ dtype, at }: Tensor, values: Values): void {
    this.#views[dtype].set(values, at / BYTES[dtype]);
  }

  async read({ dtype, at }: Tensor, out: Values): Promise<void> {
    const view = this.#views[dtype];
    const from = at / BYTES[dtype];
    out.set(view.subarray(from, from + out.length));
  }

  close(): void {
    this.#views = viewsOf(new WebAssembly.Memory({ initial: 0 }));
  }

  embed(ids: Tensor, table: Tensor, scales: Tensor, rows: number, out: Tensor): void {
    this.#kernels.embed(ids.at, table.at, scales.at, rows, last(table), out.at);
  }

  rotaryAttention(
    qkv: Tensor,
    { offsets, count }: Windows,
    cos: Tensor,
    sin: Tensor,
    heads: number,
    work: Tensor,
    out: Tensor,
  ): void {
    const head = last(out) / heads;
    const scale = f32(1 / Math.sqrt(head));
    this.#kernels.rotaryAttention(qkv.at, offsets.at, count, cos.at, sin.at, heads, head, scale, work.at, out.at);
  }

  router(y: Tensor, router: Tensor, rows: number, choice: Tensor, shares: Tensor): void {
    const experts = router.shape[0]!;
    this.#kernels.router(
      y.at,
      router.at,
      rows,
      last(router),
      experts,
      last(choice),
      this.#experts.at,
      choice.at,
      shares.at,
    );
  }

  permute(choice: Tensor, q: Quantised, rows: number, { offsets, positions }: Permutation, out: Quantised): void {
    this.#kernels.permute(
      choice.at,
      q.values.at,
      q.scales.at,
      q.sums.at,
      rows,
      last(choice),
      offsets.shape[0]! - 1,
      last(q.values),
      offsets.at,
      positions.at,
      out.values.at,
      out.scales.at,
      out.sums.at,
    );
  }

  unpermute(y: Tensor, shares: Tensor, { positions }: Permutation, rows: number, x: Tensor): void {
    this.#kernels.unpermute(y.at, shares.at, positions.at, rows, last(shares), last(x), x.at);
  }

  pool(y: Tensor, pool: Tensor, { offsets, count }: Windows, work: Tensor, out: Tensor): void {
    this.#kernels.pool(y.at, pool.at, offsets.at, count, last(pool), work.at, out.at);
  }

  linear(x: Tensor, weight: Tensor, bias: Tensor, rows: number, out: Tensor): void {
    this.#kernels.linear(x.at, weight.at, bias.at, rows, last(weight), last(out), out.at);
  }

  rmsnorm(x: Tensor, gain: Tensor, eps: number, rows: number, out: Tensor): void {
    this.#kernels.rmsnorm(x.at, gain.at, eps, rows, last(gain), out.at);
  }

  rmsnormQuantise(x: Tensor, gain: Tensor, eps: number, rows: number, out: Quantised, normed: Tensor | null): void {
    const { values, scales, sums } = out;
    const normedAt = normed === null ? 0 : normed.at;
    this.#kernels.rmsnormQuantise(x.at, gain.at, eps, rows, last(gain), values.at, scales.at, sums.at, normedAt);
  }

  ternaryGemm(q: Quantised, w: Ternary, rows: number, epilogue: Epilogue, out: Tensor, groups: Tensor | null): void {
    const [blocks, steps] = w.codes.shape.slice(-3) as [number, number, number];
    this.#kernels.ternaryGemm(
      q.values.at,
      q.scales.at,
      q.sums.at,
      rows,
      w.codes.at,
      w.scales.at,
      4 * steps,
      16 * blocks,
      groups === null ? 0 : groups.at,
      groups === null ? 1 : groups.shape[0]! - 1,
      MODES[epilogue],
      out.at,
      this.#gemmWork.at,
    );
  }
}

function last({ shape }: Tensor): number {
  return shape[shape.length - 1]!;
}

function viewsOf({ buffer }: WebAssembly.Memory): Record<DType, Values> {
  return {
    f32: new Float32Array(buffer),
    i32: new Int32Array(buffer),
    i8: new Int8Array(buffer),
    u8: new Uint8Array(buffer),
  };
}

function dtypeOf(values: Values): DType {
  if (values instanceof Float32Array) return 'f32';
  if (values instanceof Int32Array) return 'i32';
  return values instanceof Int8Array ? 'i8' : 'u8';
}
