/** How time grows with input: the slope of log time over log size, over sizes that double. */

const SIZES = [8192, 16_384, 32_768, 65_536, 131_072] as const;

interface GrowthOptions {
  readonly sizes?: readonly number[];
  readonly rounds?: number;
}

/**
 * The fitted exponent: 1 is linear, 2 quadratic. Every size is measured over the same amount of input (short ones are run
 * more often), so that garbage collection and a busy machine meet all of them alike, in turns, and counts with its fastest
 * round. A fit above 1.2 is measured further, up to seven times the rounds: what is slow by nature stays slow.
 *
 * @param make  the input of about n units; made once a size, outside the clock
 */
export function exponent<T>(
  make: (n: number) => T,
  run: (input: T) => unknown,
  { sizes = SIZES, rounds = 5 }: GrowthOptions = {},
): number {
  const largest = Math.max(...sizes);
  const inputs = sizes.map((n) => ({ n, input: make(n), times: Math.max(1, Math.round(largest / n)) }));
  for (const { input, times } of inputs) for (let i = 0; i < Math.min(times, 4); i++) run(input);
  const best = inputs.map(() => Number.POSITIVE_INFINITY);
  let fitted = Number.POSITIVE_INFINITY;
  for (let attempt = 0, more = rounds; attempt < 3 && fitted > 1.2; attempt++, more *= 2) {
    for (let round = 0; round < more; round++) {
      for (const [i, { input, times }] of inputs.entries()) {
        best[i] = Math.min(best[i]!, milliseconds(() => run(input), times) / times);
      }
    }
    fitted = slope(
      sizes.map(Math.log),
      best.map((time) => Math.log(Math.max(time, 1e-6))),
    );
  }
  return fitted;
}

function milliseconds(work: () => unknown, times: number): number {
  const started = performance.now();
  for (let i = 0; i < times; i++) work();
  return performance.now() - started;
}

/** Theil–Sen: the median of the slopes between all pairs, which one disturbed size cannot bend. */
function slope(xs: readonly number[], ys: readonly number[]): number {
  const slopes = xs.flatMap((x, i) => xs.slice(i + 1).map((later, j) => (ys[i + 1 + j]! - ys[i]!) / (later - x)));
  slopes.sort((a, b) => a - b);
  const middle = Math.floor(slopes.length / 2);
  return slopes.length % 2 === 1 ? slopes[middle]! : (slopes[middle - 1]! + slopes[middle]!) / 2;
}
