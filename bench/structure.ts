/**
 * What the JSON scan costs and what it finds.
 *
 *   node bench/structure.ts [POOL.jsonl | POOL.jsonl.gz] [--json]
 *
 * Cost: scan, and everything a request body passes before the rules (scan, JSON.parse, strings with roles), as ratios to
 * JSON.parse alone, interleaved, medians. Finds: the threat pool's broken messages (recall for each way to break one)
 * beside the benign texts that are flagged. Without a pool file and without M2M_DATA, the cost alone.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { readInput } from '../security/input.ts';
import { scanJson } from '../security/json/scan.ts';
import { corpus } from '../test/scale.ts';

const ROUNDS = 60;
const CALLS = 200;

interface Row {
  readonly text: string;
  readonly label: string;
  readonly kind: string;
  readonly sub?: string;
}

const { values: flags, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});

const sentence = 'The quarterly report shows that revenue grew by eleven percent while costs stayed flat.\n';
const bodies = {
  'chat, 2 KB': JSON.stringify({
    model: 'gpt-4o',
    messages: Array.from({ length: 6 }, (_, i) => ({
      role: i % 2 ? 'assistant' : 'user',
      content: sentence.repeat(3),
    })),
  }),
  'many small strings, 2 KB': JSON.stringify(
    Array.from({ length: 40 }, () => ({ role: 'user', content: 'hi there', name: 'bob' })),
  ),
  'CJK, 2 KB': JSON.stringify([{ role: 'user', content: '東京の天気はどうですか。'.repeat(165) }]),
  'one string, 48 KB': JSON.stringify([{ role: 'user', content: sentence.repeat(550) }]),
};
const stages: Readonly<Record<string, (text: string) => unknown>> = {
  'JSON.parse': (text) => JSON.parse(text),
  scan: (text) => scanJson(text, true),
  'scan, parse and strings': (text) => readInput(text, { format: 'json' }),
};

const cost = Object.entries(bodies).map(([body, text]) => ({ body, chars: text.length, ...measure(text) }));
const file = positionals[0] ?? corpus('threats/dev.jsonl.gz');
const found = file === undefined ? undefined : detect(read(file));

for (const { body, chars, ratios, micros } of cost) {
  const shown = Object.entries(ratios).map(([stage, ratio]) => `${stage} ${ratio.toFixed(1)} ×`);
  const total = micros['scan, parse and strings']!.toFixed(1);
  console.log(`${body.padEnd(26)} ${String(chars).padStart(6)} characters   ${shown.join('   ')}   (${total} µs)`);
}
console.log(`medians of ${ROUNDS} rounds of ${CALLS} calls, Node ${process.versions.node}, ${process.arch}\n`);
if (found === undefined) console.log('no threat pool: name a file, or set M2M_DATA');
else {
  for (const [sub, { rows, flagged }] of Object.entries(found.broken)) {
    console.log(`${sub.padEnd(12)} ${String(flagged).padStart(5)} of ${String(rows).padStart(5)}`);
  }
  const { flagged, rows } = found.benign;
  console.log(`broken       ${(100 * found.recall).toFixed(2)} % found`);
  console.log(`benign       ${((100 * flagged) / rows).toFixed(3)} % flagged (${flagged} of ${rows})`);
}
if (flags.json) console.log(JSON.stringify({ cost, found: found ?? null }));

function measure(text: string): { ratios: Record<string, number>; micros: Record<string, number> } {
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(stages).map((name) => [name, []]));
  const calls = Math.max(10, Math.round((CALLS * 2000) / text.length));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(stages)) {
      const started = performance.now();
      for (let i = 0; i < calls; i++) run(text);
      times[name]!.push(((performance.now() - started) * 1000) / calls);
    }
  }
  const micros = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
  const ratios = Object.fromEntries(Object.entries(micros).map(([name, m]) => [name, m / micros['JSON.parse']!]));
  return { ratios, micros };
}

function detect(rows: readonly Row[]) {
  const broken: Record<string, { rows: number; flagged: number }> = {};
  const benign = { rows: 0, flagged: 0 };
  for (const { text, label, kind, sub } of rows) {
    if (label !== 'benign' && kind !== 'broken') continue;
    const flagged = readInput(text, {}).faults.some(({ threat }) => threat.score >= 0.5);
    if (label !== 'benign') broken[sub ?? '?'] ??= { rows: 0, flagged: 0 };
    const counts = label === 'benign' ? benign : broken[sub ?? '?']!;
    counts.rows++;
    if (flagged) counts.flagged++;
  }
  const all = Object.values(broken);
  const sum = (key: 'rows' | 'flagged'): number => all.reduce((total, one) => total + one[key], 0);
  return { broken, benign, recall: sum('flagged') / sum('rows') };
}

function read(path: string): Row[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
