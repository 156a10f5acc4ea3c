/**
 * The rows of one head of one window as the inner loops of attention want them, queries and keys rotated:
 *
 *   q  [rows/4][head/4][4 queries][4 f32]   a tile of four queries, 64 bytes a step of k
 *   k  [rows/2][head/4][2 keys][4 f32]      a tile of two keys, 32 bytes a step
 *   v  [head/8][rows][8 f32]                eight outputs of every key, 32 bytes a step of the key
 *
 * Rows are padded with zeros to a multiple of four.
 */
import {
  type FunctionBuilder,
  type FunctionRef,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  type Operand,
  type Value,
  v128,
} from '../../asm/index.ts';

type I32 = Local<'i32'>;

const PACK = {
  from: 'i32',
  width: 'i32',
  rows: 'i32',
  padded: 'i32',
  headBytes: 'i32',
  cos: 'i32',
  sin: 'i32',
  q: 'i32',
  k: 'i32',
  v: 'i32',
} as const;

/** Rotates the queries and keys of one head of a window and lays q, k and v out. */
export function emitPackRows(module: ModuleBuilder): FunctionRef<typeof PACK, 'void'> {
  return module.function('packRows', PACK, 'void', (f, { from, width, rows, padded, headBytes, cos, sin, q, k, v }) => {
    const half = f.local('i32', i32.shr_u(headBytes, 1));
    const r = f.local('i32');
    const i = f.local('i32');
    const to = f.local('i32');
    const c = f.local('i32');
    const vStep = f.local('i32', i32.shl(padded, 5));
    f.for(r, 0, rows, 1, () => {
      f.set(c, i32.mul(r, half));
      f.set(to, i32.add(i32.add(q, i32.mul(i32.and(r, -4), headBytes)), i32.shl(i32.and(r, 3), 4)));
      rotate(f, i, from, half, i32.add(cos, c), i32.add(sin, c), to, 64);
      f.set(to, i32.add(i32.add(k, i32.mul(i32.and(r, -2), headBytes)), i32.shl(i32.and(r, 1), 4)));
      rotate(f, i, i32.add(from, width), half, i32.add(cos, c), i32.add(sin, c), to, 32);
      f.set(to, i32.add(v, i32.shl(r, 5)));
      f.set(c, i32.add(from, i32.shl(width, 1)));
      f.for(i, 0, headBytes, 32, () => {
        f.emit(v128.store(to, v128.load(i32.add(c, i))));
        f.emit(v128.store(to, v128.load(i32.add(c, i), 16), 16));
        f.step(to, vStep);
      });
      f.step(from, i32.mul(width, 3));
    });
    f.for(r, rows, padded, 1, () => {
      f.set(to, i32.add(i32.add(q, i32.mul(i32.and(r, -4), headBytes)), i32.shl(i32.and(r, 3), 4)));
      zero(f, i, headBytes, 16, to, 64);
      f.set(to, i32.add(i32.add(k, i32.mul(i32.and(r, -2), headBytes)), i32.shl(i32.and(r, 1), 4)));
      zero(f, i, headBytes, 16, to, 32);
      f.set(to, i32.add(v, i32.shl(r, 5)));
      zero(f, i, headBytes, 32, to, vStep);
    });
  });
}

/** Turns the pairs (i, i + half) of one row; step k of the result goes to to + k · `step`. Changes `to`. */
function rotate(
  f: FunctionBuilder,
  i: I32,
  row: Value<'i32'>,
  half: I32,
  cos: Value<'i32'>,
  sin: Value<'i32'>,
  to: I32,
  step: number,
): void {
  const [a, b, c, s] = [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')];
  const from = f.local('i32', row);
  const [cosAt, sinAt] = [f.local('i32', cos), f.local('i32', sin)];
  const upper = f.local('i32', i32.mul(half, step / 16));
  f.for(i, 0, half, 16, () => {
    f.set(a, v128.load(from));
    f.set(b, v128.load(i32.add(from, half)));
    f.set(c, v128.load(i32.add(cosAt, i)));
    f.set(s, v128.load(i32.add(sinAt, i)));
    f.emit(v128.store(to, f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, s))));
    f.emit(v128.store(i32.add(to, upper), f32x4.add(f32x4.mul(b, c), f32x4.mul(a, s))));
    f.step(from, 16);
    f.step(to, step);
  });
}

/** Zeros `bytes` of each 32-byte or 16-byte piece of a padded row. Changes `to`. */
function zero(f: FunctionBuilder, i: I32, length: I32, bytes: 16 | 32, to: I32, step: Operand<'i32'>): void {
  f.for(i, 0, length, bytes, () => {
    for (let at = 0; at < bytes; at += 16) f.emit(v128.store(to, f32x4.const(0), at));
    f.step(to, step);
  });
}
