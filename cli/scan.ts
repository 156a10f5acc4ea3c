/** `m2m scan`: one text, one file or stdin → its verdict; with `--jsonl`, a file line by line (scan-lines.ts). */
import { readFile } from 'node:fs/promises';
import type { ParsedArgs } from 'citty';
import { resolvePolicy } from '../proxy/index.ts';
import { type Mode, ROLES, type ScannerOptions, type ScanOptions, SecurityScanner } from '../security/index.ts';
import { loadClassifier, MODEL_FLAGS } from './classifier.ts';
import { FOUND, print, renderMode, renderVerdict } from './output.ts';
import { scanLines } from './scan-lines.ts';
import { type Command, choiceFlag, numberFlag, UsageError } from './usage.ts';

const FORMATS = ['auto', 'json', 'text'] as const;

export const scanCommand: Command = {
  meta: { description: 'Judge a text, a message file or a file of lines' },
  args: {
    text: { type: 'positional', required: false, description: 'the text, or - for standard input' },
    file: { type: 'string', alias: 'f', valueHint: 'FILE', description: 'read the text or message from a file' },
    json: { type: 'boolean', description: 'print the verdict as one JSON object' },
    jsonl: {
      type: 'string',
      valueHint: 'FILE',
      description: 'scan a JSON Lines file, one verdict a line (- for standard input)',
    },
    field: {
      type: 'string',
      valueHint: 'NAME',
      description: 'with --jsonl: the field that holds the text (default text)',
    },
    role: { type: 'string', valueHint: 'ROLE', description: `who says it: ${ROLES.join(', ')}` },
    format: {
      type: 'string',
      valueHint: 'FORMAT',
      description: 'auto (default), json (anything else is a fault) or text',
    },
    threshold: { type: 'string', valueHint: 'N', description: 'flag from this score on (0 to 1, default 0.5)' },
    mode: {
      type: 'string',
      valueHint: 'MODE',
      description: 'auto (default), neural (no verdict without the model) or patterns (no model)',
    },
    ...MODEL_FLAGS,
    config: {
      type: 'string',
      valueHint: 'FILE',
      description: 'settings file, as of m2m proxy (default m2m.config.json where there is one)',
    },
  },
  run: runScan,
};

/** Lines that are on their way to the workers at once, with a model. */
const AT_ONCE = 64;
/** Milliseconds that a command waits for a model: nobody is kept waiting but the one who asked. */
const DEADLINE_MS = 60_000;

async function runScan(args: ParsedArgs): Promise<number> {
  const role = choiceFlag(args.role, 'role', ROLES);
  const format = choiceFlag(args.format, 'format', FORMATS);
  const options: ScanOptions = { ...(role ? { role } : {}), ...(format ? { format } : {}) };
  if (args.jsonl !== undefined && (args.file !== undefined || args._.length > 0)) {
    throw new UsageError('--jsonl takes no text and no --file beside it');
  }
  if (args.jsonl === undefined && args.field !== undefined) throw new UsageError('--field goes with --jsonl');
  const policy = policyOf(args);
  const classifier = await loadClassifier(args, policy.mode);
  try {
    const scanner = new SecurityScanner({ deadlineMs: DEADLINE_MS, ...policy, ...(classifier ? { classifier } : {}) });
    return await scan(scanner, args, options, classifier ? AT_ONCE : 1);
  } finally {
    classifier?.close();
  }
}

async function scan(scanner: SecurityScanner, args: ParsedArgs, options: ScanOptions, atOnce: number): Promise<number> {
  if (args.jsonl !== undefined) {
    return scanLines(scanner, String(args.jsonl), String(args.field ?? 'text'), options, atOnce);
  }
  const verdict = await scanner.scan(await inputOf(args), options);
  await print(args.json ? `${JSON.stringify(verdict)}\n` : renderVerdict(verdict));
  if (!args.json || verdict.fallback !== undefined) process.stderr.write(renderMode(verdict));
  return verdict.safe ? 0 : FOUND;
}

/** Settings as `m2m proxy` has them: flags over M2M_* over m2m.config.json; what concerns no scan is left aside. */
function policyOf(args: ParsedArgs): ScannerOptions {
  const flagAt = numberFlag(args.threshold, 'threshold', 0, 1);
  const mode = choiceFlag<Mode>(args.mode, 'mode', ['auto', 'neural', 'patterns']);
  const { config } = args;
  const policy = resolvePolicy({ flags: { config, mode }, env: process.env, cwd: process.cwd() });
  return {
    ...policy,
    ...(flagAt === undefined ? {} : { flagAt, blockAt: Math.max(policy.blockAt ?? 0.8, flagAt) }),
  };
}

async function inputOf(args: ParsedArgs): Promise<string | Uint8Array> {
  if (args._.length > 1) throw new UsageError(`expected one text, found ${args._.length}: put it in quotes`);
  const [text] = args._;
  if (args.file !== undefined) {
    if (text !== undefined) throw new UsageError('give a text or --file, not both');
    if (args.file !== '-') return readOrExplain(String(args.file));
  } else if (text !== undefined && text !== '-') return text;
  else if (text === undefined && process.stdin.isTTY)
    throw new UsageError('nothing to scan: give a text, -f FILE or -');
  const bytes = await readStdin();
  if (bytes.length === 0 && text === undefined && args.file === undefined) {
    throw new UsageError('nothing to scan: give a text, -f FILE or -');
  }
  return bytes;
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

async function readOrExplain(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}
