/**
 * How each tier multiplies int8 activations with two-bit codes in SIMD 128. All give the same whole numbers.
 *
 *   dot32   four products a lane, added up in 32 bits (i32x4.relaxed_dot_i8x16_i7x16_add_s: vpdpbusd, sdot)
 *   dot16   two products a lane in 16 bits (i16x8.relaxed_dot_i8x16_i7x16_s: pmaddubsw), widened every 256 inputs
 *   swar    no relaxed SIMD: a 16-bit weight is w(n) + w(n + 4) · 2¹⁴, so that one i32x4.dot_i16x8_s serves two channels;
 *           taken apart every 128 inputs
 *
 * The dot tiers multiply codes (w + 1) and take the row's sum away at the end. Bounds: 64 quads of codes up to 2 stay below
 * 64 · 2 · 2 · 127 < 2¹⁵; in a lane of swar, half of 128 inputs with weights up to 1 stays below 64 · 127 < 2¹³.
 */
import { type FunctionBuilder, i8x16, i16x8, i32x4, type Local, type Value, v128 } from '../../asm/index.ts';

export type Tier = 'dot32' | 'dot16' | 'swar';
export const TIERS: readonly Tier[] = ['dot32', 'dot16', 'swar'];

type Vector = Value<'v128'>;

/** What the generator of tiles must know of an inner loop. A quad is four inputs. */
export interface Loop {
  /** Most rows of a tile. */
  readonly rows: number;
  /** Vectors of sums a row, and of weights a quad. */
  readonly vectors: number;
  /** Bytes of activations a quad: int8, or 16 bits where `widened`. */
  readonly activationBytes: 4 | 8;
  /** Bytes of weights a quad. */
  readonly weightBytes: number;
  /** How often the loop must run for 16 channels, 16 / passes each time. */
  readonly passes: 1 | 2;
  /** Quads after which the sums must be widened; Infinity if never. */
  readonly flushQuads: number;
  /** Sets of sums for a tile of one row, taken in turn, so that additions need not wait for one another. */
  readonly sets: 1 | 2;
  /** Whether the sums are of codes, so that the row's sum must be taken away. */
  readonly codes: boolean;
  /** Written before the loop: gives what sets `weights`, `vectors` of them, to those of the quad at address + offset. */
  readonly loader: (
    f: FunctionBuilder,
  ) => (address: Local<'i32'>, offset: number, weights: readonly Local<'v128'>[]) => void;
  /** sums + activations · weights. */
  readonly accumulate: (sums: Vector, activations: Vector, weights: Vector) => Vector;
  /** The sums in 32 bits, as they are added up in memory. */
  readonly widen: (sums: readonly Local<'v128'>[]) => Vector[];
  /** Of widened sums: four channels a vector, in the order of the channels. */
  readonly arrange: (widened: readonly Local<'v128'>[]) => Vector[];
}

type Arithmetic = Omit<Loop, 'rows' | 'vectors' | 'weightBytes' | 'passes' | 'sets' | 'loader'>;

const ARITHMETIC: Readonly<Record<Tier, Arithmetic>> = {
  dot32: {
    activationBytes: 4,
    flushQuads: Number.POSITIVE_INFINITY,
    codes: true,
    accumulate: (sums, a, w) => i32x4.relaxed_dot_i8x16_i7x16_add_s(a, w, sums),
    widen: (sums) => [...sums],
    arrange: (widened) => [...widened],
  },
  dot16: {
    activationBytes: 4,
    flushQuads: 64,
    codes: true,
    accumulate: (sums, a, w) => i16x8.add(sums, i16x8.relaxed_dot_i8x16_i7x16_s(a, w)),
    widen: (sums) => sums.map((sum) => i32x4.extadd_pairwise_i16x8_s(sum)),
    arrange: (widened) => [...widened],
  },
  swar: {
    activationBytes: 8,
    flushQuads: 32,
    codes: false,
    accumulate: (sums, a, w) => i32x4.add(sums, i32x4.dot_i16x8_s(a, w)),
    // w(n) is the low 14 bits with their sign, w(n + 4) the rest.
    widen: (sums) =>
      sums.flatMap((both) => {
        const low = i32x4.shr_s(i32x4.shl(both, 18), 18);
        return [low, i32x4.shr_s(i32x4.sub(both, low), 14)];
      }),
    // A channel has two lanes side by side, one for inputs 0 and 1 of each quad and one for 2 and 3.
    arrange: (widened) =>
      widened
        .map((_, i) => i)
        .filter((i) => i % 4 < 2)
        .map((i) => i32x4.add(words(widened[i]!, widened[i + 2]!, 0), words(widened[i]!, widened[i + 2]!, 1))),
  },
};

