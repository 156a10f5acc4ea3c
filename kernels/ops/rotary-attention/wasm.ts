/**
 * Rotary attention in SIMD 128, one window and head after the other. The scratch is laid out so that both inner loops
 * run over two pointers with constant steps: q, k and v as pack.ts writes them, and
 *
 *   s  [rows][4 queries]   scores, then exponentials, of one tile of queries
 *
 * Padded keys have score −∞ and zero values; padded queries are not stored.
 */
import {
  call,
  type FunctionBuilder,
  type FunctionRef,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from '../../asm/index.ts';
import { expConstants, expLanes, sumFour } from '../lanes.ts';
import { emitPackRows } from './pack.ts';

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
      const w = f.local('i32');
      const h = f.local('i32');
      const first = f.local('i32');
      const rows = f.local('i32');
      const padded = f.local('i32');
      const block = f.local('i32');
      const k = f.local('i32');
      const v = f.local('i32');
      const s = f.local('i32');
      const from = f.local('i32');
      const to = f.local('i32');
      const q = f.local('i32');
      const left = f.local('i32');
      const tile = f.local('i32');
      f.for(w, 0, windows, 1, () => {
        f.set(first, i32.load(i32.add(offsets, i32.shl(w, 2))));
        f.set(rows, i32.sub(i32.load(i32.add(offsets, i32.shl(w, 2)), 4), first));
        f.set(padded, i32.and(i32.add(rows, 3), -4));
        f.set(block, i32.mul(padded, headBytes));
        f.set(k, i32.add(work, block));
        f.set(v, i32.add(k, block));
        f.set(s, i32.add(v, block));
        f.for(h, 0, heads, 1, () => {
          f.set(from, i32.add(i32.add(qkv, i32.mul(first, i32.mul(width, 3))), i32.mul(h, headBytes)));
          f.set(to, i32.add(i32.add(out, i32.mul(first, width)), i32.mul(h, headBytes)));
          f.emit(
            call(packRows, {
              from,
              width,
              rows,
              padded,
              headBytes,
              cos,
              sin,
              q: work,
              k,
              v,
            }),
          );
          f.set(q, work);
          f.set(left, rows);
          f.while(i32.gt_s(left, 0), () => {
            f.emit(call(scoreTile, { q, k, padded, headBytes, scale, s }));
            f.set(tile, i32.add(s, i32.shl(rows, 4)));
            f.while(i32.lt_u(tile, i32.add(s, i32.shl(padded, 4))), () => {
              f.emit(v128.store(tile, f32x4.const(-Infinity)));
              f.step(tile, 16);
            });
            f.emit(
              call(mixTile, {
                s,
                v,
                padded,
                headBytes,
                total: call(weighTile, { s, padded }),
                left,
                width,
                out: to,
              }),
            );
            f.step(q, i32.shl(headBytes, 2));
            f.step(to, i32.shl(width, 2));
            f.step(left, -4);
          });
        });
      });
    },
  );
}

/** sum += a · b, in two roundings. */
function addProduct(f: FunctionBuilder, sum: Local<'v128'>, a: Local<'v128'>, b: Local<'v128'>): void {
  f.set(sum, f32x4.add(sum, f32x4.mul(a, b)));
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
    const at = f.local('i32');
    const to = f.local('i32');
    const end = f.local('i32', i32.add(s, i32.shl(padded, 4)));
    const outEnd = f.local('i32', i32.add(out, headBytes));
    f.while(i32.lt_u(out, outEnd), () => {
      for (const sum of sums.flat()) f.set(sum, f32x4.const(0));
      f.set(at, s);
      f.loop((again) => {
        for (let key = 0; key < 4; key++) {
          for (const [j, value] of values.entries()) f.set(value, v128.load(v, 32 * key + 16 * j));
          sums.forEach((sum, i) => {
            f.set(weight, v128.load32_splat(at, 16 * key + 4 * i));
            for (const [j, value] of values.entries()) addProduct(f, sum[j]!, weight, value);
          });
        }
        f.step(v, 128);
        f.step(at, 64);
        f.branch(again, i32.lt_u(at, end));
      });
      f.set(to, out);
      sums.forEach((sum, i) => {
        f.if(i32.gt_s(left, i), () => {
          f.set(weight, f32x4.splat(f32x4.extract_lane(total, i)));
          for (const [j, part] of sum.entries()) f.emit(v128.store(to, f32x4.div(part, weight), 16 * j));
        });
        f.step(to, width);
      });
      f.step(out, 32);
    });
  });
}
