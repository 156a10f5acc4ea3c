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
import { EXP_MIN, EXP_TERMS, LN2_HIGH, LN2_LOW, LOG2_E, ROUNDER } from '../math.ts';

/** (l0 + l1) + (l2 + l3). */
export function sumLanes(v: Local<'v128'>): Value<'f32'> {
  const lane = (i: number) => f32x4.extract_lane(v, i);
  return f32.add(f32.add(lane(0), lane(1)), f32.add(lane(2), lane(3)));
}

/**
 * Four sums at once: lane i of the result is `sumLanes` of vector i. The vectors are transposed by interleaving words and
 * then pairs of words, each of which is one instruction of the machine.
 */
export function sumFour(f: FunctionBuilder, [a, b, c, d]: readonly Local<'v128'>[]): Value<'v128'> {
  const local = (value: Value<'v128'>) => f.local('v128', value);
  const [abLow, abHigh] = [local(shuffleWords(a!, b!, LOW)), local(shuffleWords(a!, b!, HIGH))];
  const [cdLow, cdHigh] = [local(shuffleWords(c!, d!, LOW)), local(shuffleWords(c!, d!, HIGH))];
  const pairs = (x: Value<'v128'>, y: Value<'v128'>) =>
    f32x4.add(shuffleWords(x, y, LOW_PAIRS), shuffleWords(x, y, HIGH_PAIRS));
  return f32x4.add(pairs(abLow, cdLow), pairs(abHigh, cdHigh));
}

const LOW = [0, 4, 1, 5];
const HIGH = [2, 6, 3, 7];
const LOW_PAIRS = [0, 1, 4, 5];
const HIGH_PAIRS = [2, 3, 6, 7];

/** Words 0…3 of `x` and 4…7 of `y` by constant index. */
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

/** The constants of `expLanes`, each in a vector of its own. */
export interface ExpConstants {
  readonly log2e: Local<'v128'>;
  readonly rounder: Local<'v128'>;
  readonly ln2High: Local<'v128'>;
  readonly ln2Low: Local<'v128'>;
  readonly terms: readonly Local<'v128'>[];
  readonly one: Local<'v128'>;
  readonly least: Local<'v128'>;
}

/**
 * Four equal lanes that stay in a register. A `v128.const` V8 builds anew at each use, in three instructions; a splat it
 * computes where it stands, once (exponentials 1.5 times faster on V8 13.6).
 */
export function constantLanes(f: FunctionBuilder, value: number): Local<'v128'> {
  return f.local('v128', f32x4.splat(f32.const(value)));
}

/** To be written where a function begins, outside of its loops. */
export function expConstants(f: FunctionBuilder): ExpConstants {
  return {
    log2e: constantLanes(f, LOG2_E),
    rounder: constantLanes(f, ROUNDER),
    ln2High: constantLanes(f, LN2_HIGH),
    ln2Low: constantLanes(f, LN2_LOW),
    terms: EXP_TERMS.map((term) => constantLanes(f, term)),
    one: constantLanes(f, 1),
    least: constantLanes(f, EXP_MIN),
  };
}

/**
 * Writes math.ts's `exp` for four lanes. Its `nearest` is the same addition of ROUNDER, whose sum holds n in its low bits
 * as well; 2ⁿ is multiplied by adding n to the exponent. Both are exact, and cheaper than the instructions by that name.
 */
export function expLanes(f: FunctionBuilder, constants: ExpConstants, value: Value<'v128'>): Value<'v128'> {
  const { log2e, rounder, ln2High, ln2Low, terms, one, least } = constants;
  const x = f.local('v128', value);
  const shifted = f.local('v128', f32x4.add(f32x4.mul(x, log2e), rounder));
  const n = f.local('v128', f32x4.sub(shifted, rounder));
  const r = f.local('v128', f32x4.sub(f32x4.sub(x, f32x4.mul(n, ln2High)), f32x4.mul(n, ln2Low)));
  let p: Value<'v128'> = terms.at(-1)!;
  for (const term of terms.slice(0, -1).reverse()) p = f32x4.add(f32x4.mul(p, r), term);
  p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r), one);
  return v128.andnot(i32x4.add(p, i32x4.shl(shifted, 23)), f32x4.lt(x, least));
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
    // pmax passes over NaN, but the exponential of a NaN is one, and so is then the sum.
    const max = f.local('v128', f32x4.const(-Infinity));
    const from = f.local('i32');
    f.for(from, at, end, 16, () => f.set(max, f32x4.pmax(max, v128.load(from))));
    const lane = (i: number) => f32x4.extract_lane(max, i);
    f.set(max, f32x4.splat(f32.max(f32.max(lane(0), lane(1)), f32.max(lane(2), lane(3)))));
    const constants = expConstants(f);
    const sum = f.local('v128');
    const e = f.local('v128');
    f.for(from, at, end, 16, () => {
      f.set(e, expLanes(f, constants, f32x4.sub(v128.load(from), max)));
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
