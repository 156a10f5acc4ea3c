/**
 * How each tier multiplies int8 activations with two-bit codes in SIMD 128. All give the same whole numbers.
 *
 *   dot32   four products a lane, added up in 32 bits (i32x4.relaxed_dot_i8x16_i7x16_add_s: vpdpbusd, sdot)
 *   dot16   two products a lane in 16 bits (i16x8.relaxed_dot_i8x16_i7x16_s: pmaddubsw), widened every 256 inputs
 *   swar    no relaxed SIMD: a 16-bit weight is w(n) + w(n + 8) · 2¹⁴, so that one i32x4.dot_i16x8_s serves two channels;
 *           taken apart every 64 inputs
 *
 * The dot tiers multiply codes (w + 1) and take the row's sum away at the end. Bounds: 64 quads of codes up to 2 stay below
 * 64 · 2 · 2 · 127 < 2¹⁵; 64 inputs of weights up to 1 stay below 64 · 127 < 2¹³.
 */
import { type FunctionBuilder, i16x8, i32x4, type Local, type Value, v128 } from '../../asm/index.ts';

export type Tier = 'dot32' | 'dot16' | 'swar';
export const TIERS: readonly Tier[] = ['dot32', 'dot16', 'swar'];

/** Four sums that belong to channels 4 · quarter … + 3 of a pass. */
export interface Wide {
  readonly value: Value<'v128'>;
  readonly quarter: number;
}

/** What the generator of tiles must know of an inner loop. A quad is four inputs. */
export interface Loop {
  /** Most rows of a tile. */
  readonly rows: number;
  /** Vectors of sums a row. */
  readonly vectors: number;
  /** Multiplications a vector needs for a quad; each takes 4 bytes of activations. */
  readonly parts: number;
  /** Bytes of weights a quad. */
  readonly weightBytes: number;
  /** How often the loop must run for 16 channels, and the quarters (of 16 channels) that one run is past the one before. */
  readonly passes: number;
  readonly quartersPerPass: number;
  /** Quads after which the sums must be widened; Infinity if never. */
  readonly flushQuads: number;
  /** Sets of sums, taken in turn, so that additions need not wait for one another. */
  readonly sets: number;
  /** Whether the sums are of codes, so that the row's sum must be taken away. */
  readonly codes: boolean;
  /** Sets `weights`, `vectors` of them, to those of one part of the quad at address + offset. */
  readonly load: (
    f: FunctionBuilder,
    address: Local<'i32'>,
    offset: number,
    part: number,
    weights: readonly Local<'v128'>[],
  ) => void;
  /** sums + activations · weights. */
  readonly accumulate: (sums: Value<'v128'>, activations: Value<'v128'>, weights: Value<'v128'>) => Value<'v128'>;
  /** The whole sums in 32 bits. */
  readonly widen: (sums: readonly Local<'v128'>[]) => Wide[];
}

const NEVER = Number.POSITIVE_INFINITY;
/** Quads of dot16 and quads of swar that cannot overflow. */
const DOT16_QUADS = 64;
const SWAR_QUADS = 16;

const multiply = {
  dot32: (sums: Value<'v128'>, a: Value<'v128'>, w: Value<'v128'>): Value<'v128'> =>
    i32x4.relaxed_dot_i8x16_i7x16_add_s(a, w, sums),
  dot16: (sums: Value<'v128'>, a: Value<'v128'>, w: Value<'v128'>): Value<'v128'> =>
    i16x8.add(sums, i16x8.relaxed_dot_i8x16_i7x16_s(a, w)),
  swar: (sums: Value<'v128'>, a: Value<'v128'>, w: Value<'v128'>): Value<'v128'> =>
    i32x4.add(sums, i32x4.dot_i16x8_s(a, w)),
};

const inPlace = (sums: readonly Local<'v128'>[]): Wide[] => sums.map((value, quarter) => ({ value, quarter }));
const pairsAdded = (sums: readonly Local<'v128'>[]): Wide[] =>
  sums.map((value, quarter) => ({ value: i32x4.extadd_pairwise_i16x8_s(value), quarter }));
