/** The heads' linear map in SIMD 128: some fourteen outputs a window, so one dot product after the other is enough. */
import { type FunctionRef, f32, i32, type ModuleBuilder } from '../../asm/index.ts';
import { dot } from '../lanes.ts';

const PARAMS = {
  x: 'i32',
  weight: 'i32',
  bias: 'i32',
  rows: 'i32',
  inputs: 'i32',
  outputs: 'i32',
  out: 'i32',
} as const;

/** `linear` of reference.ts over addresses; `inputs` is a multiple of 4. */
export function emitLinear(module: ModuleBuilder): FunctionRef<typeof PARAMS, 'void'> {
  return module.function('linear', PARAMS, 'void', (f, { x, weight, bias, rows, inputs, outputs, out }) => {
    const r = f.local('i32');
    const n = f.local('i32');
    const w = f.local('i32');
    f.for(r, 0, rows, 1, () => {
      f.set(w, weight);
      f.for(n, 0, outputs, 1, () => {
        f.emit(f32.store(out, f32.add(dot(f, x, w, inputs), f32.load(i32.add(bias, i32.shl(n, 2))))));
        f.step(w, i32.shl(inputs, 2));
        f.step(out, 4);
      });
      f.step(x, i32.shl(inputs, 2));
    });
  });
}
