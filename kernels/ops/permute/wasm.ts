/** The counting sort of slots by expert, and the copy of their rows, 16 bytes at a time. */
import { type FunctionRef, f32, i32, type Local, type ModuleBuilder, v128 } from '../../asm/index.ts';

const PARAMS = {
  choice: 'i32',
  values: 'i32',
  scales: 'i32',
  sums: 'i32',
  rows: 'i32',
  slots: 'i32',
  experts: 'i32',
  width: 'i32',
  offsets: 'i32',
  positions: 'i32',
  outValues: 'i32',
  outScales: 'i32',
  outSums: 'i32',
} as const;

/** `permute` of reference.ts over addresses; `width` is a multiple of 4. */
export function emitPermute(module: ModuleBuilder): FunctionRef<typeof PARAMS, 'void'> {
  return module.function('permute', PARAMS, 'void', (f, p) => {
    const { choice, experts, width, offsets, positions } = p;
    const end = f.local('i32', i32.add(choice, i32.shl(i32.mul(p.rows, p.slots), 2)));
    const offsetsEnd = f.local('i32', i32.add(offsets, i32.shl(experts, 2)));
    const at = f.local('i32');
    const cell = f.local('i32');
    const sum = f.local('i32');
    const count = f.local('i32');
    const slot = f.local('i32');
    const to = f.local('i32');
    const from = f.local('i32');
    const k = f.local('i32');
    const cellOf = (slotAt: Local<'i32'>) => i32.add(offsets, i32.shl(i32.load(slotAt), 2));

    // Counts, then where each expert starts, then those starts move on as slots take their places.
    f.for(at, offsets, i32.add(offsetsEnd, 4), 4, () => f.emit(i32.store(at, 0)));
    f.for(at, choice, end, 4, () => {
      f.set(cell, cellOf(at));
      f.emit(i32.store(cell, i32.add(i32.load(cell), 1)));
    });
    f.for(at, offsets, offsetsEnd, 4, () => {
      f.set(count, i32.load(at));
      f.emit(i32.store(at, sum));
      f.step(sum, count);
    });
    f.set(at, choice);
    f.while(i32.lt_u(at, end), () => {
      f.set(slot, 0);
      f.while(i32.lt_u(slot, p.slots), () => {
        f.set(cell, cellOf(at));
        f.set(to, i32.load(cell));
        f.emit(i32.store(cell, i32.add(to, 1)));
        f.emit(i32.store(positions, to));
        f.emit(f32.store(i32.add(p.outScales, i32.shl(to, 2)), f32.load(p.scales)));
        f.emit(i32.store(i32.add(p.outSums, i32.shl(to, 2)), i32.load(p.sums)));
        f.set(to, i32.add(p.outValues, i32.mul(to, width)));
        f.set(from, p.values);
        f.set(k, i32.add(to, width));
        f.while(i32.le_u(i32.add(to, 16), k), () => {
          f.emit(v128.store(to, v128.load(from)));
          f.step(to, 16);
          f.step(from, 16);
        });
        f.while(i32.lt_u(to, k), () => {
          f.emit(i32.store(to, i32.load(from)));
          f.step(to, 4);
          f.step(from, 4);
        });
        f.step(at, 4);
        f.step(positions, 4);
        f.step(slot, 1);
      });
      f.step(p.values, width);
      f.step(p.scales, 4);
      f.step(p.sums, 4);
    });
    // Every start has become the next expert's.
    f.set(at, offsetsEnd);
    f.while(i32.gt_u(at, offsets), () => {
      f.emit(i32.store(at, i32.load(i32.sub(at, 4))));
      f.step(at, -4);
    });
    f.emit(i32.store(offsets, 0));
  });
}
