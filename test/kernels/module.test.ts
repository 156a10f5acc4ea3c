/** The module of each tier, read by an independent disassembler: it is valid, and asks the engine for no more than it says. */
import { beforeAll, describe, expect, it } from 'vitest';
import loadWabt from 'wabt';
import { TIERS } from '../../kernels/tier.ts';
import { emitKernels } from '../../kernels/wasm.ts';

let wabt: Awaited<ReturnType<typeof loadWabt>>;
beforeAll(async () => {
  wabt = await loadWabt();
});

/** The text form of a module, after its validation with these features. */
function text(bytes: Uint8Array, features: Readonly<Record<string, boolean>>): string {
  const module = wabt.readWasm(bytes, { readDebugNames: true, ...features });
  module.validate();
  const written = module.toText({});
  module.destroy();
  return written;
}

describe.each(TIERS)('the module of %s', (tier) => {
  const bytes = emitKernels(tier);
  const relaxed = { simd: true, relaxed_simd: true };

  it('is valid, here and elsewhere', () => {
    expect(WebAssembly.validate(bytes)).toBe(true);
    expect(text(bytes, relaxed)).toContain('(func $rotaryAttention');
  });

  it('rounds every product: no f32 instruction whose result an engine may choose', () => {
    const instructions = new Set(text(bytes, relaxed).match(/[a-z0-9]+\.relaxed_\w+/g));
    const expected = {
      dot32: ['i32x4.relaxed_dot_i8x16_i7x16_add_s'],
      dot16: ['i16x8.relaxed_dot_i8x16_i7x16_s'],
      swar: [],
    };
    expect([...instructions]).toEqual(expected[tier]);
  });

  it('is small', () => {
    expect(bytes.length).toBeLessThan(40_000);
  });
});

describe('swar', () => {
  it('needs no relaxed instruction', () => {
    expect(() => text(emitKernels('swar'), { simd: true, relaxed_simd: false })).not.toThrow();
    expect(() => text(emitKernels('dot16'), { simd: true, relaxed_simd: false })).toThrow();
  });
});
