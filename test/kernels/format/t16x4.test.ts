/** T16x4: what is packed comes back, every bit stands where the drawing says, and code 3 is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError, ModelFormatError } from '../../../errors.ts';
import { pack, planeBytes, unpack, validate, weightAt, ZEROS } from '../../../kernels/format/t16x4.ts';

const shapes = fc
  .record({ blocks: fc.integer({ min: 1, max: 4 }), quads: fc.integer({ min: 1, max: 9 }) })
  .map(({ blocks, quads }) => [blocks * 16, quads * 4] as const);
const samples = shapes.chain(([channels, inputs]) =>
  fc.record({
    channels: fc.constant(channels),
    inputs: fc.constant(inputs),
    weights: fc
      .array(fc.integer({ min: -1, max: 1 }), { minLength: channels * inputs, maxLength: channels * inputs })
      .map((values) => Int8Array.from(values)),
  }),
);

describe('T16x4', () => {
  it('unpacks what it packs', () => {
    fc.assert(
      fc.property(samples, ({ channels, inputs, weights }) => {
        const plane = pack(weights, channels, inputs);
        expect(plane.length).toBe(planeBytes(channels, inputs));
        expect(unpack(plane, channels, inputs)).toEqual(weights);
      }),
    );
  });

  it('is packed again to the same bytes', () => {
    fc.assert(
      fc.property(samples, ({ channels, inputs, weights }) => {
        const plane = pack(weights, channels, inputs);
        expect(pack(unpack(plane, channels, inputs), channels, inputs)).toEqual(plane);
      }),
    );
  });

  it('places one weight in two bits: block, byte 4·l + kk, bits 2g', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), fc.nat(), ([channels, inputs], a, b) => {
        const [n, k] = [a % channels, b % inputs];
        const weights = new Int8Array(channels * inputs);
        weights[n * inputs + k] = 1;
        const plane = pack(weights, channels, inputs);
        const [g, l] = [(n >> 2) & 3, n & 3];
        const at = ((n >> 4) * (inputs >> 2) + (k >> 2)) * 16 + l * 4 + (k & 3);
        const expected = new Uint8Array(plane.length).fill(ZEROS);
        expected[at] = (ZEROS & ~(3 << (2 * g))) | (2 << (2 * g));
        expect(plane).toEqual(expected);
        expect(weightAt(plane, n, k, inputs)).toBe(1);
      }),
    );
  });

  it('refuses code 3 wherever it stands, and names the byte', () => {
    fc.assert(
      fc.property(samples, fc.nat(), fc.integer({ min: 0, max: 3 }), fc.nat({ max: 5 }), (sample, at, g, shift) => {
        const { channels, inputs, weights } = sample;
        const packed = pack(weights, channels, inputs);
        // Anywhere in memory: words are looked at where the plane lies right for them.
        const plane = new Uint8Array(new ArrayBuffer(packed.length + 8), shift, packed.length);
        plane.set(packed);
        expect(() => validate(plane, 'layers.0.up')).not.toThrow();
        plane[at % plane.length]! |= 3 << (2 * g);
        const name = `byte ${at % plane.length} holds code 3`;
        expect(() => validate(plane, 'layers.0.up')).toThrow(ModelFormatError);
        expect(() => unpack(plane, channels, inputs)).toThrow(name);
      }),
    );
  });

  it('refuses shapes and values that it does not have', () => {
    for (const [channels, inputs] of [
      [15, 4],
      [16, 3],
      [0, 4],
      [16, 0],
      [16.5, 4],
      [-16, 4],
    ] as const) {
      expect(() => planeBytes(channels, inputs)).toThrow(InvalidInputError);
    }
    expect(() => pack(new Int8Array(64).fill(2), 16, 4)).toThrow('weight [0, 0] is 2');
    expect(() => pack(new Int8Array(63), 16, 4)).toThrow('expected 64 weights');
    expect(() => unpack(new Uint8Array(15), 16, 4)).toThrow(ModelFormatError);
  });
});
