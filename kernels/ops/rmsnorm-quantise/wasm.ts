/**
 * RMSNorm and its quantising form in SIMD 128. Three passes over a row that the L1 cache holds: sum of squares, absmax,
 * int8; the normed values are computed anew in the last, which is cheaper than to keep them.
 */
import {
  type FunctionBuilder,
  type FunctionRef,
  f32,
  f32x4,
  i8x16,
  i16x8,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  select,
  type Value,
  v128,
} from '../../asm/index.ts';
import { ROUNDER } from '../../math.ts';
import { constantLanes, sumLanes } from '../lanes.ts';
import { ABSMAX_MIN } from './reference.ts';

const PARAMS = { x: 'i32', gain: 'i32', eps: 'f32', rows: 'i32', width: 'i32', out: 'i32' } as const;
const QUANTISE_PARAMS = {
  x: 'i32',
  gain: 'i32',
  eps: 'f32',
  rows: 'i32',
  width: 'i32',
  values: 'i32',
  scales: 'i32',
  sums: 'i32',
  normed: 'i32',
} as const;

/** `rmsnorm` of reference.ts over addresses; `width` is a multiple of 4. */
export function emitRmsnorm(module: ModuleBuilder): FunctionRef<typeof PARAMS, 'void'> {
  return module.function('rmsnorm', PARAMS, 'void', (f, { x, gain, eps, rows, width, out }) => {
    const row = rowOf(f, x, gain, eps, width);
    const end = f.local('i32', i32.add(x, i32.mul(rows, row.bytes)));
    const k = f.local('i32');
    f.while(i32.lt_u(x, end), () => {
      f.for(k, 0, row.bytes, 16, () => row.addSquares(x, k, 0));
      row.close();
      f.for(k, 0, row.bytes, 16, () => f.emit(v128.store(i32.add(out, k), row.normed(k, 0))));
      f.step(x, row.bytes);
      f.step(out, row.bytes);
    });
  });
}

/** `rmsnormQuantise` of reference.ts over addresses; `width` is a multiple of 4, `normed` is 0 where nobody wants it. */
export function emitRmsnormQuantise(module: ModuleBuilder): FunctionRef<typeof QUANTISE_PARAMS, 'void'> {
  return module.function('rmsnormQuantise', QUANTISE_PARAMS, 'void', (f, params) => {
    const { x, gain, eps, rows, width, values, scales, sums, normed } = params;
    const row = rowOf(f, x, gain, eps, width);
    const end = f.local('i32', i32.add(x, i32.mul(rows, row.bytes)));
    const [k, to] = [f.local('i32'), f.local('i32')];
    const [max, factor, sum] = [f.local('v128'), f.local('v128'), f.local('v128')];
    const absmax = f.local('f32');
    const next = f.local('i32');
    const rounder = constantLanes(f, ROUNDER);

    /** Four normed values from x[k + 4 · i] on, as integers of 32 bits; counts them in `sum`, keeps the floats if wanted. */
    const quantised = (i: number, keep: boolean): Local<'v128'> => {
      const y = f.local('v128', row.normed(k, 16 * i));
      if (keep) f.emit(v128.store(i32.add(normed, k), y, 16 * i));
      // The sum has the nearest integer, ties to even, in its lowest bits; the others are those of the constant.
      f.set(y, f32x4.add(f32x4.mul(y, factor), rounder));
      f.set(y, i32x4.sub(y, rounder));
      f.set(sum, i32x4.add(sum, y));
      return y;
    };
    const quantise = (keep: boolean): void => {
      f.set(k, 0);
      f.while(i32.le_s(k, i32.sub(row.bytes, 64)), () => {
        const four = [0, 1, 2, 3].map((i) => quantised(i, keep));
        const low = i16x8.narrow_i32x4_s(four[0]!, four[1]!);
        const high = i16x8.narrow_i32x4_s(four[2]!, four[3]!);
        f.emit(v128.store(to, i8x16.narrow_i16x8_s(low, high)));
        f.step(k, 64);
        f.step(to, 16);
      });
      f.while(i32.lt_s(k, row.bytes), () => {
        const y = quantised(0, keep);
        const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(y, y), y);
        f.emit(v128.store32_lane(to, bytes, 0));
        f.step(k, 16);
        f.step(to, 4);
      });
    };

    // A sum of squares waits for each of its additions; so that of the next row is taken along with the absmax of this one.
    const largest = (i: number): void => {
      // The bits of floats without sign are in the order of the floats.
      f.set(max, i32x4.max_s(max, f32x4.abs(row.normed(k, 16 * i))));
      row.addSquares(next, k, 16 * i);
    };
    f.set(to, values);
    f.for(k, 0, row.bytes, 16, () => row.addSquares(x, k, 0));
    f.while(i32.lt_u(x, end), () => {
      row.close();
      f.set(next, i32.add(x, row.bytes));
      f.set(next, select(next, x, i32.lt_u(next, end)));
      f.set(max, i32x4.const(0));
      f.set(k, 0);
      f.while(i32.le_s(k, i32.sub(row.bytes, 64)), () => {
        for (const i of [0, 1, 2, 3]) largest(i);
        f.step(k, 64);
      });
      f.while(i32.lt_s(k, row.bytes), () => {
        largest(0);
        f.step(k, 16);
      });
      f.set(absmax, largestLane(max));
      f.set(absmax, select(f32.const(0), absmax, f32.lt(absmax, ABSMAX_MIN)));
      f.set(factor, f32x4.splat(select(f32.const(0), f32.div(127, absmax), f32.eq(absmax, 0))));
      f.set(sum, i32x4.const(0));
      f.if(
        normed,
        () => {
          quantise(true);
          f.step(normed, row.bytes);
        },
        () => quantise(false),
      );
      f.emit(f32.store(scales, f32.div(absmax, 127)));
      f.emit(i32.store(sums, sumOfLanes(sum)));
      f.step(scales, 4);
      f.step(sums, 4);
      f.step(x, row.bytes);
    });
  });
}

