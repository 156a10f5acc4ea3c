/** The tiles of the ternary GEMM: rows × channels whose sums stay in registers while all inputs go by, then the epilogue. */
import {
  type FunctionBuilder,
  type FunctionRef,
  f32x4,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  type Value,
  v128,
} from '../../asm/index.ts';
import type { Loop } from './tiers.ts';

/** What happens to the sums, as a number that a kernel takes; `sums` stores them as they are, i32, for tests. */
export const MODES = { none: 0, relu2: 1, add: 2, sums: 3 } as const;

/** What a row of a tile flushes, and all of its rows: at most 8 vectors (16 channels, twice in swar), 6 rows. */
const FLUSH_ROW_BYTES = 128;
export const FLUSH_BYTES: number = 6 * FLUSH_ROW_BYTES;

export const TILE_PARAMS = {
  /** Activations of the first row, and bytes from row to row. */
  activations: 'i32',
  stride: 'i32',
  /** Tiles, one below the other (panel), or blocks of 16 channels, one beside the other (direct). */
  count: 'i32',
  weights: 'i32',
  quads: 'i32',
  /** f32 and i32 of the first row. */
  scales: 'i32',
  sums: 'i32',
  /** f32 of the first of the channels. */
  channelScales: 'i32',
  out: 'i32',
  outStride: 'i32',
  mode: 'i32',
  flush: 'i32',
} as const;
export type Tile = FunctionRef<typeof TILE_PARAMS, 'void'>;
type TileParams = { readonly [K in keyof typeof TILE_PARAMS]: Local<'i32'> };

/** Quads that are written out in the body of the inner loop. */
const UNROLL = 2;

/** A function that runs `count` tiles of `rows` rows × 16 channels down the rows, all with one panel. */
export function emitPanelTiles(module: ModuleBuilder, name: string, loop: Loop, rows: number): Tile {
  return module.function(`${name}Tiles${rows}`, TILE_PARAMS, 'void', (f, params) => {
    const { activations, stride, count, weights, scales, sums, channelScales, out, outStride } = params;
    const tile = tileOf(f, params, loop, rows);
    const passScales = f.local('i32');
    const passOut = f.local('i32');
    const passEnd = f.local('i32');
    f.loop((nextTile) => {
      f.set(tile.weight, weights);
      f.set(passScales, channelScales);
      f.set(passOut, out);
      f.set(passEnd, i32.add(channelScales, 64));
      f.loop((nextPass) => {
        tile.run(passScales, passOut);
        // The panel of the next pass begins where this one has ended.
        f.step(passScales, 64 / loop.passes);
        f.step(passOut, 64 / loop.passes);
        if (loop.passes > 1) f.branch(nextPass, i32.lt_u(passScales, passEnd));
      });
      f.step(activations, i32.mul(stride, rows));
      f.step(scales, 4 * rows);
      f.step(sums, 4 * rows);
      f.step(out, i32.mul(outStride, rows));
      f.step(count, -1);
      f.branch(nextTile, count);
    });
  });
}

/** A function that runs `count` tiles of `rows` rows × 16 channels along the channels, weights straight from the plane. */
export function emitDirectTiles(module: ModuleBuilder, name: string, loop: Loop, rows: number): Tile {
  return module.function(`${name}Direct${rows}`, TILE_PARAMS, 'void', (f, params) => {
    const { count, weights, channelScales, out } = params;
    const tile = tileOf(f, params, loop, rows);
    f.set(tile.weight, weights);
    f.loop((nextBlock) => {
      tile.run(channelScales, out);
      f.step(channelScales, 64);
      f.step(out, 64);
      f.step(count, -1);
      f.branch(nextBlock, count);
    });
  });
}

