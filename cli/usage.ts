/** What a command is to `main.ts`, and the strict reading of flags that citty leaves to its caller. */
import type { ArgDef, ArgsDef, ParsedArgs, PositionalArgDef } from 'citty';

/** The command line asks for something that does not exist or contradicts itself; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Command {
  readonly meta: { readonly description: string };
  readonly args: ArgsDef;
  /** Returns the exit code. */
  run(args: ParsedArgs): Promise<number>;
}

/** @throws UsageError  a flag that the command does not have, a flag without its value, or a switch with another one */
export function checkFlags(argv: readonly string[], args: ArgsDef): void {
  const known = new Map<string, 'boolean' | 'string'>();
  for (const [name, definition] of Object.entries(args)) {
    if (isPositional(definition)) continue;
    const type = definition.type === 'boolean' ? 'boolean' : 'string';
    known.set(`--${name}`, type);
    if (type === 'boolean') known.set(`--no-${name}`, type);
    for (const alias of [definition.alias ?? []].flat())
      known.set(alias.length === 1 ? `-${alias}` : `--${alias}`, type);
  }
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === '--') return;
    if (!word.startsWith('-') || word === '-') continue;
    const [flag, value] = word.split(/=(.*)/s, 2) as [string, string | undefined];
    const type = known.get(flag);
    if (type === undefined)
      throw new UsageError(`unknown option '${flag}': expected one of ${[...known.keys()].join(' ')}`);
    // citty takes every other value for true: `--monitor=off` would switch blocking off.
    if (type === 'boolean' && value !== undefined && (flag.startsWith('--no-') || !/^(?:true|false)$/u.test(value)))
      throw new UsageError(`option '${flag}': expected true, false or no value, found '${value}'`);
    if (type === 'string' && value === undefined) {
      const next = argv[++i];
      if (next === undefined || (next.startsWith('-') && next.length > 1))
        throw new UsageError(`option '${flag}' needs a value`);
    }
  }
}

function isPositional(definition: ArgDef): definition is PositionalArgDef {
  return definition.type === 'positional';
}

/** A number in a range, as a flag gives it. */
export function numberFlag(value: unknown, name: string, low: number, high: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (String(value).trim() === '' || !(number >= low && number <= high)) {
    throw new UsageError(`--${name}: expected a number from ${low} to ${high}, found '${String(value)}'`);
  }
  return number;
}

/** One of a few words, as a flag gives it. */
export function choiceFlag<const T extends string>(value: unknown, name: string, choices: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = choices.find((choice) => choice === value);
  if (!found) throw new UsageError(`--${name}: expected ${choices.join(', ')}, found '${String(value)}'`);
  return found;
}