/** w(n) is the low 14 bits with their sign, w(n + 8) the rest. */
const twoChannels = (sums: readonly Local<'v128'>[]): Wide[] =>
  sums.flatMap((both, quarter) => {
    const low = i32x4.shr_s(i32x4.shl(both, 18), 18);
    return [
      { value: low, quarter },
      { value: i32x4.shr_s(i32x4.sub(both, low), 14), quarter: quarter + 2 },
    ];
  });

/** Weights out of the panel that unpack.ts writes: a tile of rows × 8 (dot) or rows × 16 channels (swar). */
export const PANEL_LOOPS: Readonly<Record<Tier, Loop>> = {
  dot32: panelLoop({
    ...{ rows: 6, vectors: 2, parts: 1, passes: 2, quartersPerPass: 2, flushQuads: NEVER, codes: true },
    ...{ accumulate: multiply.dot32, widen: inPlace },
  }),
  dot16: panelLoop({
    ...{ rows: 4, vectors: 2, parts: 1, passes: 2, quartersPerPass: 2, flushQuads: DOT16_QUADS, codes: true },
    ...{ accumulate: multiply.dot16, widen: pairsAdded },
  }),
  swar: panelLoop({
    ...{ rows: 5, vectors: 2, parts: 2, passes: 1, quartersPerPass: 0, flushQuads: SWAR_QUADS, codes: false },
    ...{ accumulate: multiply.swar, widen: twoChannels },
  }),
};

function panelLoop(loop: Omit<Loop, 'load' | 'weightBytes' | 'sets'>): Loop {
  return {
    ...loop,
    sets: 1,
    weightBytes: 16 * loop.vectors * loop.parts,
    load: (f, address, offset, part, weights) => {
      for (const [v, weight] of weights.entries()) {
        f.set(weight, v128.load(address, offset + 16 * (part * loop.vectors + v)));
      }
    },
  };
}

/** Weights straight out of the plane, 16 channels at once: for so few rows that a panel would not pay. */
export const DIRECT_LOOPS: Readonly<Record<Tier, Loop>> = {
  dot32: directLoop({ parts: 1, flushQuads: NEVER, sets: 2, accumulate: multiply.dot32, widen: inPlace }),
  dot16: directLoop({ parts: 1, flushQuads: DOT16_QUADS, sets: 1, accumulate: multiply.dot16, widen: pairsAdded }),
  // Code g stays where it is in its byte, so that its products are 4ᵍ times too large; no sum reaches 2³¹ below K = 132,000.
  swar: {
    ...directLoop({ parts: 2, flushQuads: NEVER, sets: 1, accumulate: multiply.swar, widen: inPlace }),
    load: (f, address, offset, part, weights) => {
      const block = v128.load(address, offset);
      f.set(weights[0]!, part === 0 ? block : i16x8.shr_u(block, 8));
      for (const g of [3, 2, 1, 0]) f.set(weights[g]!, v128.and(weights[0]!, i16x8.const(3 << (2 * g))));
    },
    widen: (sums) => sums.map((sum, g) => ({ value: i32x4.shr_s(sum, 2 * g), quarter: g })),
  },
};

function directLoop(loop: Pick<Loop, 'parts' | 'flushQuads' | 'sets' | 'accumulate' | 'widen'>): Loop {
  return {
    ...loop,
    ...{ rows: 2, vectors: 4, weightBytes: 16, passes: 1, quartersPerPass: 0, codes: true },
    load: (f, address, offset, _part, weights) => {
      f.set(weights[0]!, v128.load(address, offset));
      for (const g of [3, 2, 1, 0]) f.set(weights[g]!, codesAt(weights[0]!, g));
    },
  };
}

/** Codes g of a block as bytes: 4 channels × 4 inputs. */
export function codesAt(block: Value<'v128'>, g: number): Value<'v128'> {
  // A shift of 16-bit lanes is one instruction, of 8-bit lanes it is several; the mask takes off what came from next door.
  return v128.and(g === 0 ? block : i16x8.shr_u(block, 2 * g), i32x4.const(0x03030303));
}
