/**
 * Which tier of the WASM kernels this engine runs best, among those that it computes rightly.
 *
 * That an engine validates a relaxed instruction says neither that it is fast (without VNNI, dot32 is the slowest of the
 * three) nor that it is right: Node 20 behind its flag and Node 24 without AVX give wrong sums. So the tiles of each tier are
 * timed, and the fastest tier that answers a question with a known answer is taken.
 */
import { ClassifierUnavailableError } from '../errors.ts';
import { ModuleBuilder } from './asm/index.ts';
import { pack } from './format/t16x4.ts';
import { PANEL_LOOPS, TIERS, type Tier } from './ops/ternary-gemm/tiers.ts';
import { emitPanelTiles, MODES } from './ops/ternary-gemm/tiles.ts';
import { emitTernaryGemm, ternaryGemmWork } from './ops/ternary-gemm/wasm.ts';

export { TIERS, type Tier };

/** What was found about a tier. `callsPerMs` compares tiers that were timed together and means nothing else. */
export interface Finding {
  readonly tier: Tier;
  readonly callsPerMs: number | 'unsupported' | 'not timed';
  /** `not asked` where a faster tier has answered already. */
  readonly answer: 'right' | 'wrong' | 'not asked';
}

export interface TierChoice {
  readonly tier: Tier;
  /** Fastest first; one entry where a tier was forced. */
  readonly found: readonly Finding[];
}

/** How bytes become an instance; a test may bring an engine that is wrong. */
export type Instantiate = (bytes: Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports) => WebAssembly.Instance;

type Kernel = (...operands: number[]) => void;

/**
 * The fastest tier that gives the known answer, or the forced one if it does. Takes 10 to 25 ms in a new process, most of it for
 * V8 to optimise the tiles; a forced one is not timed.
 *
 * @throws ClassifierUnavailableError  no tier does, or the forced one does not; the message says what was found
 */
export function chooseTier(forced?: Tier, instantiate: Instantiate = instantiateHere): TierChoice {
  const timed = forced === undefined ? timeTiers(instantiate) : [{ tier: forced, callsPerMs: 'not timed' as const }];
  const found: Finding[] = [];
  let chosen: Tier | undefined;
  for (const { tier, callsPerMs } of timed) {
    const asked = chosen === undefined && callsPerMs !== 'unsupported';
    const answer = asked ? examine(tier, instantiate) : 'not asked';
    if (answer === 'right') chosen = tier;
    found.push({ tier, callsPerMs, answer });
  }
  if (chosen !== undefined) return { tier: chosen, found };
  const findings = found.map(
    ({ tier, answer }) => `${tier} ${answer === 'wrong' ? 'gives wrong sums' : 'is unsupported'}`,
  );
  const next = forced === undefined ? 'use device "reference"' : 'leave the tier out';
  throw new ClassifierUnavailableError(`kernels: ${findings.join(', ')} on this engine; ${next}`);
}

function instantiateHere(bytes: Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports): WebAssembly.Instance {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
}

/**
 * The inner loops alone could be timed in 1 ms, but V8 first runs code that it has not optimised, in which all tiers look
 * alike. So they take turns until each has become faster than it began (4 to 10 ms on Node 24, as long as its compiler
 * threads wait for a core), and a little longer; an engine that does not work so gets the whole time.
 */
const TIMING_MS = 25;
const SETTLED_MS = 1;
/** An optimised tile takes less than this part of its early time; 0.3 to 0.6 on V8. */
const SETTLED = 0.7;
/** Turns that count as early, after the first, which compiles. */
const EARLY = 4;
/** Rows and quads of a turn, some 10 µs. */
const TURN = { rows: 60, quads: 64 };

/** Each tier with the speed of its tallest tile, fastest first. */
function timeTiers(instantiate: Instantiate): { tier: Tier; callsPerMs: number | 'unsupported' }[] {
  const runners = TIERS.map((tier) => {
    return {
      tier,
      turn: turnOf(tier, instantiate),
      turns: 0,
      earlyMs: Number.POSITIVE_INFINITY,
      bestMs: Number.POSITIVE_INFINITY,
    };
  });
  const running = runners.filter(({ turn }) => turn !== undefined);
  let end = performance.now() + TIMING_MS;
  let calls = 1;
  let settled = false;
  for (let now = performance.now(); running.length > 0 && now < end; ) {
    for (const runner of running) {
      for (let call = 0; call < calls; call++) runner.turn!();
      const then = performance.now();
      if (then > now) {
        runner.bestMs = Math.min(runner.bestMs, (then - now) / calls);
        if (runner.turns++ === EARLY) runner.earlyMs = runner.bestMs;
      } else calls *= 2; // a clock too coarse to see a turn
      now = then;
    }
    if (!settled && running.every(({ bestMs, earlyMs, turns }) => turns > EARLY && bestMs < SETTLED * earlyMs)) {
      settled = true;
      end = Math.min(end, now + SETTLED_MS);
    }
  }
  return runners
    .map(({ tier, turn, bestMs }) => ({ tier, callsPerMs: turn === undefined ? ('unsupported' as const) : 1 / bestMs }))
    .sort((a, b) => speed(b.callsPerMs) - speed(a.callsPerMs));
}

