/**
 * T16x4: ternary weights, two bits each, in the order in which every kernel reads them.
 *
 * A plane holds w[N][K], N a multiple of 16 and K of 4, as blocks of 16 channels × 4 inputs, inputs fastest: block
 * (N/16, K/4) is 16 bytes. Within a block, byte 4·l + kk holds channels l, 4 + l, 8 + l, 12 + l at input kk:
 *
 *     byte      0    1    2    3  |  4    5    6    7  |  8 …          | 12 …      15
 *     channel  +0   +0   +0   +0  | +1   +1   +1   +1  | +2            | +3           + 4g
 *     input     0    1    2    3  |  0    1    2    3  |  0 …          |  0 …       3
 *
 *     bits of a byte   7 6 | 5 4 | 3 2 | 1 0
 *     g                 3  |  2  |  1  |  0       code = w + 1: 0, 1, 2; 3 is no weight
 *
 * So `(block >> 2g) & 0x03…` is 4 channels × 4 inputs as bytes: an operand of a four-way int8 dot product whose 32-bit
 * lanes are channels. The same bytes serve WASM and, as four u32, WGSL's dot4I8Packed.
 */
import { InvalidInputError, ModelFormatError } from '../../errors.ts';

export const CHANNELS = 16;
export const INPUTS = 4;
/** A byte with four codes of 1: sixteen of them are a block of zero weights. */
export const ZEROS = 0b01010101;
const ZEROS_OF_WORD = 0x55555555;

/** Bytes of a plane. Throws InvalidInputError where the format has no such shape. */
export function planeBytes(channels: number, inputs: number): number {
  const whole = (n: number, unit: number): boolean => Number.isSafeInteger(n) && n > 0 && n % unit === 0;
  if (!whole(channels, CHANNELS) || !whole(inputs, INPUTS)) {
    throw new InvalidInputError(
      `T16x4: expected channels a multiple of ${CHANNELS} and inputs of ${INPUTS}, found [${channels}, ${inputs}]`,
    );
  }
  return (channels * inputs) / 4;
}

/**
 * Weights as a plane.
 *
 * @param weights [channels, inputs] of −1, 0, 1
 * @throws InvalidInputError  another value, another count, or a shape that the format does not have
 */
export function pack(weights: Int8Array, channels: number, inputs: number): Uint8Array {
  const plane = new Uint8Array(planeBytes(channels, inputs));
  if (weights.length !== channels * inputs) {
    throw new InvalidInputError(`T16x4: expected ${channels * inputs} weights, found ${weights.length}`);
  }
  for (let n = 0; n < channels; n++) {
    for (let k = 0; k < inputs; k++) {
      const weight = weights[n * inputs + k]!;
      if (weight < -1 || weight > 1) throw new InvalidInputError(`T16x4: weight [${n}, ${k}] is ${weight}`);
      plane[byteOf(n, k, inputs)]! |= (weight + 1) << shiftOf(n);
    }
  }
  return plane;
}

/** The weights [channels, inputs] of a plane. Throws ModelFormatError for a plane that `validate` refuses. */
export function unpack(plane: Uint8Array, channels: number, inputs: number): Int8Array {
  if (plane.length !== planeBytes(channels, inputs)) {
    throw new ModelFormatError(`T16x4: expected ${planeBytes(channels, inputs)} bytes, found ${plane.length}`);
  }
  validate(plane, 'T16x4');
  const weights = new Int8Array(channels * inputs);
  for (let n = 0; n < channels; n++) {
    for (let k = 0; k < inputs; k++) weights[n * inputs + k] = weightAt(plane, n, k, inputs);
  }
  return weights;
}

/** The weight of channel n at input k. */
export function weightAt(plane: Uint8Array, n: number, k: number, inputs: number): number {
  return ((plane[byteOf(n, k, inputs)]! >> shiftOf(n)) & 3) - 1;
}

/** Throws ModelFormatError at the first byte that holds code 3. `name` is the tensor's, for the message. */
export function validate(plane: Uint8Array, name: string): void {
  // A code is 3 where both of its bits are set. Words where they lie right: a model's megabytes are looked at on every start.
  const aligned = plane.byteOffset % 4 === 0;
  const words = new Uint32Array(plane.buffer, aligned ? plane.byteOffset : 0, aligned ? plane.length >> 2 : 0);
  let at = 0;
  while (at < words.length && (words[at]! & (words[at]! >>> 1) & ZEROS_OF_WORD) === 0) at++;
  at *= 4;
  while (at < plane.length && (plane[at]! & (plane[at]! >> 1) & ZEROS) === 0) at++;
  if (at < plane.length) throw new ModelFormatError(`${name}: byte ${at} holds code 3, which is no weight`);
}

function byteOf(n: number, k: number, inputs: number): number {
  const block = Math.floor(n / CHANNELS) * (inputs / INPUTS) + Math.floor(k / INPUTS);
  return block * 16 + (n % 4) * 4 + (k % INPUTS);
}

function shiftOf(n: number): number {
  return 2 * Math.floor((n % CHANNELS) / 4);
}
