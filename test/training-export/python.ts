/** The Python side, run where there is a Python with what a script needs, and skipped aloud elsewhere. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { TestContext } from 'vitest';

const SCRIPTS = resolve(import.meta.dirname, '../../training-export');
const interpreters = process.env.M2M_PYTHON ? [process.env.M2M_PYTHON] : ['python3', '/usr/bin/python3'];
const asked = new Map<string, string | undefined>();

/** The first interpreter that imports these modules (M2M_PYTHON names one), or a skip that says what is missing. */
export function python(ctx: TestContext, ...modules: readonly string[]): string {
  const wanted = modules.join(', ');
  if (!asked.has(wanted)) {
    asked.set(
      wanted,
      interpreters.find((name) => spawnSync(name, ['-c', `import ${wanted}`]).status === 0),
    );
  }
  const found = asked.get(wanted);
  if (found === undefined)
    ctx.skip(`no Python with ${wanted} here: install them, or name another interpreter in M2M_PYTHON`);
  return found!;
}

/** Standard output of a script in training-export, on one thread; a failure throws with the end of its errors. */
export function run(interpreter: string, ...args: readonly string[]): string {
  return runIn({}, interpreter, ...args);
}

/** The same with variables of the environment. */
export function runIn(more: Readonly<Record<string, string>>, interpreter: string, ...args: readonly string[]): string {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', OMP_NUM_THREADS: '1', ...more };
  const { status, stdout, stderr } = spawnSync(interpreter, args, { cwd: SCRIPTS, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}\n${stderr.slice(-2_000)}`);
  return stdout;
}