/** The code of one tile; `run` writes it, and leaves `weight` behind the weights it has used. */
function tileOf(
  f: FunctionBuilder,
  params: TileParams,
  loop: Loop,
  rows: number,
): { readonly weight: Local<'i32'>; readonly run: (channelScales: Local<'i32'>, out: Local<'i32'>) => void } {
  const { activations, stride, quads, flush } = params;
  const weight = f.local('i32');
  const end = f.local('i32');
  const left = f.local('i32');
  const at = f.locals('i32', rows);
  // sums[set][row][vector]
  const sets = rows === 1 ? loop.sets : 1;
  const sums = Array.from({ length: sets }, () => Array.from({ length: rows }, () => f.locals('v128', loop.vectors)));
  const weights = f.locals('v128', loop.vectors);
  const splat = f.local('v128');
  const load = loop.loader(f);
  const limit = loop.flushQuads;

  const step = (quad: number): void => {
    load(weight, quad * loop.weightBytes, weights);
    for (const [r, row] of sums[quad % sets]!.entries()) {
      const place = quad * loop.activationBytes;
      f.set(splat, loop.activationBytes === 4 ? v128.load32_splat(at[r]!, place) : v128.load64_splat(at[r]!, place));
      for (const [v, sum] of row.entries()) f.set(sum, loop.accumulate(sum, splat, weights[v]!));
    }
  };
  const steps = (quadCount: number): void => {
    for (let quad = 0; quad < quadCount; quad++) step(quad);
    f.step(weight, quadCount * loop.weightBytes);
    for (const pointer of at) f.step(pointer, quadCount * loop.activationBytes);
  };
  const clear = (): void => {
    for (const sum of sums.flat(2)) f.set(sum, i32x4.const(0));
  };
  const widened = (row: number): Value<'v128'>[] => loop.widen(sums[0]![row]!);
  const mergeSets = (): void => {
    for (const extra of sums.slice(1)) {
      for (const [i, sum] of extra.flat().entries()) f.set(sums[0]!.flat()[i]!, i32x4.add(sums[0]!.flat()[i]!, sum));
    }
  };
  const flushPlace = (row: number, i: number): number => FLUSH_ROW_BYTES * row + 16 * i;

  const run = (channelScales: Local<'i32'>, out: Local<'i32'>): void => {
    at.forEach((pointer, r) => {
      f.set(pointer, r === 0 ? activations : i32.add(at[r - 1]!, stride));
    });
    clear();
    if (limit === Number.POSITIVE_INFINITY) {
      f.set(end, i32.add(weight, i32.mul(quads, loop.weightBytes)));
      emitQuads(f, weight, end, loop.weightBytes, steps);
    } else {
      const places = Array.from({ length: rows }, (_, r) => widened(r).map((_w, i) => flushPlace(r, i))).flat();
      f.if(i32.gt_u(quads, limit), () => {
        for (const place of places) f.emit(v128.store(flush, i32x4.const(0), place));
      });
      f.set(left, quads);
      f.block((done) => {
        f.loop((again) => {
          f.set(end, i32.add(weight, i32.mul(smaller(left, limit), loop.weightBytes)));
          emitQuads(f, weight, end, loop.weightBytes, steps);
          f.branch(done, i32.le_u(left, limit));
          f.step(left, -limit);
          for (let r = 0; r < rows; r++) {
            widened(r).forEach((value, i) => {
              const place = flushPlace(r, i);
              f.emit(v128.store(flush, i32x4.add(v128.load(flush, place), value), place));
            });
          }
          clear();
          f.branch(again);
        });
      });
    }
    mergeSets();
    emitEpilogue(f, params, loop, rows, channelScales, out, (row) => ({
      sums: widened(row),
      flushed: (i) => v128.load(flush, flushPlace(row, i)),
    }));
  };
  return { weight, run };
}

/** Runs `steps` until `weight` is `end`, UNROLL quads at a time as long as there are as many. */
function emitQuads(
  f: FunctionBuilder,
  weight: Local<'i32'>,
  end: Local<'i32'>,
  weightBytes: number,
  steps: (quads: number) => void,
): void {
  for (const quads of [UNROLL, 1]) {
    const bytes = quads * weightBytes;
    const enough = (): Value<'i32'> => i32.ge_s(i32.sub(end, weight), bytes);
    f.if(enough(), () => {
      f.loop((again) => {
        steps(quads);
        f.branch(again, enough());
      });
    });
  }
}

/** out = epilogue((sum · scale of the row) · scale of the channel), row by row, in the order of reference.ts. */
function emitEpilogue(
  f: FunctionBuilder,
  { quads, scales, sums, outStride, mode }: TileParams,
  loop: Loop,
  rows: number,
  channelScales: Local<'i32'>,
  out: Local<'i32'>,
  rowOf: (row: number) => { sums: Value<'v128'>[]; flushed: (i: number) => Value<'v128'> },
): void {
  const to = f.local('i32', out);
  const factor = f.local('v128');
  // The same locals for every row, so that few are alive at once.
  const kept = f.locals('v128', rowOf(0).sums.length);
  const arranged = f.locals('v128', loop.arrange(kept).length);
  const places = arranged.map((y, i) => ({ y, place: 16 * i }));
  for (let row = 0; row < rows; row++) {
    const { sums: widened, flushed } = rowOf(row);
    kept.forEach((sum, i) => {
      f.set(sum, widened[i]!);
    });
    if (loop.flushQuads !== Number.POSITIVE_INFINITY) {
      f.if(i32.gt_u(quads, loop.flushQuads), () => {
        for (const [i, sum] of kept.entries()) f.set(sum, i32x4.add(sum, flushed(i)));
      });
    }
    for (const [i, value] of loop.arrange(kept).entries()) f.set(arranged[i]!, value);
    if (loop.codes) {
      f.set(factor, v128.load32_splat(sums, 4 * row));
      for (const { y } of places) f.set(y, i32x4.sub(y, factor));
    }
    f.if(i32.ne(mode, MODES.sums), () => {
      f.set(factor, v128.load32_splat(scales, 4 * row));
      for (const { y, place } of places) {
        const scaled = f32x4.mul(f32x4.convert_i32x4_s(y), factor);
        f.set(y, f32x4.mul(scaled, v128.load(channelScales, place)));
      }
      f.if(i32.eq(mode, MODES.relu2), () => {
        for (const { y } of places) {
          f.set(y, f32x4.pmax(y, f32x4.const(0)));
          f.set(y, f32x4.mul(y, y));
        }
      });
      f.if(i32.eq(mode, MODES.add), () => {
        for (const { y, place } of places) f.set(y, f32x4.add(v128.load(to, place), y));
      });
    });
    for (const { y, place } of places) f.emit(v128.store(to, y, place));
    if (row + 1 < rows) f.step(to, outStride);
  }
}

/** The smaller of an unsigned number and a constant. */
function smaller(a: Local<'i32'>, b: number): Value<'i32'> {
  return i32.sub(a, i32.and(i32.sub(a, b), i32.sub(0, i32.gt_u(a, b))));
}
