/**
 * Rotary attention in SIMD 128, one window and head after the other. The scratch is laid out so that both inner loops
 * run over two pointers with constant steps:
 *
 *   q  [rows/4][head/4][4 queries][4 f32]   a tile of four queries, 64 bytes a step of k
 *   k  [rows/2][head/4][2 keys][4 f32]      a tile of two keys, 32 bytes a step
 *   v  [head/8][rows][8 f32]                eight outputs of every key, 32 bytes a step of the key
 *   s  [rows][4 queries]                    scores, then exponentials, of one tile of queries
 *
 * Rows are padded to a multiple of four: padded keys have score −∞ and zero values, padded queries are not stored.
 */
import {
  call,
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
import { expConstants, expLanes, sumFour } from '../lanes.ts';

const PARAMS = {
  qkv: 'i32',
  offsets: 'i32',
  windows: 'i32',
  cos: 'i32',
  sin: 'i32',
  heads: 'i32',
  head: 'i32',
  scale: 'f32',
  work: 'i32',
  out: 'i32',
} as const;

/** `rotaryAttention` of reference.ts over addresses; `head` is a multiple of 8, `scale` 1 / √head. */
export function emitRotaryAttention(module: ModuleBuilder): FunctionRef<typeof PARAMS, 'void'> {
  const packRows = emitPackRows(module);
  const scoreTile = emitScoreTile(module);
  const weighTile = emitWeighTile(module);
  const mixTile = emitMixTile(module);
  return module.function(
    'rotaryAttention',
    PARAMS,
    'void',
    (f, { qkv, offsets, windows, cos, sin, heads, head, scale, work, out }) => {
      const headBytes = f.local('i32', i32.shl(head, 2));
      const width = f.local('i32', i32.mul(heads, headBytes));
      const [w, h, first, rows, padded, block, k, v, s] = f.locals('i32', 9) as I32[];
      const [from, to, q, left, tile] = f.locals('i32', 5) as I32[];
      f.for(w!, 0, windows, 1, () => {
        f.set(first!, i32.load(i32.add(offsets, i32.shl(w!, 2))));
        f.set(rows!, i32.sub(i32.load(i32.add(offsets, i32.shl(w!, 2)), 4), first!));
        f.set(padded!, i32.and(i32.add(rows!, 3), -4));
        f.set(block!, i32.mul(padded!, headBytes));
        f.set(k!, i32.add(work, block!));
        f.set(v!, i32.add(k!, block!));
        f.set(s!, i32.add(v!, block!));
        f.for(h!, 0, heads, 1, () => {
          f.set(from!, i32.add(i32.add(qkv, i32.mul(first!, i32.mul(width, 3))), i32.mul(h!, headBytes)));
          f.set(to!, i32.add(i32.add(out, i32.mul(first!, width)), i32.mul(h!, headBytes)));
          f.emit(
            call(packRows, {
              from: from!,
              width,
              rows: rows!,
              padded: padded!,
              headBytes,
              cos,
              sin,
              q: work,
              k: k!,
              v: v!,
            }),
          );
          f.set(q!, work);
          f.set(left!, rows!);
          f.while(i32.gt_s(left!, 0), () => {
            f.emit(call(scoreTile, { q: q!, k: k!, padded: padded!, headBytes, scale, s: s! }));
            f.set(tile!, i32.add(s!, i32.shl(rows!, 4)));
            f.while(i32.lt_u(tile!, i32.add(s!, i32.shl(padded!, 4))), () => {
              f.emit(v128.store(tile!, f32x4.const(-Infinity)));
              f.step(tile!, 16);
            });
            f.emit(
              call(mixTile, {
                s: s!,
                v: v!,
                padded: padded!,
                headBytes,
                total: call(weighTile, { s: s!, padded: padded! }),
                left: left!,
                width,
                out: to!,
              }),
            );
            f.step(q!, i32.shl(headBytes, 2));
            f.step(to!, i32.shl(width, 2));
            f.step(left!, -4);
          });
        });
      });
    },
  );
}

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

/** Rotates the queries and keys of one head of a window and lays q, k and v out as above. */
function emitPackRows(module: ModuleBuilder): FunctionRef<typeof PACK, 'void'> {
  return module.function('packRows', PACK, 'void', (f, { from, width, rows, padded, headBytes, cos, sin, q, k, v }) => {
    const half = f.local('i32', i32.shr_u(headBytes, 1));
    const [r, i, to, c] = f.locals('i32', 4) as I32[];
    const vStep = f.local('i32', i32.shl(padded, 5));
    f.for(r!, 0, rows, 1, () => {
      f.set(c!, i32.mul(r!, half));
      f.set(to!, i32.add(i32.add(q, i32.mul(i32.and(r!, -4), headBytes)), i32.shl(i32.and(r!, 3), 4)));
      rotate(f, i!, from, half, i32.add(cos, c!), i32.add(sin, c!), to!, 64);
      f.set(to!, i32.add(i32.add(k, i32.mul(i32.and(r!, -2), headBytes)), i32.shl(i32.and(r!, 1), 4)));
      rotate(f, i!, i32.add(from, width), half, i32.add(cos, c!), i32.add(sin, c!), to!, 32);
      f.set(to!, i32.add(v, i32.shl(r!, 5)));
      f.set(c!, i32.add(from, i32.shl(width, 1)));
      f.for(i!, 0, headBytes, 32, () => {
        f.emit(v128.store(to!, v128.load(i32.add(c!, i!))));
        f.emit(v128.store(to!, v128.load(i32.add(c!, i!), 16), 16));
        f.step(to!, vStep);
      });
      f.step(from, i32.mul(width, 3));
    });
    f.for(r!, rows, padded, 1, () => {
      f.set(to!, i32.add(i32.add(q, i32.mul(i32.and(r!, -4), headBytes)), i32.shl(i32.and(r!, 3), 4)));
      zero(f, i!, headBytes, 16, to!, 64);
      f.set(to!, i32.add(i32.add(k, i32.mul(i32.and(r!, -2), headBytes)), i32.shl(i32.and(r!, 1), 4)));
      zero(f, i!, headBytes, 16, to!, 32);
      f.set(to!, i32.add(v, i32.shl(r!, 5)));
      zero(f, i!, headBytes, 32, to!, vStep);
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

/** sum += a · b, in two roundings. */
function addProduct(f: FunctionBuilder, sum: Local<'v128'>, a: Local<'v128'>, b: Local<'v128'>): void {
  f.set(sum, f32x4.add(sum, f32x4.mul(a, b)));
}

/** Zeros `bytes` of each 32-byte or 16-byte piece of a padded row. Changes `to`. */
function zero(f: FunctionBuilder, i: I32, length: I32, bytes: 16 | 32, to: I32, step: Operand<'i32'>): void {
  f.for(i, 0, length, bytes, () => {
    for (let at = 0; at < bytes; at += 16) f.emit(v128.store(to, f32x4.const(0), at));
    f.step(to, step);
  });
}

const SCORE = { q: 'i32', k: 'i32', padded: 'i32', headBytes: 'i32', scale: 'f32', s: 'i32' } as const;

/** s[key][4 queries] = (q · k) · scale for one tile of queries and all keys: 4 × 2 sums at a time, two steps a turn. */
function emitScoreTile(module: ModuleBuilder): FunctionRef<typeof SCORE, 'void'> {
  return module.function('scoreTile', SCORE, 'void', (f, { q, k, padded, headBytes, scale, s }) => {
    const sums = [f.locals('v128', 4), f.locals('v128', 4)];
    const keys = f.locals('v128', 2);
    const query = f.local('v128');
    const scales = f.local('v128', f32x4.splat(scale));
    const at = f.local('i32');
    const end = f.local('i32', i32.add(s, i32.shl(padded, 4)));
    const tileEnd = f.local('i32', i32.add(q, i32.shl(headBytes, 2)));
    f.while(i32.lt_u(s, end), () => {
      for (const sum of sums.flat()) f.set(sum, f32x4.const(0));
      f.set(at, q);
      f.loop((again) => {
        for (const step of [0, 1]) {
          for (const [j, key] of keys.entries()) f.set(key, v128.load(k, 32 * step + 16 * j));
          for (let i = 0; i < 4; i++) {
            f.set(query, v128.load(at, 64 * step + 16 * i));
            for (const [j, key] of keys.entries()) addProduct(f, sums[j]![i]!, query, key);
          }
        }
        f.step(k, 64);
        f.step(at, 128);
        f.branch(again, i32.lt_u(at, tileEnd));
      });
      for (const [j, sum] of sums.entries()) f.emit(v128.store(s, f32x4.mul(sumFour(f, sum), scales), 16 * j));
      f.step(s, 32);
    });
  });
}

const WEIGH = { s: 'i32', padded: 'i32' } as const;

/** Replaces the scores of four queries by exp(s − max) and gives the four sums; the lanes of a sum are key mod 4. */
function emitWeighTile(module: ModuleBuilder): FunctionRef<typeof WEIGH, 'v128'> {
  return module.function('weighTile', WEIGH, 'v128', (f, { s, padded }) => {
    const end = f.local('i32', i32.add(s, i32.shl(padded, 4)));
    const at = f.local('i32');
    const max = f.local('v128', f32x4.const(-Infinity));
    f.for(at, s, end, 16, () => f.set(max, f32x4.pmax(max, v128.load(at))));
    const constants = expConstants(f);
    const lanes = f.locals('v128', 4);
    const e = f.local('v128');
    f.for(at, s, end, 64, () => {
      lanes.forEach((lane, i) => {
        f.set(e, expLanes(f, constants, f32x4.sub(v128.load(at, 16 * i), max)));
        f.emit(v128.store(at, e, 16 * i));
        f.set(lane, f32x4.add(lane, e));
      });
    });
    f.return(f32x4.add(f32x4.add(lanes[0]!, lanes[1]!), f32x4.add(lanes[2]!, lanes[3]!)));
  });
}

const MIX = {
  s: 'i32',
  v: 'i32',
  padded: 'i32',
  headBytes: 'i32',
  total: 'v128',
  left: 'i32',
  width: 'i32',
  out: 'i32',
} as const;

/** out[query] = Σ e · v / total for the tile's queries that are there: 4 queries × 8 outputs at a time, four keys a turn. */
function emitMixTile(module: ModuleBuilder): FunctionRef<typeof MIX, 'void'> {
  return module.function('mixTile', MIX, 'void', (f, { s, v, padded, headBytes, total, left, width, out }) => {
    const sums = Array.from({ length: 4 }, () => f.locals('v128', 2));
    const values = f.locals('v128', 2);
    const weight = f.local('v128');
    const [at, to] = f.locals('i32', 2) as I32[];
    const end = f.local('i32', i32.add(s, i32.shl(padded, 4)));
    const outEnd = f.local('i32', i32.add(out, headBytes));
    f.while(i32.lt_u(out, outEnd), () => {
      for (const sum of sums.flat()) f.set(sum, f32x4.const(0));
      f.set(at!, s);
      f.loop((again) => {
        for (let key = 0; key < 4; key++) {
          for (const [j, value] of values.entries()) f.set(value, v128.load(v, 32 * key + 16 * j));
          sums.forEach((sum, i) => {
            f.set(weight, v128.load32_splat(at!, 16 * key + 4 * i));
            for (const [j, value] of values.entries()) addProduct(f, sum[j]!, weight, value);
          });
        }
        f.step(v, 128);
        f.step(at!, 64);
        f.branch(again, i32.lt_u(at!, end));
      });
      f.set(to!, out);
      sums.forEach((sum, i) => {
        f.if(i32.gt_s(left, i), () => {
          f.set(weight, f32x4.splat(f32x4.extract_lane(total, i)));
          for (const [j, part] of sum.entries()) f.emit(v128.store(to!, f32x4.div(part, weight), 16 * j));
        });
        f.step(to!, width);
      });
      f.step(out, 32);
    });
  });
}
