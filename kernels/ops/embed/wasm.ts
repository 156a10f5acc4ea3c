/** Token embedding in SIMD 128: four int8 at a time become f32 and take their row's scale. */
import { type FunctionRef, f32x4, i16x8, i32, i32x4, type ModuleBuilder, v128 } from '../../asm/index.ts';

const PARAMS = { ids: 'i32', table: 'i32', scales: 'i32', rows: 'i32', width: 'i32', out: 'i32' } as const;

/** `embed` of reference.ts over addresses; `width` is a multiple of 4. */
export function emitEmbed(module: ModuleBuilder): FunctionRef<typeof PARAMS, 'void'> {
  return module.function('embed', PARAMS, 'void', (f, { ids, table, scales, rows, width, out }) => {
    const end = f.local('i32', i32.add(ids, i32.shl(rows, 2)));
    f.while(i32.lt_u(ids, end), () => {
      const id = f.local('i32', i32.load(ids));
      const scale = f.local('v128', v128.load32_splat(i32.add(scales, i32.shl(id, 2))));
      const from = f.local('i32', i32.add(table, i32.mul(id, width)));
      const rowEnd = f.local('i32', i32.add(from, width));
      f.while(i32.lt_u(from, rowEnd), () => {
        const words = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(from)));
        f.emit(v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(words), scale)));
        f.step(from, 4);
        f.step(out, 16);
      });
      f.step(ids, 4);
    });
  });
}
