/** From the name of a device to the device. A list that can be read; nothing registers itself. */
import { InvalidInputError } from '../errors.ts';
import type { Device } from './device.ts';
import { createReference } from './reference.ts';
import { chooseTier } from './tier.ts';
import { createWasm } from './wasm.ts';

/** `auto` and `wasm` take the tier that this engine computes rightly and runs fastest; the others force one. */
export const DEVICE_NAMES = ['auto', 'wasm', 'wasm-dot32', 'wasm-dot16', 'wasm-swar', 'reference'] as const;
export type DeviceName = (typeof DEVICE_NAMES)[number];

/**
 * Makes a device.
 *
 * @throws InvalidInputError  there is no device of this name
 * @throws ClassifierUnavailableError  no tier, or not the one asked for, computes rightly here
 */
export async function createDevice(name: DeviceName = 'auto'): Promise<Device> {
  switch (name) {
    case 'auto':
    case 'wasm':
      return createWasm(chooseTier().tier);
    case 'wasm-dot32':
      return createWasm(chooseTier('dot32').tier);
    case 'wasm-dot16':
      return createWasm(chooseTier('dot16').tier);
    case 'wasm-swar':
      return createWasm(chooseTier('swar').tier);
    case 'reference':
      return createReference();
    default:
      throw new InvalidInputError(`device ${JSON.stringify(name)}: expected one of ${DEVICE_NAMES.join(', ')}`);
  }
}
