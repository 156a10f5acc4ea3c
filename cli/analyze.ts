/** `m2m analyze`: a message in every format, side by side: bytes, tokens, time, and whether it comes back. */
import type { ParsedArgs } from 'citty';
import { ALGORITHMS, type Algorithm, decode, encode, FORMAT, type Stats, stats } from '../codec/index.ts';
import { InvalidInputError } from '../errors.ts';
import { readInput } from './files.ts';
import { print } from './output.ts';
import { type Command, UsageError } from './usage.ts';

export const analyzeCommand: Command = {
  meta: { description: 'Show what each wire format makes of a message' },
  args: {
    file: { type: 'string', alias: 'f', valueHint: 'IN', description: 'read from a file (default: standard input)' },
    json: { type: 'boolean', description: 'print one JSON object' },
  },
  run: analyze,
};

interface Row {
  readonly algorithm: Algorithm | 'raw';
  readonly form: 'text' | 'binary';
  readonly bytes?: number;
  readonly tokens?: Stats['wire']['tokens'];
  /** Milliseconds, of one call that was made before. */
  readonly encodeMs?: number;
  readonly decodeMs?: number;
  /** Why the format does not carry this message. */
  readonly refused?: string;
}

async function analyze(args: ParsedArgs): Promise<number> {
  if (args._.length > 0) throw new UsageError(`unexpected '${args._[0]}': give the message with -f FILE or pipe it in`);
  const message = textOf(await readInput(args.file as string | undefined));
  const own = await stats('raw', message, message);
  const rows: Row[] = [{ algorithm: 'raw', form: 'text', bytes: own.message.bytes, tokens: own.message.tokens! }];
  for (const algorithm of ALGORITHMS) {
    for (const form of ['text', 'binary'] as const) {
      const row = await measured(message, algorithm, form);
      if (row) rows.push(row);
    }
  }
  await print(args.json ? `${JSON.stringify({ rows })}\n` : table(rows));
  return 0;
}

async function measured(message: string, algorithm: Algorithm, form: 'text' | 'binary'): Promise<Row | undefined> {
  try {
    const wire = await encode(message, algorithm, { form });
    if (form === 'binary' && typeof wire === 'string') return undefined;
    const back = await decode(wire, { algorithm });
    if (back !== message) throw new Error(`${algorithm}: the message does not come back`);
    const encodeMs = await timed(() => encode(message, algorithm, { form }));
    const decodeMs = await timed(() => decode(wire, { algorithm }));
    const { bytes, tokens } = (await stats(FORMAT[algorithm], message, wire)).wire;
    return { algorithm, form, bytes, ...(tokens ? { tokens } : {}), encodeMs, decodeMs };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return form === 'text' ? { algorithm, form, refused: error.message } : undefined;
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new InvalidInputError('the input is no UTF-8', { cause: error });
    throw error;
  }
}

function table(rows: readonly Row[]): string {
  const [raw] = rows;
  const share = (now: number | undefined, then: number | undefined): string =>
    now === undefined ? '-' : `${now} ${then ? `${((100 * now) / then).toFixed(0)} %` : ''}`.trim();
  const lines = rows.map((row) =>
    row.refused === undefined
      ? [
          `${row.algorithm}${row.form === 'binary' ? ' binary' : ''}`,
          share(row.bytes, raw!.bytes),
          share(row.tokens?.cl100k_base, raw!.tokens?.cl100k_base),
          share(row.tokens?.o200k_base, raw!.tokens?.o200k_base),
          row.encodeMs === undefined ? '' : row.encodeMs.toFixed(2),
          row.decodeMs === undefined ? '' : row.decodeMs.toFixed(2),
        ]
      : [row.algorithm, `refused: ${row.refused}`],
  );
  const head = ['format', 'bytes', 'cl100k tokens', 'o200k tokens', 'encode ms', 'decode ms'];
  const full = [head, ...lines.filter((line) => line.length === head.length)];
  const widths = head.map((_, i) => Math.max(...full.map((line) => line[i]!.length)));
  const render = (line: readonly string[]): string =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[0]!) : line.length === 2 ? cell : cell.padStart(widths[i]!)))
      .join('  ');
  return `${[head, ...lines].map(render).join('\n')}\n`;
}
