/**
 * The ternary GEMM in SIMD 128, in one of three tiers (tiers.ts), grouped over experts.
 *
 * For each expert and each 16 channels: spread the codes out once into a panel that the L1 cache holds (unpack.ts), then run
 * down the rows in tiles (tiles.ts). Rows are divided evenly (7 rows are 4 + 3, not 6 + 1), because small tiles waste their
 * weights. One or two rows read the codes directly.
 */
import {
  call,
  type FunctionBuilder,
  type FunctionRef,
  i32,
  type Local,
  type ModuleBuilder,
  type Operand,
  select,
} from '../../asm/index.ts';
import { DIRECT_LOOPS, PANEL_LOOPS, type Tier } from './tiers.ts';
import { emitDirectTiles, emitPanelTiles, FLUSH_BYTES, type Tile } from './tiles.ts';
import { emitUnpack, emitWiden, panelBytes } from './unpack.ts';

const PARAMS = {
  values: 'i32',
  scales: 'i32',
  sums: 'i32',
  rows: 'i32',
  codes: 'i32',
  channelScales: 'i32',
  inputs: 'i32',
  outputs: 'i32',
  /** i32 [experts + 1], or 0 where one expert has all rows. */
  groups: 'i32',
  experts: 'i32',
  /** One of MODES. */
  mode: 'i32',
  out: 'i32',
  /** Scratch of `ternaryGemmWork(inputs)` bytes. */
  work: 'i32',
} as const;

/** Rows whose widened activations swar keeps at once: few enough for the L2 cache, many enough to pay for a panel. */
const WIDENED_ROWS = 60;

/** Bytes of scratch for maps of up to so many inputs, in every tier. */
export function ternaryGemmWork(inputs: number): number {
  return FLUSH_BYTES + panelBytes(inputs) + 2 * WIDENED_ROWS * inputs;
}

/** `ternaryGemm` of reference.ts over addresses; with MODES.sums, `ternarySums`. */
export function emitTernaryGemm(module: ModuleBuilder, tier: Tier): FunctionRef<typeof PARAMS, 'void'> {
  const multiply = emitRows(module, tier);
  const widen = tier === 'swar' ? emitWiden(module) : undefined;
  return module.function('ternaryGemm', PARAMS, 'void', (f, params) => {
    const { values, scales, sums, rows, codes, channelScales, inputs, outputs, groups, experts, mode, out, work } =
      params;
    const [expert, first, count, last] = f.locals('i32', 4) as [Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>];
    const planeBytes = f.local('i32', i32.shr_u(i32.mul(outputs, inputs), 2));
    const quads = f.local('i32', i32.shr_u(inputs, 2));
    const outStride = f.local('i32', i32.shl(outputs, 2));
    const widened = f.local('i32', i32.add(work, i32.add(FLUSH_BYTES, i32.mul(inputs, panelBytes(1)))));
    f.set(last, rows);
    f.set(first, 0);
    f.loop((nextExpert) => {
      f.if(groups, () => {
        f.set(first, i32.load(groups));
        f.set(last, i32.load(groups, 4));
        f.step(groups, 4);
      });
      f.while(i32.lt_s(first, last), () => {
        f.set(count, i32.sub(last, first));
        const place = (start: Local<'i32'>, bytes: Operand<'i32'>) => i32.add(start, i32.mul(first, bytes));
        if (widen !== undefined) {
          f.set(count, select(i32.const(WIDENED_ROWS), count, i32.gt_s(count, WIDENED_ROWS)));
          f.emit(call(widen, { values: place(values, inputs), quads: i32.mul(count, quads), out: widened }));
        }
        f.emit(
          call(multiply, {
            activations: widen === undefined ? place(values, inputs) : widened,
            stride: widen === undefined ? inputs : i32.shl(inputs, 1),
            rows: count,
            codes,
            quads,
            scales: place(scales, 4),
            sums: place(sums, 4),
            channelScales,
            out: place(out, outStride),
            outputs,
            mode,
            work,
          }),
        );
        f.step(first, count);
      });
      f.step(codes, planeBytes);
      f.step(channelScales, outStride);
      f.step(expert, 1);
      f.branch(nextExpert, i32.lt_s(expert, experts));
    });
  });
}