/** Every second word of two vectors, from the first or the second on. */
function words(a: Vector, b: Vector, from: 0 | 1): Vector {
  return i8x16.shuffle(
    a,
    b,
    [0, 2, 4, 6].flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * (word + from) + byte)),
  );
}

/**
 * Weights out of the panel that unpack.ts writes, 8 channels a pass. V8 has 15 vector registers to give: rows · 2 sums, two
 * weights, an activation, and in dot16 and swar a product.
 */
export const PANEL_LOOPS: Readonly<Record<Tier, Loop>> = {
  dot32: { ...ARITHMETIC.dot32, ...panelOf(6) },
  dot16: { ...ARITHMETIC.dot16, ...panelOf(4) },
  swar: { ...ARITHMETIC.swar, ...panelOf(5) },
};

function panelOf(rows: number): Pick<Loop, 'rows' | 'vectors' | 'weightBytes' | 'passes' | 'sets' | 'loader'> {
  return {
    ...{ rows, vectors: 2, weightBytes: 32, passes: 2, sets: 1 },
    loader: (f) => (address, offset, weights) => {
      for (const [v, weight] of weights.entries()) f.set(weight, v128.load(address, offset + 16 * v));
    },
  };
}

/** Weights straight out of the plane, 16 channels at once: for so few rows that a panel would not pay. */
export const DIRECT_LOOPS: Readonly<Record<Tier, Loop>> = {
  dot32: { ...ARITHMETIC.dot32, ...directOf(codesOf), sets: 2 },
  dot16: { ...ARITHMETIC.dot16, ...directOf(codesOf) },
  swar: { ...ARITHMETIC.swar, ...directOf(twoChannels) },
};

function directOf(
  unpacker: (f: FunctionBuilder) => Unpacker,
): Pick<Loop, 'rows' | 'vectors' | 'weightBytes' | 'passes' | 'sets' | 'loader'> {
  return {
    ...{ rows: 2, vectors: 4, weightBytes: 16, passes: 1, sets: 1 },
    loader: (f) => {
      const unpack = unpacker(f);
      return (address, offset, weights) => {
        // The first weights are computed last, out of the local that holds the block until then.
        const block = weights[0]!;
        f.set(block, v128.load(address, offset));
        const vectors = unpack(block);
        for (const v of [3, 2, 1, 0]) f.set(weights[v]!, vectors[v]!);
      };
    },
  };
}

/**
 * A block of T16x4 as four vectors of weights. Its constants lie in locals, because V8 builds a constant anew wherever it is
 * written, which made the loops of unpack.ts 1.6 times (codes) and 6 times (two channels) as slow.
 */
export type Unpacker = (block: Local<'v128'>) => Vector[];

/** Each vector has the codes of 4 channels × 4 inputs as bytes. */
export function codesOf(f: FunctionBuilder): Unpacker {
  const mask = f.local('v128', i32x4.const(0x03030303));
  // A shift of 16-bit lanes is one instruction, of 8-bit lanes it is several; the mask takes off what came from next door.
  return (block) => [0, 1, 2, 3].map((g) => v128.and(g === 0 ? block : i16x8.shr_u(block, 2 * g), mask));
}

/**
 * 16-bit weights w(n) + w(n + 4) · 2¹⁴: channels 0, 1 (and 4, 5), then 2, 3 (and 6, 7), each at four inputs, then the same of
 * channels 8 to 15. Four bits of a byte are the codes of such a pair; two tables have the lower and the upper byte of its
 * weight.
 */
export function twoChannels(f: FunctionBuilder): Unpacker {
  const pairs = Array.from({ length: 16 }, (_, bits) => ((bits & 3) - 1 + (((bits >> 2) - 1) << 14)) & 0xffff);
  const lower = f.local('v128', i8x16.const(...pairs.map((weight) => weight & 0xff)));
  const upper = f.local('v128', i8x16.const(...pairs.map((weight) => weight >> 8)));
  const mask = f.local('v128', i8x16.const(0x0f));
  const interleaved = (from: number): number[] => [0, 1, 2, 3, 4, 5, 6, 7].flatMap((i) => [from + i, 16 + from + i]);
  return (block) =>
    [0, 1].flatMap((half) => {
      const nibbles = v128.and(half === 0 ? block : i16x8.shr_u(block, 4), mask);
      const bytes = [i8x16.swizzle(lower, nibbles), i8x16.swizzle(upper, nibbles)] as const;
      return [i8x16.shuffle(...bytes, interleaved(0)), i8x16.shuffle(...bytes, interleaved(8))];
    });
}
