/**
 * What the rules alone do on the dev set: false positives, recall, ranking, and what each rule earns.
 *
 *   npm run eval:rules -- [--set dev|authored] [--json]
 *
 * Reads threats/ under M2M_DATA. Any verdict other than `allow` is a hit, blocks and flags alike. Rules are tuned on
 * train and the authored texts; dev is only reported. Goals: false positives <= 1.0 %, recall malformed >= 80 %,
 * data_exfiltration >= 55 %, jailbreak >= 35 %, prompt_injection >= 35 %.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { rules } from '../security/rules/index.ts';
import { SecurityScanner } from '../security/scanner.ts';
import { CATEGORIES, type Label, type Role } from '../security/verdict.ts';

interface Row {
  readonly text: string;
  readonly label: Label;
  readonly source: string;
  readonly synth?: number;
  readonly role?: Role;
}

/** A row and what was said of it; `names` are the threats that reached the verdict. */
interface Judged {
  readonly row: Row;
  readonly hit: boolean;
  readonly blocked: boolean;
  readonly score: number;
  readonly names: ReadonlySet<string>;
  readonly ms: number;
}

const GOALS = { malformed: 80, data_exfiltration: 55, jailbreak: 35, prompt_injection: 35 } as const;
const FALSE_POSITIVES_AT_MOST = 1;

const { values: flags } = parseArgs({
  options: { set: { type: 'string', default: 'dev' }, json: { type: 'boolean', default: false } },
});

const rows = readRows(flags.set);
if (rows === undefined) {
  console.log(`eval:rules skipped: no threats/ set "${flags.set}" under M2M_DATA (default ../shared/data)`);
} else {
  report(await judge(rows));
}

function readRows(set: string): Row[] | undefined {
  const folder = resolve(import.meta.dirname, '..', process.env.M2M_DATA ?? '../shared/data', 'threats');
  const parse = (text: string): Row[] =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
  if (set === 'authored') {
    const authored = resolve(folder, 'authored');
    if (!existsSync(authored)) return undefined;
    const files = readdirSync(authored).filter((name) => name.endsWith('.jsonl'));
    return files.flatMap((name) => parse(readFileSync(resolve(authored, name), 'utf8')));
  }
  const file = resolve(folder, 'dev.jsonl.gz');
  return set === 'dev' && existsSync(file) ? parse(gunzipSync(readFileSync(file)).toString('utf8')) : undefined;
}

async function judge(all: readonly Row[]): Promise<Judged[]> {
  const scanner = new SecurityScanner({ mode: 'patterns' });
  for (const row of all.slice(0, 300)) await scanner.scan(row.text);
  const judged: Judged[] = [];
  for (const row of all) {
    const started = performance.now();
    const verdict = await scanner.scan(row.text, row.role ? { role: row.role } : {});
    judged.push({
      row,
      hit: verdict.verdict !== 'allow',
      blocked: verdict.verdict === 'block',
      score: verdict.score,
      names: new Set(verdict.threats.map((threat) => threat.name)),
      ms: performance.now() - started,
    });
  }
  return judged;
}

function report(judged: readonly Judged[]): void {
  const benign = judged.filter(({ row }) => row.label === 'benign');
  const attacks = judged.filter(({ row }) => row.label !== 'benign');
  const falsePositives = percent(benign, ({ hit }) => hit);
  const recall = Object.fromEntries(CATEGORIES.map((c) => [c, percent(ofLabel(judged, c), ({ hit }) => hit)]));

  console.log(
    `rules on ${flags.set}: ${judged.length} texts, ${rules.length} rules, Node ${process.version}, ${cpus()[0]?.model ?? '?'}`,
  );
  const goal = flags.set === 'dev' ? `   goal <= ${FALSE_POSITIVES_AT_MOST}` : '';
  console.log(
    `\nfalse positives      ${show(falsePositives)} % of ${benign.length}${goal}   (blocked ${show(percent(benign, (j) => j.blocked))} %)`,
  );
  for (const category of CATEGORIES) {
    const own = ofLabel(judged, category);
    const wanted = flags.set === 'dev' ? `   goal >= ${GOALS[category]}` : '';
    console.log(
      `${category.padEnd(20)} ${show(recall[category]!)} % of ${own.length}${wanted}   (blocked ${show(percent(own, (j) => j.blocked))} %)`,
    );
  }
  const auc = rank(benign, attacks);
  console.log(
    `AUC of the score     ${auc.toFixed(4)}   ${CATEGORIES.map((c) => `${c} ${rank(benign, ofLabel(judged, c)).toFixed(3)}`).join('  ')}`,
  );

  sources(judged);
  const table = ruleTable(judged);
  const times = judged.map(({ ms }) => ms).sort((a, b) => a - b);
  const slowest = judged.reduce((worst, j) => (j.ms > worst.ms ? j : worst));
  console.log(
    `\ntime: median ${times[times.length >> 1]!.toFixed(3)} ms, p99 ${times[Math.floor(times.length * 0.99)]!.toFixed(2)} ms, slowest ${slowest.ms.toFixed(1)} ms (${slowest.row.text.length} characters, ${slowest.row.source})`,
  );
  if (flags.json) {
    console.log(
      JSON.stringify({
        set: flags.set,
        texts: judged.length,
        falsePositives,
        recall,
        auc,
        rules: table,
        slowestMs: slowest.ms,
      }),
    );
  }
}

