/** Names of devices. */
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../errors.ts';
import { createDevice, DEVICE_NAMES, type DeviceName } from '../../kernels/choose.ts';

describe('createDevice', () => {
  it.each(DEVICE_NAMES)('makes %s', async (name) => {
    const device = await createDevice(name);
    if (name === 'auto' || name === 'wasm') expect(device.name).toMatch(/^wasm-(dot32|dot16|swar)$/);
    else expect(device.name).toBe(name);
    device.close();
  });

  it('makes auto when nothing is said', async () => {
    expect((await createDevice()).name).toMatch(/^wasm-/);
  });

  it('refuses another name, and says which there are', async () => {
    await expect(createDevice('webgl' as DeviceName)).rejects.toThrow(InvalidInputError);
    await expect(createDevice('webgl' as DeviceName)).rejects.toThrow('wasm-swar');
  });
});
