/**
 * What each wire format makes of real traffic: `npm run bench:codec [-- --json] [--limit N]`. Bytes and, apart from them,
 * LLM tokens in percent of the message, by kind of body, and MB/s of encoding and decoding, interleaved. Beside ours:
 * general compressors and other notations; msgpack and TOON where `npm ci --ignore-scripts --prefix bench/peers` ran.
 */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import zlib from 'node:zlib';
import { ALGORITHMS, type Algorithm, decode, encode } from '../codec/index.ts';
import { InvalidInputError } from '../errors.ts';
import { type Body, sample, wholeCorpus } from '../test/traffic.ts';
import { loadTokenizer } from '../tokenizer/index.ts';

const { values: flags } = parseArgs({ options: { json: { type: 'boolean' }, limit: { type: 'string' } } });
const LIMIT = Number(flags.limit ?? 40);
const MOST_BYTES = 60_000;
const ROUNDS = 5;

type Wire = string | Uint8Array;

interface Contender {
  readonly name: string;
  readonly encode: (message: string) => Promise<Wire> | Wire;
  /** Absent where only the value comes back, not the text. */
  readonly decode?: (wire: Wire) => Promise<string> | string;
}

/** Up to LIMIT bodies of a kind: the corpus where `M2M_DATA` has it, else the sample. */
function bodies(): { readonly source: string; readonly list: readonly Body[] } {
  const whole = wholeCorpus();
  const all = (whole ?? sample).filter(({ body }) => body.length <= MOST_BYTES);
  const list = [...new Set(all.map(({ kind }) => kind))].flatMap((kind) => {
    const own = all.filter((body) => body.kind === kind);
    const every = Math.max(1, Math.floor(own.length / LIMIT));
    return own.filter((_, i) => i % every === 0).slice(0, LIMIT);
  });
  return { source: whole ? 'traffic corpus' : 'traffic sample', list };
}

function ours(): Contender[] {
  return ALGORITHMS.flatMap((algorithm: Algorithm) =>
    (['text', 'binary'] as const).map((form) => ({
      name: form === 'text' ? algorithm : `${algorithm} binary`,
      encode: async (message: string) => {
        const wire = await encode(message, algorithm, { form });
        if (form === 'binary' && typeof wire === 'string') throw new InvalidInputError('no binary form');
        return wire;
      },
      decode: (wire: Wire) => decode(wire, { algorithm }),
    })),
  );
}

function general(): Contender[] {
  const { constants } = zlib;
  const brotli = (quality: number): Contender => ({
    name: `brotli q${quality}`,
    encode: (text) => zlib.brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
    decode: (wire) => zlib.brotliDecompressSync(wire).toString('utf8'),
  });
  const zstd = (level: number): Contender => ({
    name: `zstd ${level}`,
    encode: (text) => zlib.zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: level } }),
    decode: (wire) => zlib.zstdDecompressSync(wire as Uint8Array).toString('utf8'),
  });
  const gzip: Contender = {
    name: 'gzip+base64',
    encode: (text) => zlib.gzipSync(text).toString('base64'),
    decode: (wire) => zlib.gunzipSync(Buffer.from(wire as string, 'base64')).toString('utf8'),
  };
  return [gzip, brotli(5), brotli(11), zstd(3), zstd(19)];
}

/** Notations that carry the value of a body, not its text; absent where they are not installed. */
async function notations(): Promise<Contender[]> {
  const require = createRequire(resolve(import.meta.dirname, 'peers/package.json'));
  const load = async (name: string): Promise<Record<string, (value: unknown) => Wire> | undefined> => {
    try {
      return (await import(pathToFileURL(require.resolve(name)).href)) as Record<string, (value: unknown) => Wire>;
    } catch (error) {
      if ((error as { code?: string }).code !== 'MODULE_NOT_FOUND') throw error;
      process.stderr.write(`skipped ${name}: run npm ci --ignore-scripts --prefix bench/peers\n`);
      return undefined;
    }
  };
  const [msgpack, toon] = await Promise.all([load('@msgpack/msgpack'), load('@toon-format/toon')]);
  return [
    ...(msgpack ? [{ name: 'msgpack', encode: (text: string) => msgpack.encode!(JSON.parse(text)) }] : []),
    ...(toon ? [{ name: 'TOON', encode: (text: string) => toon.encode!(JSON.parse(text)) }] : []),
  ];
}