function sources(judged: readonly Judged[]): void {
  console.log('\nby label, source and synth level (hits/texts)');
  const groups = Map.groupBy(
    judged,
    ({ row }) => `${row.label.padEnd(18)} ${row.source.padEnd(52)} ${row.synth ?? '-'}`,
  );
  for (const [name, group] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const hits = group.filter(({ hit }) => hit).length;
    if (hits > 0 || !name.startsWith('benign'))
      console.log(`  ${name} ${`${hits}/${group.length}`.padStart(9)}  ${show((100 * hits) / group.length)} %`);
  }
}

interface Earned {
  readonly name: string;
  readonly hits: Readonly<Record<string, number>>;
  readonly benign: number;
  /** Attacks that nothing else finds: the recall that is lost without it. */
  readonly alone: number;
  readonly sources: number;
}

/** What each rule or fault finds, and what would be lost without it. */
function ruleTable(judged: readonly Judged[]): Earned[] {
  const names = new Set([...rules.map((rule) => rule.id), ...judged.flatMap((j) => [...j.names])]);
  const table = [...names].map((name): Earned => {
    const found = judged.filter((j) => j.names.has(name));
    const attacks = found.filter((j) => j.row.label !== 'benign');
    return {
      name,
      hits: Object.fromEntries(CATEGORIES.map((c) => [c, ofLabel(found, c).length])),
      benign: found.length - attacks.length,
      alone: attacks.filter((j) => j.names.size === 1).length,
      sources: new Set(attacks.map((j) => j.row.source)).size,
    };
  });
  table.sort((a, b) => b.alone - a.alone || a.name.localeCompare(b.name));
  console.log(
    `\n${'rule or fault'.padEnd(32)}${['inject', 'jailbr', 'exfil', 'malf', 'benign', 'alone', 'sources'].map((h) => h.padStart(8)).join('')}`,
  );
  for (const { name, hits, benign, alone, sources: from } of table) {
    const counts = [hits.prompt_injection, hits.jailbreak, hits.data_exfiltration, hits.malformed, benign, alone, from];
    console.log(`${name.padEnd(32)}${counts.map((n) => String(n).padStart(8)).join('')}`);
  }
  return table;
}

/** The chance that an attack scores higher than a benign text; ties count half (Mann–Whitney). */
function rank(benign: readonly Judged[], attacks: readonly Judged[]): number {
  const all = [...benign, ...attacks].sort((a, b) => a.score - b.score);
  let sum = 0;
  for (let i = 0; i < all.length; ) {
    let end = i;
    while (end < all.length && all[end]!.score === all[i]!.score) end++;
    const shared = (i + 1 + end) / 2;
    for (; i < end; i++) if (all[i]!.row.label !== 'benign') sum += shared;
  }
  return (sum - (attacks.length * (attacks.length + 1)) / 2) / (attacks.length * benign.length);
}

function ofLabel(judged: readonly Judged[], label: Label): Judged[] {
  return judged.filter(({ row }) => row.label === label);
}

function percent(judged: readonly Judged[], counts: (j: Judged) => boolean): number {
  return judged.length === 0 ? 0 : (100 * judged.filter(counts).length) / judged.length;
}

function show(value: number): string {
  return value.toFixed(2).padStart(6);
}
