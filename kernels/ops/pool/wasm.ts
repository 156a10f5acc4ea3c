/** Attention pooling in SIMD 128: scores and exponentials of a window, then its rows, four outputs at a time. */
import { type FunctionRef, f32, f32x4, i32, type ModuleBuilder, v128 } from '../../asm/index.ts';
import { dot, type Exponentials, exponentials } from '../lanes.ts';

const PARAMS = {
  y: 'i32',
  query: 'i32',
  offsets: 'i32',
  windows: 'i32',
  width: 'i32',
  work: 'i32',
  out: 'i32',
} as const;

/** `pool` of reference.ts over addresses; `width` is a multiple of 4, `work` holds the rows of the longest window. */
export function emitPool(module: ModuleBuilder, toExponentials: Exponentials): FunctionRef<typeof PARAMS, 'void'> {
  return module.function('pool', PARAMS, 'void', (f, { y, query, offsets, windows, width, work, out }) => {
    const widthBytes = f.local('i32', i32.shl(width, 2));
    const w = f.local('i32');
    const rows = f.local('i32');
    const at = f.local('i32');
    const from = f.local('i32');
    const outEnd = f.local('i32');
    const workEnd = f.local('i32');
    const sum = f.local('v128');
    const total = f.local('v128');
    f.for(w, 0, windows, 1, () => {
      f.set(rows, i32.sub(i32.load(offsets, 4), i32.load(offsets)));
      f.set(workEnd, i32.add(work, i32.shl(rows, 2)));
      f.set(from, i32.add(y, i32.mul(i32.load(offsets), widthBytes)));
      f.for(at, work, workEnd, 4, () => {
        f.emit(f32.store(at, dot(f, from, query, width)));
        f.step(from, widthBytes);
      });
      f.set(total, f32x4.splat(exponentials(toExponentials, work, rows)));
      f.set(outEnd, i32.add(out, widthBytes));
      const first = f.local('i32', i32.add(y, i32.mul(i32.load(offsets), widthBytes)));
      f.while(i32.lt_u(out, outEnd), () => {
        f.set(from, first);
        f.set(sum, f32x4.const(0));
        f.for(at, work, workEnd, 4, () => {
          f.set(sum, f32x4.add(sum, f32x4.mul(v128.load32_splat(at), v128.load(from))));
          f.step(from, widthBytes);
        });
        f.emit(v128.store(out, f32x4.div(sum, total)));
        f.step(out, 16);
        f.step(first, 16);
      });
      f.step(offsets, 4);
    });
  });
}
