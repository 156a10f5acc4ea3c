/** What the tiles read: 16 channels of a plane spread out as a panel, and (swar) activations widened to 16 bits. */
import {
  type FunctionRef,
  i8x16,
  i16x8,
  i32,
  type Local,
  type ModuleBuilder,
  type Value,
  v128,
} from '../../asm/index.ts';
import { codesAt, PANEL_LOOPS, type Tier } from './tiers.ts';

const PARAMS = { codes: 'i32', quads: 'i32', panel: 'i32' } as const;
export type Unpack = FunctionRef<typeof PARAMS, 'void'>;
const WIDEN_PARAMS = { values: 'i32', quads: 'i32', out: 'i32' } as const;
export type Widen = FunctionRef<typeof WIDEN_PARAMS, 'void'>;

/** Bytes of a panel: 64 a quad in every tier. */
export function panelBytes(inputs: number): number {
  return 16 * inputs;
}

/** A function that spreads out the 16 channels × `quads` · 4 inputs at `codes`, in the order in which the tier's loop goes. */
export function emitUnpack(module: ModuleBuilder, tier: Tier): Unpack {
  const { passes } = PANEL_LOOPS[tier];
  return module.function('unpackPanel', PARAMS, 'void', (f, { codes, quads, panel }) => {
    const end = f.local('i32', i32.add(codes, i32.shl(quads, 4)));
    const second = f.local('i32', i32.add(panel, i32.shl(quads, 5)));
    const block = f.local('v128');
    f.loop((again) => {
      f.set(block, v128.load(codes));
      const vectors = tier === 'swar' ? twoChannelWeights(block) : [0, 1, 2, 3].map((g) => codesAt(block, g));
      vectors.forEach((vector, i) => {
        const inSecond = passes === 2 && i >= 2;
        f.emit(v128.store(inSecond ? second : panel, vector, 16 * (inSecond ? i - 2 : i)));
      });
      f.step(codes, 16);
      f.step(panel, 64 / passes);
      if (passes === 2) f.step(second, 32);
      f.branch(again, i32.lt_u(codes, end));
    });
  });
}

/**
 * A block as 16-bit w(n) + w(n + 8) · 2¹⁴ (mod 2¹⁶): channels 0…3 and 4…7 at inputs 0 and 2, then both at inputs 1 and 3.
 * In a 16-bit lane, code g of the even input has bits 2g, that of the odd one bits 8 + 2g.
 */
function twoChannelWeights(block: Local<'v128'>): Value<'v128'>[] {
  return [0, 8].flatMap((odd) =>
    [0, 1].map((g) => {
      const low = v128.and(shifted(block, -(2 * g + odd)), i16x8.const(3));
      const high = v128.and(shifted(block, 14 - (2 * (g + 2) + odd)), i16x8.const(-0x4000));
      return i16x8.sub(v128.or(low, high), i16x8.const(0x4001));
    }),
  );
}

function shifted(v: Value<'v128'>, left: number): Value<'v128'> {
  if (left === 0) return v;
  return left > 0 ? i16x8.shl(v, left) : i16x8.shr_u(v, -left);
}

/** A function that writes, for each quad of int8, its inputs 0, 2, 1, 3 as 16 bits. Rows may follow one another. */
export function emitWiden(module: ModuleBuilder): Widen {
  return module.function('widenActivations', WIDEN_PARAMS, 'void', (f, { values, quads, out }) => {
    const end = f.local('i32', i32.add(values, i32.shl(quads, 2)));
    const v = f.local('v128');
    const [even, odd] = [i16x8.shr_s(i16x8.shl(v, 8), 8), i16x8.shr_s(v, 8)];
    const words = (indices: readonly number[]): Value<'v128'> =>
      i8x16.shuffle(
        even,
        odd,
        indices.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte)),
      );
    f.while(i32.ge_s(i32.sub(end, values), 16), () => {
      f.set(v, v128.load(values));
      f.emit(v128.store(out, words([0, 4, 1, 5])));
      f.emit(v128.store(out, words([2, 6, 3, 7]), 16));
      f.step(values, 16);
      f.step(out, 32);
    });
    f.while(i32.lt_u(values, end), () => {
      f.set(v, v128.load32_zero(values));
      f.emit(v128.store64_lane(out, words([0, 4, 1, 5]), 0));
      f.step(values, 4);
      f.step(out, 8);
    });
  });
}
