/** `m2m compress` and `m2m decompress`: a message to its wire and back, byte for byte. */
import type { ParsedArgs } from 'citty';
import { ALGORITHMS, type Algorithm, auto, decode, detect, encode, FORMAT, stats } from '../codec/index.ts';
import { InvalidInputError } from '../errors.ts';
import { readInput, writeOutput } from './files.ts';
import { type Command, choiceFlag, UsageError } from './usage.ts';

const FILES: Command['args'] = {
  file: { type: 'string', alias: 'f', valueHint: 'IN', description: 'read from a file (default: standard input)' },
  output: { type: 'string', alias: 'o', valueHint: 'OUT', description: 'write to a file (default: standard output)' },
};

export const compressCommand: Command = {
  meta: { description: 'Encode a message for the wire' },
  args: {
    algorithm: {
      type: 'string',
      alias: 'a',
      valueHint: 'NAME',
      description: `auto (default: the smallest), ${ALGORITHMS.join(', ')}`,
    },
    ...FILES,
    binary: { type: 'boolean', description: 'the binary form, where the algorithm has one' },
    minimise: { type: 'string', valueHint: 'WHAT', description: 'with auto: bytes (default) or tokens' },
    stats: { type: 'boolean', description: 'print bytes and tokens, before and after, to standard error' },
  },
  run: compress,
};

export const decompressCommand: Command = {
  meta: { description: 'Decode a wire to its message' },
  args: {
    ...FILES,
    algorithm: {
      type: 'string',
      alias: 'a',
      valueHint: 'NAME',
      description: `what the wire is, instead of what it looks like: ${ALGORITHMS.join(', ')}`,
    },
  },
  run: decompress,
};

async function compress(args: ParsedArgs): Promise<number> {
  checkNoText(args);
  const algorithm = choiceFlag<Algorithm | 'auto'>(args.algorithm, 'algorithm', ['auto', ...ALGORITHMS]) ?? 'auto';
  const minimise = choiceFlag(args.minimise, 'minimise', ['bytes', 'tokens'] as const);
  if (minimise !== undefined && algorithm !== 'auto') throw new UsageError('--minimise goes with -a auto');
  const form = args.binary ? 'binary' : 'text';
  const bytes = await readInput(args.file as string | undefined);
  const message = messageOf(bytes);
  if (message === undefined) {
    if (algorithm !== 'auto') throw new InvalidInputError('the input is no UTF-8, and no format carries that');
    process.stderr.write('m2m: the input is no UTF-8: passed on as it is\n');
    await writeOutput(args.output as string | undefined, bytes);
    return 0;
  }
  const chosen =
    algorithm === 'auto'
      ? await auto(message, { form, ...(minimise ? { minimise } : {}) })
      : { format: FORMAT[algorithm], label: algorithm, wire: await encode(message, algorithm, { form }) };
  if (args.stats) {
    const { message: before, wire: after } = await stats(chosen.format, message, chosen.wire);
    process.stderr.write(`${chosen.label}: ${line(before, after)}\n`);
  }
  await writeOutput(args.output as string | undefined, chosen.wire);
  return 0;
}

async function decompress(args: ParsedArgs): Promise<number> {
  checkNoText(args);
  const algorithm = choiceFlag(args.algorithm, 'algorithm', ALGORITHMS);
  const bytes = await readInput(args.file as string | undefined);
  // What is no wire of ours was passed on as it is, text or not.
  const raw = algorithm === undefined && detect(bytes) === 'raw';
  const message = raw ? bytes : await decode(bytes, algorithm ? { algorithm } : {});
  await writeOutput(args.output as string | undefined, message);
  return 0;
}

function checkNoText(args: ParsedArgs): void {
  if (args._.length > 0) throw new UsageError(`unexpected '${args._[0]}': give the message with -f FILE or pipe it in`);
}

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function messageOf(bytes: Uint8Array): string | undefined {
  try {
    return STRICT.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined; // not text; the callers say what becomes of it
    throw error;
  }
}

type Measured = Awaited<ReturnType<typeof stats>>['message'];

function line(before: Measured, after: Measured): string {
  const share = (now: number, then: number): string => (then === 0 ? '' : ` (${((100 * now) / then).toFixed(0)} %)`);
  const bytes = `${before.bytes} to ${after.bytes} bytes${share(after.bytes, before.bytes)}`;
  if (!before.tokens || !after.tokens) return `${bytes}, no tokens: no model reads bytes`;
  const tokens = (['cl100k_base', 'o200k_base'] as const).map((name) => {
    const [then, now] = [before.tokens![name], after.tokens![name]];
    return `${then} to ${now} ${name} tokens${share(now, then)}`;
  });
  return [bytes, ...tokens].join(', ');
}