const ROWS_PARAMS = {
  activations: 'i32',
  stride: 'i32',
  rows: 'i32',
  codes: 'i32',
  quads: 'i32',
  scales: 'i32',
  sums: 'i32',
  channelScales: 'i32',
  out: 'i32',
  outputs: 'i32',
  mode: 'i32',
  work: 'i32',
} as const;

/** Rows of one expert (at least one) through one plane. */
function emitRows(module: ModuleBuilder, tier: Tier): FunctionRef<typeof ROWS_PARAMS, 'void'> {
  const { rows: most } = PANEL_LOOPS[tier];
  const { rows: mostDirect } = DIRECT_LOOPS[tier];
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
  const direct = upTo(mostDirect).map((n) => emitDirectTiles(module, tier, DIRECT_LOOPS[tier], n));
  // Divided evenly, more rows than the direct tiles take never end in tiles this low.
  const least = Math.min(
    ...upTo(60)
      .map((n) => n + mostDirect)
      .map((n) => Math.floor(n / Math.ceil(n / most))),
  );
  const panel = upTo(most)
    .slice(least - 1)
    .map((n) => emitPanelTiles(module, tier, PANEL_LOOPS[tier], n));
  const unpack = emitUnpack(module, tier);
  return module.function('ternaryRows', ROWS_PARAMS, 'void', (f, params) => {
    const { activations, stride, rows, codes, quads, scales, sums, channelScales, out, outputs, mode, work } = params;
    const outStride = f.local('i32', i32.shl(outputs, 2));
    const rest = { stride, quads, channelScales, outStride, mode, flush: work };
    direct.forEach((tile, i) => {
      f.if(i32.eq(rows, i + 1), () => {
        const blocks = i32.shr_u(outputs, 4);
        f.emit(call(tile, { ...rest, activations, count: blocks, weights: codes, scales, sums, out }));
        f.return();
      });
    });
    const weights = f.local('i32', i32.add(work, FLUSH_BYTES));
    const tiles = f.local('i32', i32.div_u(i32.add(rows, most - 1), most));
    const height = f.local('i32', i32.div_u(rows, tiles));
    const taller = f.local('i32', i32.rem_u(rows, tiles));
    const skipped = f.local('i32', i32.mul(taller, i32.add(height, 1)));
    const end = f.local('i32', i32.add(channelScales, outStride));
    f.loop((nextBlock) => {
      f.emit(call(unpack, { codes, quads, panel: weights }));
      const pieces = { ...rest, weights };
      // First those tiles that are one row taller, then the others.
      f.if(taller, () => {
        callByHeight(f, panel, least, i32.add(height, 1), { ...pieces, activations, count: taller, scales, sums, out });
      });
      callByHeight(f, panel, least, height, {
        ...pieces,
        activations: i32.add(activations, i32.mul(skipped, stride)),
        count: i32.sub(tiles, taller),
        scales: i32.add(scales, i32.shl(skipped, 2)),
        sums: i32.add(sums, i32.shl(skipped, 2)),
        out: i32.add(out, i32.mul(skipped, outStride)),
      });
      f.step(codes, i32.shl(quads, 4));
      f.step(channelScales, 64);
      f.step(out, 64);
      f.branch(nextBlock, i32.lt_u(channelScales, end));
    });
  });
}

function callByHeight(
  f: FunctionBuilder,
  tiles: readonly Tile[],
  least: number,
  height: Operand<'i32'>,
  args: Parameters<typeof call<Tile['params'], 'void'>>[1],
): void {
  tiles.forEach((tile, i) => {
    f.if(i32.eq(height, least + i), () => f.emit(call(tile, args)));
  });
}
