/** The devices that every suite of an op runs on, and pieces of input for them. */
import type { Device, Tensor, Values } from '../../kernels/device.ts';
import { createReference } from '../../kernels/reference.ts';
import { createWasm } from '../../kernels/wasm.ts';
import { randomFrom } from '../models/random-model.ts';

export interface NamedDevice {
  readonly name: string;
  readonly create: () => Promise<Device>;
}

export const WASM: readonly NamedDevice[] = (['dot32', 'dot16', 'swar'] as const).map((tier) => ({
  name: `wasm-${tier}`,
  create: () => createWasm(tier),
}));

export const DEVICES: readonly NamedDevice[] = [{ name: 'reference', create: async () => createReference() }, ...WASM];

export function floats(count: number, seed: number, size = 1): Float32Array {
  const random = randomFrom(seed);
  return Float32Array.from({ length: count }, () => size * (2 * random() - 1));
}

export function bytes(count: number, seed: number): Int8Array {
  const random = randomFrom(seed);
  return Int8Array.from({ length: count }, () => Math.floor(random() * 255) - 127);
}

export function indices(count: number, below: number, seed: number): Int32Array {
  const random = randomFrom(seed);
  return Int32Array.from({ length: count }, () => Math.floor(random() * below));
}

/** Offsets of windows with these rows. */
export function offsetsOf(rows: readonly number[]): Int32Array {
  return Int32Array.from([0, ...rows.map((_, i) => rows.slice(0, i + 1).reduce((a, b) => a + b, 0))]);
}

/** All elements of a tensor. */
export async function valuesOf(device: Device, tensor: Tensor): Promise<Values> {
  const types = { f32: Float32Array, i32: Int32Array, i8: Int8Array, u8: Uint8Array };
  const out = new types[tensor.dtype](tensor.shape.reduce((a, b) => a * b, 1));
  await device.read(tensor, out);
  return out;
}

/** A tensor whose every byte is 0x55: an op that leaves a part of its output unwritten, or writes too much, shows it. */
export function dirty(device: Device, dtype: Tensor['dtype'], shape: readonly number[]): Tensor {
  const tensor = device.allocate(dtype, shape);
  const count = shape.reduce((a, b) => a * b, 1);
  const types = { f32: Float32Array, i32: Int32Array, i8: Int8Array, u8: Uint8Array };
  const values = new types[dtype](count);
  new Uint8Array(values.buffer).fill(0x55);
  device.write(tensor, values);
  return tensor;
}
