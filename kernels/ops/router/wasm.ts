/** The gate in SIMD 128: logits one row at a time, four experts side by side, then softmax and the best S. */
import { type FunctionRef, f32, f32x4, i32, type ModuleBuilder, v128 } from '../../asm/index.ts';
import { dot, type Exponentials, exponentials, sumFour } from '../lanes.ts';

const PARAMS = {
  y: 'i32',
  router: 'i32',
  rows: 'i32',
  width: 'i32',
  experts: 'i32',
  slots: 'i32',
  work: 'i32',
  choice: 'i32',
  shares: 'i32',
} as const;

/** `route` of reference.ts over addresses; `width` is a multiple of 4, `work` holds the experts up to a multiple of 4. */
export function emitRouter(module: ModuleBuilder, toExponentials: Exponentials): FunctionRef<typeof PARAMS, 'void'> {
  return module.function(
    'router',
    PARAMS,
    'void',
    (f, { y, router, rows, width, experts, slots, work, choice, shares }) => {
      const widthBytes = f.local('i32', i32.shl(width, 2));
      const workEnd = f.local('i32', i32.add(work, i32.shl(experts, 2)));
      const yEnd = f.local('i32', i32.add(y, i32.mul(rows, widthBytes)));
      const quads = f.local('i32', i32.add(work, i32.shl(i32.and(experts, -4), 2)));
      const w = f.local('i32');
      const p = f.local('i32');
      const best = f.local('i32');
      const k = f.local('i32');
      const slot = f.local('i32');
      const index = f.local('i32');
      const row = f.local('v128');
      const sums = f.locals('v128', 4);
      const total = f.local('f32');
      const chosen = f.local('f32');
      f.while(i32.lt_u(y, yEnd), () => {
        f.set(w, router);
        f.set(p, work);
        f.while(i32.lt_u(p, quads), () => {
          for (const sum of sums) f.set(sum, f32x4.const(0));
          f.for(k, 0, widthBytes, 16, () => {
            f.set(row, v128.load(i32.add(y, k)));
            f.set(index, i32.add(w, k));
            for (const sum of sums) {
              f.set(sum, f32x4.add(sum, f32x4.mul(row, v128.load(index))));
              f.step(index, widthBytes);
            }
          });
          f.emit(v128.store(p, sumFour(f, sums)));
          f.step(w, i32.shl(widthBytes, 2));
          f.step(p, 16);
        });
        f.while(i32.lt_u(p, workEnd), () => {
          f.emit(f32.store(p, dot(f, y, w, width)));
          f.step(w, widthBytes);
          f.step(p, 4);
        });
        f.set(total, exponentials(toExponentials, work, experts));
        f.for(p, work, workEnd, 4, () => f.emit(f32.store(p, f32.div(f32.load(p), total))));
        f.set(chosen, 0);
        f.for(slot, 0, slots, 1, () => {
          f.set(best, work);
          f.for(p, work, workEnd, 4, () => {
            f.if(f32.gt(f32.load(p), f32.load(best)), () => f.set(best, p));
          });
          f.emit(i32.store(choice, i32.shr_u(i32.sub(best, work), 2)));
          f.emit(f32.store(shares, f32.load(best)));
          f.set(chosen, f32.add(chosen, f32.load(best)));
          f.emit(f32.store(best, -1));
          f.step(choice, 4);
          f.step(shares, 4);
        });
        f.set(p, i32.sub(shares, i32.shl(slots, 2)));
        f.while(i32.lt_u(p, shares), () => {
          f.emit(f32.store(p, f32.div(f32.load(p), chosen)));
          f.step(p, 4);
        });
        f.step(y, widthBytes);
      });
    },
  );
}
