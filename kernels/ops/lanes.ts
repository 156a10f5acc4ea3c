/**
 * Pieces of f32 code that several ops write into their functions: the WASM side of kernels/math.ts, in the same order of
 * operations, so that both agree to the last bit.
 */
import {
  call,
  type FunctionBuilder,
  type FunctionRef,
  f32,
  f32x4,
  i8x16,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  type Operand,
  type Value,
  v128,
} from '../asm/index.ts';
import { EXP_MIN, EXP_TERMS, LN2_HIGH, LN2_LOW, LOG2_E } from '../math.ts';

/** (l0 + l1) + (l2 + l3). */
export function sumLanes(v: Local<'v128'>): Value<'f32'> {
  const lane = (i: number) => f32x4.extract_lane(v, i);
  return f32.add(f32.add(lane(0), lane(1)), f32.add(lane(2), lane(3)));
}

/** Four sums at once: lane i of the result is `sumLanes` of vector i. */
export function sumFour(f: FunctionBuilder, [a, b, c, d]: readonly Local<'v128'>[]): Value<'v128'> {
  const pairs = (x: Value<'v128'>, y: Value<'v128'>) => f.local('v128', f32x4.add(even(x, y), odd(x, y)));
  const ab = pairs(a!, b!);
  const cd = pairs(c!, d!);
  return f32x4.add(even(ab, cd), odd(ab, cd));
}

function even(x: Value<'v128'>, y: Value<'v128'>): Value<'v128'> {
  return shuffleWords(x, y, [0, 2, 4, 6]);
}

function odd(x: Value<'v128'>, y: Value<'v128'>): Value<'v128'> {
  return shuffleWords(x, y, [1, 3, 5, 7]);
}

function shuffleWords(x: Value<'v128'>, y: Value<'v128'>, words: readonly number[]): Value<'v128'> {
  return i8x16.shuffle(
    x,
    y,
    words.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte)),
  );
}

/** Writes Σₖ a[k] · b[k] over `count` f32, a multiple of four; a and b are addresses. */
export function dot(f: FunctionBuilder, a: Operand<'i32'>, b: Operand<'i32'>, count: Operand<'i32'>): Value<'f32'> {
  const sum = f.local('v128', f32x4.const(0));
  const [left, right, end] = [f.local('i32', a), f.local('i32', b), f.local('i32')];
  f.set(end, i32.add(left, i32.shl(count, 2)));
  f.while(i32.lt_u(left, end), () => {
    f.set(sum, f32x4.add(sum, f32x4.mul(v128.load(left), v128.load(right))));
    f.step(left, 16);
    f.step(right, 16);
  });
  return sumLanes(sum);
}

/** Writes math.ts's `exp` for four lanes. */
export function expLanes(f: FunctionBuilder, value: Value<'v128'>): Value<'v128'> {
  const x = f.local('v128', value);
  const n = f.local('v128', f32x4.nearest(f32x4.mul(x, f32x4.const(LOG2_E))));
  const rest = f32x4.sub(x, f32x4.mul(n, f32x4.const(LN2_HIGH)));
  const r = f.local('v128', f32x4.sub(rest, f32x4.mul(n, f32x4.const(LN2_LOW))));
  let p = f32x4.const(EXP_TERMS.at(-1)!);
  for (const term of EXP_TERMS.slice(0, -1).reverse()) p = f32x4.add(f32x4.mul(p, r), f32x4.const(term));
  p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r), f32x4.const(1));
  const powerOfTwo = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.const(127)), 23);
  return v128.andnot(f32x4.mul(p, powerOfTwo), f32x4.lt(x, f32x4.const(EXP_MIN)));
}

/**
 * A function that replaces `count` f32 at an address by exp(x − max) and gives their sum. What lies behind them up to the
 * next multiple of four is overwritten.
 */
export function emitExponentials(module: ModuleBuilder): FunctionRef<{ at: 'i32'; count: 'i32' }, 'f32'> {
  return module.function('exponentials', { at: 'i32', count: 'i32' }, 'f32', (f, { at, count }) => {
    const end = f.local('i32', i32.add(at, i32.shl(count, 2)));
    f.while(i32.and(i32.sub(end, at), 15), () => {
      f.emit(f32.store(end, -Infinity));
      f.step(end, 4);
    });
    const max = f.local('v128', f32x4.const(-Infinity));
    const from = f.local('i32');
    f.for(from, at, end, 16, () => f.set(max, f32x4.max(max, v128.load(from))));
    const lane = (i: number) => f32x4.extract_lane(max, i);
    f.set(max, f32x4.splat(f32.max(f32.max(lane(0), lane(1)), f32.max(lane(2), lane(3)))));
    const sum = f.local('v128');
    const e = f.local('v128');
    f.for(from, at, end, 16, () => {
      f.set(e, expLanes(f, f32x4.sub(v128.load(from), max)));
      f.emit(v128.store(from, e));
      f.set(sum, f32x4.add(sum, e));
    });
    f.return(sumLanes(sum));
  });
}

export type Exponentials = ReturnType<typeof emitExponentials>;

/** `exponentials(at, count)`. */
export function exponentials(callee: Exponentials, at: Operand<'i32'>, count: Operand<'i32'>): Value<'f32'> {
  return call(callee, { at, count });
}