function speed(callsPerMs: number | 'unsupported'): number {
  return callsPerMs === 'unsupported' ? -1 : callsPerMs;
}

/** Runs the tallest tile of a tier over zeros (the time does not depend on the values), or undefined. */
function turnOf(tier: Tier, instantiate: Instantiate): (() => void) | undefined {
  const loop = PANEL_LOOPS[tier];
  const module = new ModuleBuilder();
  module.importMemory('host', 'memory', 1);
  const tile = emitPanelTiles(module, tier, loop, loop.rows);
  module.export(tile);
  const bytes = module.finish();
  if (!WebAssembly.validate(bytes)) return undefined;
  const memory = new WebAssembly.Memory({ initial: 2 });
  const kernel = instantiate(bytes, { host: { memory } }).exports[tile.name] as Kernel;
  const tiles = TURN.rows / loop.rows;
  const [zeros, out] = [0, 65_536];
  const stride = TURN.quads * loop.activationBytes;
  return () => kernel(zeros, stride, tiles, zeros, TURN.quads, zeros, zeros, zeros, out, 64, MODES.sums, out);
}

/** Rows for the panel's tiles, and for each height of the direct ones. */
const QUESTIONS = [7, 1, 2];
const OUTPUTS = 16;
/** One quad more than dot16 can add up without widening, so that every path of every tier runs. */
const INPUTS = 260;
/** Where things lie in the memory of the question, in bytes. */
const PLACES = { values: 64, sums: 4096, codes: 8192, floats: 16_384, out: 20_480, work: 32_768 };

/** Whether a tier gives the right sums: rows at both ends of int8, alternating and mixed; weights of one sign and mixed. */
function examine(tier: Tier, instantiate: Instantiate): 'right' | 'wrong' {
  const module = new ModuleBuilder();
  module.importMemory('host', 'memory', 1);
  module.export(emitTernaryGemm(module, tier));
  const memory = new WebAssembly.Memory({ initial: 1 + Math.ceil(ternaryGemmWork(INPUTS) / 65_536) });
  const kernel = instantiate(module.finish(), { host: { memory } }).exports.ternaryGemm as Kernel;
  return QUESTIONS.every((rows) => answers(kernel, memory, rows)) ? 'right' : 'wrong';
}

function answers(kernel: Kernel, { buffer }: WebAssembly.Memory, rows: number): boolean {
  const { values: at, sums, codes, floats, out, work } = PLACES;
  const values = Int8Array.from({ length: rows * INPUTS }, (_, i) => activation(Math.floor(i / INPUTS), i % INPUTS));
  const weights = Int8Array.from({ length: OUTPUTS * INPUTS }, (_, i) => weight(Math.floor(i / INPUTS), i % INPUTS));
  new Int8Array(buffer).set(values, at);
  new Uint8Array(buffer).set(pack(weights, OUTPUTS, INPUTS), codes);
  const rowSums = new Int32Array(buffer, sums, rows);
  const expected = new Int32Array(rows * OUTPUTS);
  for (let r = 0; r < rows; r++) {
    rowSums[r] = 0;
    for (let k = 0; k < INPUTS; k++) {
      const value = values[r * INPUTS + k]!;
      rowSums[r]! += value;
      for (let n = 0; n < OUTPUTS; n++) expected[r * OUTPUTS + n]! += value * weights[n * INPUTS + k]!;
    }
  }
  kernel(at, floats, sums, rows, codes, floats, INPUTS, OUTPUTS, 0, 1, MODES.sums, out, work);
  const found = new Int32Array(buffer, out, expected.length);
  return expected.every((sum, i) => found[i] === sum);
}

function activation(row: number, k: number): number {
  const patterns = [((k * 89) % 255) - 127, 127, k % 2 === 0 ? 127 : -127, -127, ((k * k) % 255) - 127];
  return patterns[row % patterns.length]!;
}

/** Channels 0 and 1 are all of one sign, the others mixed. */
function weight(n: number, k: number): number {
  return n < 2 ? 2 * n - 1 : ((k * 37 + n * 5) % 3) - 1;
}
