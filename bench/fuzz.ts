/**
 * Fuzzing with fast-check: nothing that comes in from outside may end in anything but a documented error.
 *
 *   npm run fuzz -- [--cases N] [--seed N] [--target NAME] [--path P] [--json]
 *
 * Reports cases, errors and times for each target; exit 1 when an error was no M2MError. The slowest cases are run again,
 * because the first time they also pay for compilation and for whoever else uses the machine. `--target`, `--seed` and
 * `--path` replay one case that a report names.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { M2MError } from '../errors.ts';
import { TARGETS, type Target } from './fuzz/targets.ts';
import type { Case } from './fuzz/texts.ts';

/** Milliseconds that the slowest case should not exceed. */
const AIM = 50;
/** How many are run again: on a busy machine most of the first ten are short cases that were preempted. */
const REPEATED = 50;
/** Sorts of failures that are shrunk and shown for each target. */
const SHRUNK = 5;

interface Timed {
  readonly one: Case;
  readonly path: string;
  readonly ms: number;
}

/** A sort of undocumented error: how often, and the smallest text that shows it. */
interface Failure {
  readonly count: number;
  readonly path: string;
  readonly error: string;
  readonly text: string;
}

interface Report {
  readonly target: string;
  readonly cases: number;
  /** Documented errors by name. */
  readonly errors: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p99: number;
  readonly slowest: {
    /** Milliseconds: the median of three more runs, and the first run. */
    readonly ms: number;
    readonly first: number;
    readonly kind: string;
    /** UTF-16 code units. */
    readonly size: number;
    readonly head: string;
    readonly seed: number;
    readonly path: string;
  };
  readonly failures: readonly Failure[];
}

const { values: flags } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '20261122' },
    target: { type: 'string' },
    path: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const [total, seed] = [Number(flags.cases), Number(flags.seed)];
const targets = TARGETS.filter((target) => flags.target === undefined || target.name === flags.target);
if (!(Number.isInteger(total) && total > 0 && Number.isInteger(seed)) || targets.length === 0) {
  console.error(
    `fuzz: expected whole numbers for --cases and --seed, and one of ${TARGETS.map((t) => t.name).join(', ')} for --target`,
  );
  process.exit(2);
}

const started = performance.now();
const shares = targets.reduce((sum, target) => sum + target.share, 0);
const reports: Report[] = [];
for (const target of targets) {
  const report = await fuzz(target, Math.round((total * target.share) / shares));
  reports.push(report);
  print(report);
}
const cases = reports.reduce((sum, report) => sum + report.cases, 0);
const slowest = Math.max(...reports.map((report) => report.slowest.ms));
const failed = reports.filter((report) => report.failures.length > 0);
console.log(
  `${cases} cases in ${((performance.now() - started) / 1000).toFixed(0)} s, seed ${seed}, Node ${process.versions.node}; ` +
    `${failed.length} targets with undocumented errors; slowest ${slowest.toFixed(1)} ms (aim ${AIM})`,
);
if (flags.json) console.log(JSON.stringify({ bench: 'fuzz', cases, seed, aim: AIM, slowest, reports }));
process.exitCode = failed.length > 0 ? 1 : 0;

async function fuzz(target: Target, cases: number): Promise<Report> {
  const times: number[] = [];
  const errors: Record<string, number> = {};
  const failures = new Map<string, { count: number; path: string }>();
  let worst: Timed[] = [];
  const property = fc.asyncProperty(target.cases, async (one) => {
    const path = flags.path ?? String(times.length);
    const began = performance.now();
    const error = await attempt(target, one);
    const ms = performance.now() - began;
    times.push(ms);
    if (worst.length < REPEATED || ms > worst.at(-1)!.ms) {
      worst = [...worst, { one, path, ms }].sort((x, y) => y.ms - x.ms).slice(0, REPEATED);
    }
    if (error instanceof M2MError) errors[error.name] = (errors[error.name] ?? 0) + 1;
    else if (error !== undefined) {
      const known = failures.get(sortOf(error));
      failures.set(sortOf(error), { count: (known?.count ?? 0) + 1, path: known?.path ?? path });
    }
  });
  await fc.assert(property, { numRuns: cases, seed, ...(flags.path === undefined ? {} : { path: flags.path }) });
  const slow = await again(target, worst);
  times.sort((x, y) => x - y);
  return {
    target: target.name,
    cases: times.length,
    errors,
    p50: times[Math.floor(times.length * 0.5)] ?? 0,
    p99: times[Math.floor(times.length * 0.99)] ?? 0,
    slowest: { ms: slow.ms, ...described(slow) },
    failures: await Promise.all([...failures].slice(0, SHRUNK).map(([sort, found]) => shrink(target, sort, found))),
  };
}

function described({ one, path, first }: Timed & { readonly first: number }): Omit<Report['slowest'], 'ms'> {
  return {
    first,
    kind: one.kind,
    size: one.text.length,
    head: one.text.slice(0, 60),
    seed,
    path,
  };
}

/** What the case threw, or undefined. */
async function attempt(target: Target, one: Case): Promise<unknown> {
  try {
    await target.run(one);
    return undefined;
  } catch (error) {
    return error ?? new Error('threw nothing');
  }
}

/** Errors that differ only in numbers and quoted text are of one sort. */
function sortOf(error: unknown): string {
  return String(error).replace(/\d+|"[^"]*"/g, '#');
}

/** The smallest case that fast-check finds for one sort of failure. */
async function shrink(
  target: Target,
  sort: string,
  { count, path }: { count: number; path: string },
): Promise<Failure> {
  const property = fc.asyncProperty(target.cases, async (one) => {
    const error = await attempt(target, one);
    if (error !== undefined && sortOf(error) === sort) throw error;
  });
  const outcome = await fc.check(property, { seed, path, numRuns: 1 });
  const [smallest] = outcome.counterexample ?? [];
  return { count, path, error: String(outcome.errorInstance ?? sort), text: (smallest?.text ?? '').slice(0, 400) };
}

/** The slowest of the slow ones by the median of three more runs. */
async function again(target: Target, worst: readonly Timed[]): Promise<Timed & { readonly first: number }> {
  const retimed: (Timed & { readonly first: number })[] = [];
  for (const timed of worst) {
    const runs: number[] = [];
    for (let i = 0; i < 3; i++) {
      const began = performance.now();
      await attempt(target, timed.one);
      runs.push(performance.now() - began);
    }
    runs.sort((a, b) => a - b);
    retimed.push({ ...timed, first: timed.ms, ms: runs[1]! });
  }
  return retimed.sort((a, b) => b.ms - a.ms)[0]!;
}

function print({ target, cases, errors, p50, p99, slowest, failures }: Report): void {
  const documented = Object.entries(errors).map(([name, count]) => `${count} ${name}`);
  console.log(
    `${target.padEnd(12)} ${String(cases).padStart(7)} cases   p50 ${p50.toFixed(3)} ms   p99 ${p99.toFixed(2)} ms   ` +
      `slowest ${slowest.ms.toFixed(1)} ms (first time ${slowest.first.toFixed(1)}): ${slowest.kind}, ${slowest.size} characters beginning ${JSON.stringify(slowest.head)}, ` +
      `--target '${target}' --seed ${slowest.seed} --path ${slowest.path}   documented errors: ${documented.join(', ') || 'none'}`,
  );
  if (slowest.ms > AIM) console.log(`${''.padEnd(12)} above the aim of ${AIM} ms`);
  for (const { count, path, error, text } of failures) {
    console.log(`FAIL ${target}: ${error}, ${count} cases, --path ${path}, smallest: ${JSON.stringify(text)}`);
  }
}
