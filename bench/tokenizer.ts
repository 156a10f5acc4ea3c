/**
 * How fast the tokenizer is beside js-tiktoken (whose rank data it reads) and gpt-tokenizer, and what its worst text costs.
 *
 *   node bench/tokenizer.ts [--json]
 *
 * cold     a new process loads all three, then meets each text for the first time, in turn; load time is not included
 * warm     the same texts again, each encoder twice through all of them, the second time counted; encoders in turn
 * in turn  the same texts again, text by text in turn: every encoder finds the processor's cache full of the others
 * worst    100 KB of one character; the other two encoders take seconds to minutes there and are left out
 *
 * Figures are medians over the processes and passes; a ratio is taken within a pass, then the median of the ratios.
 */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { corpus } from '../test/scale.ts';
import {
  bodiesOf,
  type Encode,
  gptTokenizer,
  jsTiktoken,
  sampleBodies,
  VOCABULARIES,
} from '../test/tokenizer/oracles.ts';
import { loadTokenizer, type VocabularyName } from '../tokenizer/index.ts';

const PROCESSES = 7;
const WARM_PASSES = 5;
const WORST_RUNS = 9;
const WORST_BYTES = 100 * 1024;
const TEXT_BYTES = 560_000;

const ENCODERS = ['ours', 'js-tiktoken', 'gpt-tokenizer'] as const;
type EncoderName = (typeof ENCODERS)[number];
type Times = Record<EncoderName, number>;

const CLASSES = {
  letters: 'a',
  capitals: 'A',
  spaces: ' ',
  newlines: '\n',
  emoji: '😀',
  CJK: '中',
  digits: '7',
  punctuation: '!',
  'mixed letters': 'qzjxkvwypb',
};

/** What one process measures: milliseconds for a pass over all texts. */
interface Passes {
  readonly load: Times;
  readonly cold: Times;
  readonly warm: readonly Times[];
  readonly inTurn: readonly Times[];
}

/** About 560 KB of the corpus from end to end, or the sample; bodies with a long run would only time js-tiktoken's flaw. */
function texts(): { from: string; texts: string[]; bytes: number } {
  const file = corpus('traffic/traffic-dev.jsonl.gz');
  const all = file === undefined ? sampleBodies() : bodiesOf(file);
  const usable = all.filter((body) => body.length <= 40_000 && !/\p{L}{300}/u.test(body));
  const total = usable.reduce((sum, body) => sum + body.length, 0);
  const step = Math.max(1, Math.floor(total / TEXT_BYTES));
  const chosen = usable.filter((_, i) => i % step === 0);
  const bytes = chosen.reduce((sum, body) => sum + new TextEncoder().encode(body).length, 0);
  return { from: file === undefined ? 'test/data/traffic-sample.jsonl' : 'traffic corpus', texts: chosen, bytes };
}

async function measurePasses(vocabulary: VocabularyName): Promise<Passes> {
  const load: Times = { ours: 0, 'js-tiktoken': 0, 'gpt-tokenizer': 0 };
  const loadAs = async (name: EncoderName, loading: () => Promise<Encode>): Promise<Encode> => {
    const start = performance.now();
    const encode = await loading();
    load[name] = performance.now() - start;
    return encode;
  };
  const encoders: Record<EncoderName, Encode> = {
    ours: await loadAs('ours', async () => (await loadTokenizer(vocabulary)).encode),
    'js-tiktoken': await loadAs('js-tiktoken', () => jsTiktoken(vocabulary)),
    'gpt-tokenizer': await loadAs('gpt-tokenizer', () => gptTokenizer(vocabulary)),
  };
  const all = texts().texts;
  const cold = textByText(encoders, all);
  const warm = Array.from({ length: WARM_PASSES }, (_, i) => passByPass(encoders, all, i));
  const inTurn = Array.from({ length: WARM_PASSES }, () => textByText(encoders, all));
  return { load, cold, warm, inTurn };
}

/** All texts twice through one encoder, the second time counted, then through the next; the first place rotates. */
function passByPass(encoders: Record<EncoderName, Encode>, all: readonly string[], round: number): Times {
  const times: Times = { ours: 0, 'js-tiktoken': 0, 'gpt-tokenizer': 0 };
  for (let k = 0; k < ENCODERS.length; k++) {
    const name = ENCODERS[(round + k) % ENCODERS.length]!;
    for (const text of all) encoders[name](text);
    const start = performance.now();
    for (const text of all) encoders[name](text);
    times[name] = performance.now() - start;
  }
  return times;
}

