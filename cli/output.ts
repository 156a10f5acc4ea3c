/** How commands talk: results on stdout, everything else on stderr, one finding a line, no decoration off a terminal. */
import { readFileSync } from 'node:fs';
import type { Threat, Verdict } from '../security/index.ts';

export const FOUND = 1;
export const USAGE_ERROR = 2;

/** The package's version; the file lies one folder up in the sources and two in `dist`. */
export function version(): string {
  const here = import.meta.dirname;
  const file = here.endsWith('/dist/cli') || here.endsWith('\\dist\\cli') ? '../../package.json' : '../package.json';
  const found = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as { version: string };
  return found.version;
}

/** One line on stderr; more only where the message has them. It may quote a hostile file. */
export function complain(message: string): void {
  process.stderr.write(`m2m: ${message.split('\n').map(printable).join('\n')}\n`);
}

/** `m2m scan … | head` must end without a stack trace once `head` has closed the pipe. */
export function quietlyEndOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    throw error;
  });
}

/** A proxy outlives the reader of its log: a closed pipe or a full disk ends no request. */
export function outliveStderr(): void {
  process.stderr.on('error', nobodyReads);
}

/** The only place where this could be told is the one that is gone; the metrics go on. */
function nobodyReads(_error: Error): void {}

/** Writes to stdout and waits where the reader is slower than we are. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await new Promise<void>((resolve) => process.stdout.once('drain', () => resolve()));
}

/**
 * A verdict for people:
 *
 *   BLOCK   prompt_injection 0.90  ignore-instructions  messages[0].content 7–35
 */
export function renderVerdict(verdict: Verdict): string {
  const head = verdict.verdict.toUpperCase().padEnd(8);
  if (verdict.threats.length === 0) return `${head}${verdict.score.toFixed(2)}\n`;
  const rows = verdict.threats.map((threat) => [
    `${threat.category} ${threat.score.toFixed(2)}`,
    printable(threat.name),
    place(threat),
  ]);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      ([what, name, where], i) =>
        `${i === 0 ? head : ' '.repeat(8)}${what!.padEnd(widths[0]!)}  ${name!.padEnd(widths[1]!)}  ${where}\n`,
    )
    .join('');
}

function place(threat: Threat): string {
  const view = threat.view === 'raw' || threat.view === 'normalized' ? '' : `  (${threat.view})`;
  return `${threat.path === undefined ? '' : `${printable(threat.path)} `}${threat.span[0]}–${threat.span[1]}${view}`;
}

/** How the verdict was reached, and what was given up. */
export function renderMode(verdict: Verdict): string {
  const model = verdict.model ? ` (${verdict.model.id}, ${verdict.model.device})` : '';
  const fallback = verdict.fallback === undefined ? '' : `, fallback: ${printable(verdict.fallback)}`;
  return `mode ${verdict.mode}${model}${fallback}, ${verdict.timing.total.toFixed(1)} ms\n`;
}

/** What an attacker chose can stand in a path, a name or a quoted line: nothing of it may steer the terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
}
