/**
 * What goes in comes out: `npm run bench:round-trip [-- --json] [--count N] [--seed N]`. Every body of the traffic corpus and
 * N generated strings (JSON and Unicode, 100,000 by default), through every format that is lossless and every protection,
 * as text and as bytes; compared code unit by code unit. Exits with 1 at the first difference.
 */
import { parseArgs } from 'node:util';
import { auto, decode, encode, type Form, type Security, type Wire } from '../codec/index.ts';
import { InvalidInputError } from '../errors.ts';
import { sample, wholeCorpus } from '../test/traffic.ts';

const { values: flags } = parseArgs({
  options: { json: { type: 'boolean' }, count: { type: 'string' }, seed: { type: 'string' } },
});
const COUNT = Number(flags.count ?? 100_000);

/** A small generator of our own, so that a seed names a run (mulberry32, Tommy Ettinger, public domain). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = generator(Number(flags.seed ?? 1));
const below = (n: number): number => Math.floor(random() * n);
const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

const WORDS = [
  'the',
  'ferry',
  ' ',
  '\n',
  '"',
  '\\',
  '<|endoftext|>',
  '#TK|C|',
  '#M2M|1|',
  '\u0000',
  'é',
  '世界',
  '👩‍👩‍👧',
  '\ufeff',
  '0.1',
];
/** Where characters are drawn from: ASCII, Latin, everything of the first plane, everything. */
const PLANES = [0x80, 0x250, 0xffff, 0x10ffff];

function text(): string {
  let out = '';
  const most = pick(PLANES);
  for (let n = below(pick([4, 20, 120])); n > 0; n--) {
    out += random() < 0.3 ? pick(WORDS) : String.fromCodePoint(below(most + 1));
  }
  return out.toWellFormed();
}

function value(depth: number): unknown {
  const kind = below(depth > 0 ? 8 : 5);
  if (kind === 0) return pick([null, true, false]);
  if (kind === 1) return pick([0, -0.5, 1e21, 123456789, below(2 ** 32)]);
  if (kind < 5) return text();
  if (kind === 5) return Array.from({ length: below(5) }, () => value(depth - 1));
  const keys = ['model', 'messages', 'role', 'content', 'stream', 'max_tokens', 'usage', 'choices', text()];
  return Object.fromEntries(Array.from({ length: below(6) }, () => [pick(keys), value(depth - 1)]));
}

function message(): string {
  if (random() < 0.4) return text();
  if (random() < 0.7) return JSON.stringify(value(3));
  return JSON.stringify(
    { model: text(), messages: [{ role: pick(['user', 'tool', 'x']), content: text() }] },
    null,
    below(3),
  );
}

interface Way {
  readonly name: string;
  readonly encode: (message: string) => Promise<Wire>;
  readonly decode: (wire: Wire) => Promise<string>;
  tried: number;
  refused: number;
  ms: number;
}

function way(name: string, make: (message: string) => Promise<Wire>, options: Parameters<typeof decode>[1] = {}): Way {
  return { name, encode: make, decode: (wire) => decode(wire, options), tried: 0, refused: 0, ms: 0 };
}

const key = new Uint8Array(32).fill(3);
const FORMS: readonly Form[] = ['text', 'binary'];
const PROTECTIONS: readonly Security[] = [{ mode: 'none' }, { mode: 'hmac', key }, { mode: 'aead', key }];
const ways: readonly Way[] = [
  ...FORMS.map((form) =>
    way(`token-native ${form}`, (m) => encode(m, 'token-native', { form }), { algorithm: 'token-native' }),
  ),
  way('brotli 5', (m) => encode(m, 'brotli', { quality: 5 }), { algorithm: 'brotli' }),
  way('token (T1)', (m) => encode(m, 'token'), { algorithm: 'token' }),
  ...PROTECTIONS.flatMap((security) =>
    FORMS.map((form) => way(`m2m ${security.mode} ${form}`, (m) => encode(m, 'm2m', { form, security }), { security })),
  ),
  ...FORMS.map((form) => way(`auto ${form}`, async (m) => (await auto(m, { form, quality: 5 })).wire)),
];

/** Encodes, decodes, compares. @throws Error  what came out is not what went in */
async function carry(one: Way, text: string): Promise<void> {
  const start = performance.now();
  one.tried++;
  let wire: Wire;
  try {
    wire = await one.encode(text);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    one.refused++;
    return;
  } finally {
    one.ms += performance.now() - start;
  }
  const began = performance.now();
  const back = await one.decode(wire);
  one.ms += performance.now() - began;
  if (back !== text) throw new Error(`${one.name}: ${JSON.stringify(text).slice(0, 200)} came back changed`);
}

const bodies = wholeCorpus() ?? sample;
for (const { body } of bodies) for (const one of ways) await carry(one, body);
for (let n = 0; n < COUNT; n++) {
  const text = message();
  for (const one of ways) await carry(one, text);
}

const rows = ways.map(({ name, tried, refused, ms }) => ({
  name,
  carried: tried - refused,
  refused,
  seconds: ms / 1000,
}));
const lines = [
  `${bodies.length} bodies of traffic and ${COUNT} generated strings, each in every format: 0 differences`,
  'format               carried    refused    seconds',
  ...rows.map(({ name, carried, refused, seconds }) =>
    [name.padEnd(18), String(carried).padStart(9), String(refused).padStart(10), seconds.toFixed(1).padStart(10)].join(
      ' ',
    ),
  ),
  'refused: frames carry JSON alone; T1 what the original would give back to the byte',
];
process.stdout.write(`${lines.join('\n')}\n`);
if (flags.json)
  process.stdout.write(`${JSON.stringify({ bench: 'round-trip', bodies: bodies.length, generated: COUNT, rows })}\n`);
