/** What the tiles read: 16 channels of a plane spread out as a panel, and (swar) activations widened to 16 bits. */
import { type FunctionRef, i16x8, i32, type ModuleBuilder, v128 } from '../../asm/index.ts';
import { codesOf, type Tier, twoChannels } from './tiers.ts';

const PARAMS = { codes: 'i32', quads: 'i32', panel: 'i32' } as const;
export type Unpack = FunctionRef<typeof PARAMS, 'void'>;
const WIDEN_PARAMS = { values: 'i32', quads: 'i32', out: 'i32' } as const;
export type Widen = FunctionRef<typeof WIDEN_PARAMS, 'void'>;

/** Bytes of a panel: 64 a quad in every tier. */
export function panelBytes(inputs: number): number {
  return 16 * inputs;
}

/** A function that spreads out the 16 channels × `quads` · 4 inputs at `codes`: all quads of 8 channels, then of the others. */
export function emitUnpack(module: ModuleBuilder, tier: Tier): Unpack {
  return module.function('unpackPanel', PARAMS, 'void', (f, { codes, quads, panel }) => {
    const end = f.local('i32', i32.add(codes, i32.shl(quads, 4)));
    const second = f.local('i32', i32.add(panel, i32.shl(quads, 5)));
    const block = f.local('v128');
    const unpack = tier === 'swar' ? twoChannels(f) : codesOf(f);
    f.loop((again) => {
      f.set(block, v128.load(codes));
      for (const [i, vector] of unpack(block).entries()) {
        f.emit(v128.store(i < 2 ? panel : second, vector, 16 * (i % 2)));
      }
      f.step(codes, 16);
      f.step(panel, 32);
      f.step(second, 32);
      f.branch(again, i32.lt_u(codes, end));
    });
  });
}

/** A function that widens `quads` · 4 int8 to 16 bits. Rows may follow one another. */
export function emitWiden(module: ModuleBuilder): Widen {
  return module.function('widenActivations', WIDEN_PARAMS, 'void', (f, { values, quads, out }) => {
    const end = f.local('i32', i32.add(values, i32.shl(quads, 2)));
    f.while(i32.ge_s(i32.sub(end, values), 8), () => {
      f.emit(v128.store(out, v128.load8x8_s(values)));
      f.step(values, 8);
      f.step(out, 16);
    });
    f.if(i32.lt_u(values, end), () => {
      f.emit(v128.store64_lane(out, i16x8.extend_low_i8x16_s(v128.load32_zero(values)), 0));
    });
  });
}
