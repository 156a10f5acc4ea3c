/** The experts' answers, weighed and added to their rows, four f32 at a time. */
import { type FunctionRef, f32x4, i32, type ModuleBuilder, v128 } from '../../asm/index.ts';

const PARAMS = {
  y: 'i32',
  shares: 'i32',
  positions: 'i32',
  rows: 'i32',
  slots: 'i32',
  width: 'i32',
  x: 'i32',
} as const;

/** `unpermute` of reference.ts over addresses; `width` is a multiple of 4. */
export function emitUnpermute(module: ModuleBuilder): FunctionRef<typeof PARAMS, 'void'> {
  return module.function('unpermute', PARAMS, 'void', (f, { y, shares, positions, rows, slots, width, x }) => {
    const widthBytes = f.local('i32', i32.shl(width, 2));
    const xEnd = f.local('i32', i32.add(x, i32.mul(rows, widthBytes)));
    const rowEnd = f.local('i32');
    const at = f.local('i32');
    const from = f.local('i32');
    const slot = f.local('i32');
    const share = f.local('v128');
    f.while(i32.lt_u(x, xEnd), () => {
      f.set(rowEnd, i32.add(x, widthBytes));
      f.for(slot, 0, slots, 1, () => {
        f.set(share, v128.load32_splat(shares));
        f.set(from, i32.add(y, i32.mul(i32.load(positions), widthBytes)));
        f.for(at, x, rowEnd, 16, () => {
          f.emit(v128.store(at, f32x4.add(v128.load(at), f32x4.mul(share, v128.load(from)))));
          f.step(from, 16);
        });
        f.step(shares, 4);
        f.step(positions, 4);
      });
      f.set(x, rowEnd);
    });
  });
}