/** Every text through every encoder; the first place rotates, so that no encoder always finds the text in the cache. */
function textByText(encoders: Record<EncoderName, Encode>, all: readonly string[]): Times {
  const times: Times = { ours: 0, 'js-tiktoken': 0, 'gpt-tokenizer': 0 };
  all.forEach((text, i) => {
    for (let k = 0; k < ENCODERS.length; k++) {
      const name = ENCODERS[(i + k) % ENCODERS.length]!;
      const start = performance.now();
      encoders[name](text);
      times[name] += performance.now() - start;
    }
  });
  return times;
}

async function measureWorst(vocabulary: VocabularyName): Promise<{ class: string; ms: number; growth: number }[]> {
  const { encode } = await loadTokenizer(vocabulary);
  return Object.entries(CLASSES).map(([name, unit]) => {
    const text = unit.repeat(Math.floor(WORST_BYTES / new TextEncoder().encode(unit).length));
    const twice = text + text;
    // Two encodings of n against one of 2n, so that both lose as much to the neighbours.
    const rounds = Array.from({ length: WORST_RUNS }, () => {
      const half = (elapsed(encode, text) + elapsed(encode, text)) / 2;
      return { half, growth: elapsed(encode, twice) / half };
    });
    return {
      class: name,
      ms: median(rounds.map(({ half }) => half)),
      growth: median(rounds.map(({ growth }) => growth)),
    };
  });
}

function elapsed(encode: Encode, text: string): number {
  const start = performance.now();
  encode(text);
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** Median rate in MB/s and median of the ratios to js-tiktoken, over these passes. */
function summary(passes: readonly Times[], bytes: number): Record<EncoderName, { mbPerS: number; timesJs: number }> {
  const of = (name: EncoderName): { mbPerS: number; timesJs: number } => ({
    mbPerS: bytes / 1000 / median(passes.map((times) => times[name])),
    timesJs: median(passes.map((times) => times['js-tiktoken'] / times[name])),
  });
  return { ours: of('ours'), 'js-tiktoken': of('js-tiktoken'), 'gpt-tokenizer': of('gpt-tokenizer') };
}

async function report(vocabulary: VocabularyName, bytes: number): Promise<Record<string, unknown>> {
  const runs = Array.from({ length: PROCESSES }, () => {
    const output = execFileSync(process.execPath, [import.meta.filename, '--one-process', vocabulary]);
    return JSON.parse(output.toString()) as Passes;
  });
  const passes = {
    cold: runs.map((run) => run.cold),
    warm: runs.flatMap((run) => run.warm),
    'in turn': runs.flatMap((run) => run.inTurn),
  };
  const rates = Object.entries(passes).map(([way, times]) => ({ way, n: times.length, ...summary(times, bytes) }));
  const loadMs = Object.fromEntries(ENCODERS.map((name) => [name, median(runs.map((run) => run.load[name]))]));
  console.log(`\n${vocabulary.padEnd(15)} load ms${rates.map(({ way, n }) => `${way}, n ${n}`.padStart(20)).join('')}`);
  for (const name of ENCODERS) {
    const cells = rates.map((rate) =>
      `${rate[name].mbPerS.toFixed(1)} (${rate[name].timesJs.toFixed(1)} ×)`.padStart(20),
    );
    console.log(`${name.padEnd(15)} ${loadMs[name]!.toFixed(0).padStart(7)}${cells.join('')}`);
  }
  const worst = await measureWorst(vocabulary);
  console.log(`\n100 KB of           ms   t(2n)/t(n), n ${WORST_RUNS}`);
  for (const { class: name, ms, growth } of worst) {
    console.log(`${name.padEnd(15)} ${ms.toFixed(1).padStart(6)} ${growth.toFixed(2).padStart(12)}`);
  }
  return { vocabulary, loadMs, rates, worst, worstRuns: WORST_RUNS };
}

if (process.argv[2] === '--one-process') {
  console.log(JSON.stringify(await measurePasses(process.argv[3] as VocabularyName)));
} else {
  const { from, texts: all, bytes } = texts();
  const machine = `${cpus()[0]?.model.trim()}, Node ${process.version}`;
  console.log(`${all.length} bodies, ${bytes} bytes, from ${from}; ${machine}`);
  console.log('MB/s and times js-tiktoken, medians of n; load time is not included');
  const vocabularies = [];
  for (const vocabulary of VOCABULARIES) vocabularies.push(await report(vocabulary, bytes));
  if (process.argv.includes('--json'))
    console.log(JSON.stringify({ from, bodies: all.length, bytes, machine, vocabularies }));
}
