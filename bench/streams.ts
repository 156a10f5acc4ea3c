/**
 * Streams against the unstreamed scan: `npm run bench:streams [-- --streams N] [--first SEED] [--json]`.
 *
 * 1. N random streams (default 10,000): wires, deltas, chunks, texts and disguises by seed. Flagged characters delivered
 *    and verdicts that differ from the scan of the whole text; both must be 0, else exit 1.
 * 2. Characters that wait: how much text a client is behind its upstream, and after how much its first text comes.
 * 3. Microseconds a delta and MB/s; and the ratio to one unstreamed scan of the same text, interleaved.
 */
import { parseArgs } from 'node:util';
import { SecurityScanner, scanStream } from '../security/index.ts';
import { BENIGN, Dice, eventsOf, saidIn, streamOf } from '../test/security/stream-kit.ts';
import { compare, randomStream } from '../test/security/stream-mixtures.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    streams: { type: 'string', default: '10000' },
    first: { type: 'string', default: '1' },
  },
});
// Without recall: a text that was judged before costs nothing to scan, and there would be nothing to compare with.
const scanner = new SecurityScanner({ recallChars: 0 });
const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Chunkings {
  readonly streams: number;
  readonly blocked: number;
  readonly flaggedCharacters: number;
  readonly verdictMismatches: number;
}

async function chunkings(first: number, total: number): Promise<Chunkings> {
  const sum = { streams: total, blocked: 0, flaggedCharacters: 0, verdictMismatches: 0 };
  for (let seed = first; seed < first + total; seed++) {
    const { expected, leaked, mismatch } = await compare(scanner, randomStream(seed), { readOn: seed % 2 === 0 });
    if (expected === 'block') sum.blocked++;
    sum.flaggedCharacters += leaked;
    if (mismatch !== '') sum.verdictMismatches++;
    if (leaked > 0 || mismatch !== '') say(`seed ${seed}: ${leaked} flagged characters; ${mismatch}`);
    if (process.stderr.isTTY && seed % 100 === 0) process.stderr.write(`\r${seed}/${total}`);
  }
  return sum;
}

interface Waits {
  /** Characters sent before the first one came out, per answer; and the largest lag in each answer. */
  readonly first: { readonly p50: number; readonly p99: number };
  readonly behind: { readonly p50: number; readonly max: number };
}

/** Answers of many lengths, delta by delta, through one stream each. */
async function waits(answers: number): Promise<Waits> {
  const firsts: number[] = [];
  const lags: number[] = [];
  for (let seed = 1; seed <= answers; seed++) {
    const dice = new Dice(seed);
    let text = '';
    for (const length = dice.int(40, 6000); text.length < length; ) text += dice.pick(BENIGN);
    const { readable, writable } = scanStream(scanner);
    const writer = writable.getWriter();
    let out = 0;
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const bytes of readable) {
        out += (saidIn(eventsOf(decoder.decode(bytes, { stream: true }), 'chat'))[0] ?? '').length;
      }
    })();
    let sent = 0;
    let first: number | undefined;
    let behind = 0;
    for (const delta of text.match(/.{1,4}/gsu) ?? []) {
      await writer.write(streamOf('chat', [[delta]]).subarray(...contentOf(delta)));
      await new Promise((resolve) => setImmediate(resolve));
      sent += delta.length;
      behind = Math.max(behind, sent - out);
      if (out > 0) first ??= sent;
    }
    await writer.close();
    await reading;
    firsts.push(first ?? sent);
    lags.push(behind);
  }
  return {
    first: { p50: quantile(firsts, 0.5), p99: quantile(firsts, 0.99) },
    behind: { p50: quantile(lags, 0.5), max: Math.max(...lags) },
  };
}

/** Where the content event of a one-delta chat stream stands in it. */
function contentOf(delta: string): [number, number] {
  const bytes = streamOf('chat', [[delta]]);
  const text = Buffer.from(bytes).toString('latin1');
  const start = text.indexOf('\n\n') + 2;
  return [start, text.indexOf('\n\n', start) + 2];
}

interface Speed {
  readonly characters: number;
  readonly deltaSize: number;
  readonly microsecondsPerDelta: number;
  readonly megabytesPerSecond: number;
  /** Time over that of one unstreamed scan of the same text: parsing, waiting, and text that windows see again. */
  readonly timesScan: number;
}

async function speed(characters: number, deltaSize: number, rounds: number): Promise<Speed> {
  const text = BENIGN.join('')
    .repeat(Math.ceil(characters / 900))
    .slice(0, characters);
  const parts = text.match(new RegExp(`.{1,${deltaSize}}`, 'gsu')) ?? [];
  const bytes = streamOf('chat', [parts]);
  const chunks = Array.from({ length: Math.ceil(bytes.length / 16_384) }, (_, i) =>
    bytes.subarray(i * 16_384, (i + 1) * 16_384),
  );
  const scanned: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await scanner.scan(text, { role: 'assistant' });
    whole.push(performance.now() - started);
    scanned.push(await drain(chunks, scanStream(scanner)));
  }
  const ms = quantile(scanned, 0.5);
  return {
    characters,
    deltaSize,
    microsecondsPerDelta: (ms * 1000) / parts.length,
    megabytesPerSecond: bytes.length / 1e6 / (ms / 1000),
    timesScan: ms / quantile(whole, 0.5),
  };
}

/** Milliseconds until all chunks are through. */
async function drain(chunks: readonly Uint8Array[], through: TransformStream<Uint8Array, Uint8Array>): Promise<number> {
  const started = performance.now();
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  let size = 0;
  for await (const bytes of source.pipeThrough(through)) size += bytes.length;
  if (size === 0) throw new Error('nothing came through');
  return performance.now() - started;
}

function quantile(list: readonly number[], q: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

const total = Number(values.streams);
say(`streams  Node ${process.versions.node}, ${process.arch}, ${total} chunkings`);
const random = await chunkings(Number(values.first), total);
say(
  `\nchunkings   ${random.streams} streams (${random.blocked} to block): ${random.flaggedCharacters} flagged characters delivered, ${random.verdictMismatches} verdicts differ`,
);
const waiting = await waits(200);
say(
  `waiting     first text after p50 ${waiting.first.p50}, p99 ${waiting.first.p99} characters; behind p50 ${waiting.behind.p50}, max ${waiting.behind.max} characters (200 answers, 4-character deltas)`,
);
const speeds = [await speed(2_000, 4, 40), await speed(20_000, 4, 20), await speed(400_000, 64, 7)];
for (const one of speeds) {
  say(
    `speed       ${one.characters} characters in deltas of ${one.deltaSize}: ${one.microsecondsPerDelta.toFixed(1)} µs a delta, ${one.megabytesPerSecond.toFixed(1)} MB/s of wire, ${one.timesScan.toFixed(1)} × one scan of the text`,
  );
}
if (values.json) console.log(JSON.stringify({ chunkings: random, waiting, speeds, node: process.versions.node }));
process.exitCode = random.flaggedCharacters + random.verdictMismatches === 0 ? 0 : 1;
