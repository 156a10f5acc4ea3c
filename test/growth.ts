/** How time grows with input: the slope of log time over log size, by least squares over sizes that double. */

const SIZES = [16_384, 32_768, 65_536, 131_072, 262_144] as const;

interface GrowthOptions {
  readonly sizes?: readonly number[];
  readonly rounds?: number;
}

/**
 * The fitted exponent: 1 is linear, 2 quadratic. Each size counts with its fastest round, because a busy machine only
 * ever adds time; a fit above the bound is repeated twice for the same reason, and the lowest one counts.
 *
 * @param make  the input of about n units; made once a size, outside the clock
 */
export function exponent<T>(
  make: (n: number) => T,
  run: (input: T) => unknown,
  { sizes = SIZES, rounds = 5 }: GrowthOptions = {},
): number {
  const inputs = sizes.map((n) => make(Math.floor(n)));
  run(inputs[0]!);
  let lowest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3 && lowest > 1.2; attempt++) {
    const times = inputs.map((input) => fastest(() => run(input), rounds));
    lowest = Math.min(lowest, slope(sizes.map(Math.log), times.map(Math.log)));
  }
  return lowest;
}

function fastest(work: () => unknown, rounds: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const started = performance.now();
    work();
    best = Math.min(best, performance.now() - started);
  }
  return Math.max(best, 1e-4);
}

function slope(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [x, y] = [mean(xs), mean(ys)];
  const above = xs.reduce((sum, v, i) => sum + (v - x) * (ys[i]! - y), 0);
  return above / xs.reduce((sum, v) => sum + (v - x) ** 2, 0);
}