/**
 * The row at address x. `addSquares` adds four values of any row to a sum of squares, `close` makes 1 / √… of the sum and
 * starts another, `normed(k, offset)` is four normed values at byte k + offset.
 */
function rowOf(
  f: FunctionBuilder,
  x: Local<'i32'>,
  gain: Local<'i32'>,
  eps: Local<'f32'>,
  width: Local<'i32'>,
): {
  readonly bytes: Local<'i32'>;
  readonly addSquares: (row: Local<'i32'>, k: Local<'i32'>, offset: number) => void;
  readonly close: () => void;
  readonly normed: (k: Local<'i32'>, offset: number) => Value<'v128'>;
} {
  const bytes = f.local('i32', i32.shl(width, 2));
  const count = f.local('f32', f32.convert_i32_s(width));
  const [squares, inverse, v] = f.locals('v128', 3) as [Local<'v128'>, Local<'v128'>, Local<'v128'>];
  return {
    bytes,
    addSquares: (row, k, offset) => {
      f.set(v, v128.load(i32.add(row, k), offset));
      f.set(squares, f32x4.add(squares, f32x4.mul(v, v)));
    },
    close: () => {
      const root = f32.sqrt(f32.add(f32.div(sumLanes(squares), count), eps));
      f.set(inverse, f32x4.splat(f32.div(1, root)));
      f.set(squares, f32x4.const(0));
    },
    normed: (at, offset) =>
      f32x4.mul(f32x4.mul(v128.load(i32.add(x, at), offset), inverse), v128.load(i32.add(gain, at), offset)),
  };
}

function largestLane(v: Local<'v128'>): Value<'f32'> {
  const lane = (i: number): Value<'f32'> => f32x4.extract_lane(v, i);
  return f32.max(f32.max(lane(0), lane(1)), f32.max(lane(2), lane(3)));
}

function sumOfLanes(v: Local<'v128'>): Value<'i32'> {
  const lane = (i: number): Value<'i32'> => i32x4.extract_lane(v, i);
  return i32.add(i32.add(lane(0), lane(1)), i32.add(lane(2), lane(3)));
}