interface Cell {
  bytes: number;
  tokens: number;
  original: number;
  originalTokens: number;
  carried: number;
}

interface Row {
  readonly name: string;
  readonly byKind: ReadonlyMap<string, Cell>;
  readonly refused: number;
  readonly encodeMBs: number;
  readonly decodeMBs?: number;
}

async function measure(contender: Contender, list: readonly Body[], tokens: (text: string) => number): Promise<Row> {
  const byKind = new Map<string, Cell>();
  const carried: { message: string; wire: Wire }[] = [];
  for (const { kind, body } of list) {
    const wire = await attempted(contender, body);
    if (wire === undefined) continue;
    if (contender.decode && (await contender.decode(wire)) !== body) throw new Error(`${contender.name}: not lossless`);
    carried.push({ message: body, wire });
    const cell = byKind.get(kind) ?? { bytes: 0, tokens: 0, original: 0, originalTokens: 0, carried: 0 };
    byKind.set(kind, cell);
    cell.carried++;
    cell.original += Buffer.byteLength(body);
    cell.bytes += typeof wire === 'string' ? Buffer.byteLength(wire) : wire.length;
    if (typeof wire === 'string') {
      cell.originalTokens += tokens(body);
      cell.tokens += tokens(wire);
    }
  }
  const size = carried.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
  const encodeMs: number[] = [];
  const decodeMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    encodeMs.push(await timed(carried, ({ message }) => contender.encode(message)));
    if (contender.decode) decodeMs.push(await timed(carried, ({ wire }) => contender.decode!(wire)));
  }
  const speed = (times: number[]): number => size / 1e6 / (times.sort((a, b) => a - b)[times.length >> 1]! / 1000);
  return {
    name: contender.name,
    byKind,
    refused: list.length - carried.length,
    encodeMBs: speed(encodeMs),
    ...(contender.decode ? { decodeMBs: speed(decodeMs) } : {}),
  };
}

async function attempted({ encode: make }: Contender, body: string): Promise<Wire | undefined> {
  try {
    return await make(body);
  } catch (error) {
    // A body that a format refuses, or that is no JSON where only JSON values travel.
    if (error instanceof InvalidInputError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function timed<T>(items: readonly T[], run: (item: T) => unknown): Promise<number> {
  const started = performance.now();
  for (const item of items) await run(item);
  return performance.now() - started;
}

const { source, list } = bodies();
const { countTokens } = await loadTokenizer('cl100k_base');
const kinds = [...new Set(list.map(({ kind }) => kind))];
const rows: Row[] = [];
for (const contender of [...ours(), ...general(), ...(await notations())]) {
  const row = await measure(contender, list, countTokens);
  if (row.byKind.size > 0) rows.push(row);
}

const percent = (part: number, whole: number): string => (whole === 0 ? '' : ((100 * part) / whole).toFixed(0));
const cellOf = (cell: Cell | undefined): string => {
  if (!cell) return 'refused';
  const tokens = cell.originalTokens > 0 ? ` (${percent(cell.tokens, cell.originalTokens)})` : '';
  return `${percent(cell.bytes, cell.original)}${tokens}`;
};
const head = [
  '',
  ...kinds.map((kind) => `${kind} ${list.filter((body) => body.kind === kind).length}`),
  'refused',
  'enc MB/s',
  'dec MB/s',
];
const body = rows.map((row) => [
  row.name,
  ...kinds.map((kind) => cellOf(row.byKind.get(kind))),
  String(row.refused),
  row.encodeMBs.toFixed(1),
  row.decodeMBs?.toFixed(1) ?? 'value only',
]);
const widths = head.map((_, i) => Math.max(...[head, ...body].map((line) => line[i]!.length)));
const render = (line: readonly string[]): string =>
  line.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!))).join('  ');
process.stdout.write(
  `codec, ${list.length} bodies of the ${source}; bytes in % of the body, in brackets cl100k tokens of a text wire in % (Node ${process.version})\n${[head, ...body].map(render).join('\n')}\n`,
);
if (flags.json) {
  const json = rows.map((row) => ({ ...row, byKind: Object.fromEntries(row.byKind) }));
  process.stdout.write(`${JSON.stringify({ bench: 'codec', source, bodies: list.length, rows: json })}\n`);
}
