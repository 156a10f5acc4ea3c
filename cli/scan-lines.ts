/**
 * `m2m scan --jsonl FILE`: one object a line in, one object a line out, in order, in constant memory. With a model a bounded
 * number of lines is on its way at once, so that every worker has something to do.
 * A line that cannot be scanned is reported by its number, on stderr and in its place on stdout, and the rest goes on.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { M2MError } from '../errors.ts';
import { ROLES, type Role, type ScanInput, type ScanOptions, type SecurityScanner } from '../security/index.ts';
import { complain, FOUND, print } from './output.ts';
import { Progress } from './progress.ts';
import { UsageError } from './usage.ts';

/** A longer line is a bad line; the bytes past the limit are dropped as they come. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

interface Row {
  readonly input: ScanInput;
  readonly role?: Role;
}

/** What became of a line. */
interface Outcome {
  readonly out: string;
  readonly found: boolean;
  /** Why the line is a bad one. */
  readonly complaint?: string;
}

/**
 * @param atOnce  lines on their way at one time, 1 and more
 * @returns the exit code: 1 when a line was flagged, blocked or bad
 */
export async function scanLines(
  scanner: SecurityScanner,
  file: string,
  field: string,
  options: ScanOptions,
  atOnce = 1,
): Promise<number> {
  const handle = file === '-' ? undefined : await openOrExplain(file);
  const source = explained(handle ? handle.createReadStream() : process.stdin, file);
  const progress = new Progress(handle ? (await handle.stat()).size : undefined);
  let found = false;
  let bad = 0;
  const onTheWay: Promise<Outcome>[] = [];
  const finish = async (): Promise<void> => {
    const outcome = await onTheWay.shift()!;
    if (outcome.found) found = true;
    if (outcome.complaint !== undefined) {
      bad++;
      progress.clear();
      complain(`${file}: ${outcome.complaint}`);
    }
    await print(outcome.out);
  };
  for await (const line of lines(source)) {
    progress.advance(line.bytes, line.number);
    if (line.text !== undefined && line.text.trim() === '') continue;
    const judged = judge(scanner, line, field, options);
    judged.catch(() => undefined); // awaited in its turn
    onTheWay.push(judged);
    if (onTheWay.length >= atOnce) await finish();
  }
  while (onTheWay.length > 0) await finish();
  progress.end();
  if (bad > 0) complain(`${file}: ${bad} bad ${bad === 1 ? 'line' : 'lines'}, left out`);
  return found || bad > 0 ? FOUND : 0;
}

async function judge(
  scanner: SecurityScanner,
  { number, text }: Line,
  field: string,
  options: ScanOptions,
): Promise<Outcome> {
  try {
    if (text === undefined) throw new UsageError(`longer than ${MAX_LINE_BYTES} bytes`);
    const row = readRow(text, field, number);
    const { verdict, score, scores, threats, mode, fallback } = await scanner.scan(row.input, {
      ...options,
      ...(row.role ? { role: row.role } : {}),
    });
    const out = JSON.stringify({ line: number, verdict, score, scores, threats, mode, fallback });
    return { out: `${out}\n`, found: verdict !== 'allow' };
  } catch (error) {
    if (!(error instanceof M2MError || error instanceof UsageError)) throw error;
    const out = `${JSON.stringify({ line: number, error: error.message })}\n`;
    return { out, found: false, complaint: `line ${number}: ${error.message}` };
  }
}

async function openOrExplain(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** The same bytes; a folder can be opened, and only reading it fails. */
async function* explained(source: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): UsageError {
  return new UsageError(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
}

/** @throws UsageError  the line is no JSON object, or the field is missing */
function readRow(line: string, field: string, number: number): Row {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (error) {
    throw new UsageError(`not JSON: ${(error as SyntaxError).message}`);
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) throw new UsageError('expected a JSON object');
  const input = Object.hasOwn(row, field) ? (row as Record<string, unknown>)[field] : undefined;
  if (typeof input !== 'string' && (typeof input !== 'object' || input === null)) {
    throw new UsageError(
      `field '${field}': expected a text or messages, found ${input === undefined ? 'nothing' : typeof input}`,
    );
  }
  const role = (row as { role?: unknown }).role;
  if (role === undefined || role === null) return { input: input as ScanInput };
  const known = ROLES.find((one) => one === role);
  if (!known)
    complain(`line ${number}: role ${JSON.stringify(role)} is not one of ${ROLES.join(', ')}; scanned without a role`);
  return known ? { input: input as ScanInput, role: known } : { input: input as ScanInput };
}

interface Line {
  /** From 1. */
  readonly number: number;
  /** Bytes of the line and its newline. */
  readonly bytes: number;
  /** Undefined when the line is longer than the limit. */
  readonly text: string | undefined;
}

async function* lines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let held: Uint8Array[] = [];
  let size = 0;
  let number = 0;
  const take = (): Line => {
    const text = size > MAX_LINE_BYTES ? undefined : Buffer.concat(held).toString('utf8');
    const line = { number: ++number, bytes: size + 1, text: number === 1 ? text?.replace(/^\ufeff/u, '') : text };
    held = [];
    size = 0;
    return line;
  };
  for await (const chunk of source) {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      held.push(chunk.subarray(from, at));
      size += at - from;
      from = at + 1;
      yield take();
    }
    size += chunk.length - from;
    if (size <= MAX_LINE_BYTES) held.push(chunk.subarray(from));
    else held = [];
  }
  if (size > 0) yield take();
}
