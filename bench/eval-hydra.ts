/**
 * How well a Hydra does, on the weights that ship and through the code that ships.
 *
 *   npm run eval:hydra -- [--model DIR] [--rows N] [--json]
 *
 * Rows of the dev set and of the authored texts that were kept aside are scanned once in mode `auto`, bodies of agent traffic
 * as the proxy scans them. Three detectors stand beside each other: the rules, Hydra's own score (the worst of what the
 * scanner asks about), and the verdict. Reads threats/ and traffic/ under M2M_DATA.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadHydra } from '../index.ts';
import { type Classifier, type ScanOptions, SecurityScanner } from '../security/index.ts';
import { wholeCorpus } from '../test/traffic.ts';
import { figures, type Judged } from './eval-hydra/figures.ts';
import { authoredRows, devRows, type Row } from './eval-hydra/rows.ts';

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: resolve(import.meta.dirname, '../models/hydra-1') },
    rows: { type: 'string', default: 'Infinity' },
    json: { type: 'boolean', default: false },
  },
});
/** Scans that are on their way at once, so that no worker waits. */
const AT_ONCE = 16;

interface Scanned {
  readonly rules: number;
  readonly neural: number;
  /** The label that Hydra gives the worst of what it was asked. */
  readonly label: string;
  readonly verdict: 'allow' | 'flag' | 'block';
  readonly byRules: boolean;
}

const hydra = await loadHydra({ model: flags.model, workers: 2 });
const patterns = new SecurityScanner({ mode: 'patterns', recallChars: 0 });

async function scan(text: string, options: ScanOptions): Promise<Scanned> {
  let [neural, label] = [0, 'benign'];
  const watched: Classifier = {
    model: hydra.model,
    async classify(texts, asked) {
      const answers = await hydra.classify(texts, asked);
      for (const { scores } of answers) {
        if (1 - scores.benign < neural) continue;
        neural = 1 - scores.benign;
        label = Object.entries(scores).reduce((a, b) => (b[1] > a[1] ? b : a))[0];
      }
      return answers;
    },
  };
  const scanner = new SecurityScanner({ classifier: watched, recallChars: 0, deadlineMs: 600_000 });
  const [verdict, rules] = await Promise.all([scanner.scan(text, options), patterns.scan(text, options)]);
  return {
    rules: Math.max(...Object.values(rules.scores)),
    neural,
    label,
    verdict: verdict.verdict,
    byRules: rules.verdict !== 'allow',
  };
}

async function all<T>(items: readonly T[], one: (item: T) => Promise<Scanned>): Promise<Scanned[]> {
  const done: Scanned[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) done[at] = await one(items[at]!);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return done;
}

const percent = (part: number): string => `${(100 * part).toFixed(1).padStart(5)} %`;
const share = <T>(items: readonly T[], which: (item: T) => boolean): number =>
  items.length === 0 ? Number.NaN : items.filter(which).length / items.length;

/** Every `n`th row, so that a part has all sources. */
function thinned<T>(rows: readonly T[]): readonly T[] {
  const step = Math.max(1, Math.floor(rows.length / Number(flags.rows)));
  return rows.filter((_, i) => i % step === 0);
}

async function judgeRows(name: string, rows: readonly Row[]): Promise<unknown> {
  const scanned = await all(rows, ({ text, role }) => scan(text, role === undefined ? {} : { role }));
  const of = (detector: 'rules' | 'neural'): Judged[] =>
    rows.map(({ label }, i) => ({ attack: label !== 'benign', score: scanned[i]![detector] }));
  const attack = (i: number): boolean => rows[i]!.label !== 'benign';
  const at = rows.map((_, i) => i);
  const hit = (i: number): boolean => scanned[i]!.verdict !== 'allow';
  const result = {
    rows: rows.length,
    accuracy: share(at, (i) => scanned[i]!.label === rows[i]!.label),
    rules: figures(of('rules')),
    neural: figures(of('neural')),
    default: {
      recall: share(at.filter(attack), hit),
      falsePositives: share(
        at.filter((i) => !attack(i)),
        hit,
      ),
      rulesRecall: share(at.filter(attack), (i) => scanned[i]!.byRules),
      rulesFalsePositives: share(
        at.filter((i) => !attack(i)),
        (i) => scanned[i]!.byRules,
      ),
      neuralRecall: share(at.filter(attack), (i) => scanned[i]!.neural >= 0.5),
      neuralFalsePositives: share(
        at.filter((i) => !attack(i)),
        (i) => scanned[i]!.neural >= 0.5,
      ),
    },
    sources: Object.fromEntries(
      [...new Set(rows.map(({ source }) => source))].sort().map((source) => {
        const own = at.filter((i) => rows[i]!.source === source);
        const sides = { attacks: own.filter(attack), benign: own.filter((i) => !attack(i)) };
        const counted = Object.entries(sides).filter(([, side]) => side.length > 0);
        return [source, Object.fromEntries(counted.map(([side, list]) => [side, [list.length, share(list, hit)]]))];
      }),
    ),
  };
  print(name, result);
  return result;
}

function print(
  name: string,
  r: { rows: number; accuracy: number; rules: Judgement; neural: Judgement; default: Default },
): void {
  console.log(`\n${name}: ${r.rows} rows, 5 classes by Hydra ${percent(r.accuracy)}`);
  for (const which of ['rules', 'neural'] as const) {
    const { auc, recall, interval } = r[which];
    const recalls = Object.entries(recall).map(([rate, value]) => `${percent(value)} at ${rate} %`);
    console.log(
      `  ${which.padEnd(7)} AUC ${auc.toFixed(4)}  recall ${recalls.join(', ')} false positives (at 1 %: ${interval.map(percent).join(' to ')})`,
    );
  }
  const d = r.default;
  console.log(
    `  at the default threshold: rules ${percent(d.rulesRecall)} recall, ${percent(d.rulesFalsePositives)} false; Hydra ${percent(d.neuralRecall)}, ${percent(d.neuralFalsePositives)}; auto ${percent(d.recall)}, ${percent(d.falsePositives)}`,
  );
}

type Judgement = ReturnType<typeof figures>;
type Default = Readonly<
  Record<
    'recall' | 'falsePositives' | 'rulesRecall' | 'rulesFalsePositives' | 'neuralRecall' | 'neuralFalsePositives',
    number
  >
>;

const results: Record<string, unknown> = { model: hydra.model };
const dev = devRows();
const authored = authoredRows();
if (dev === undefined || authored === undefined) {
  console.log('eval:hydra skipped: no threats/ under M2M_DATA (default ../shared/data)');
} else {
  const part = thinned(dev);
  results.dev = await judgeRows('dev', part);
  results.public = await judgeRows(
    'dev, public rows alone (synth 0)',
    part.filter(({ synth }) => synth === 0),
  );
  results.authored = await judgeRows('authored, kept aside', thinned(authored));
}
const bodies = wholeCorpus()?.filter((body) => (body as { src?: string }).src !== 'bfcl');
if (bodies === undefined) console.log('eval:hydra: no traffic/ under M2M_DATA');
else {
  const part = thinned(bodies);
  const scanned = await all(part, ({ body }) => scan(body, { format: 'json' }));
  const traffic = {
    bodies: part.length,
    rules: share(scanned, ({ byRules }) => byRules),
    neural: share(scanned, ({ neural }) => neural >= 0.5),
    auto: share(scanned, ({ verdict }) => verdict !== 'allow'),
  };
  results.traffic = traffic;
  console.log(
    `\nbenign traffic: ${traffic.bodies} bodies, flagged by rules ${percent(traffic.rules)}, Hydra ${percent(traffic.neural)}, auto ${percent(traffic.auto)} (goal 1 %)`,
  );
}
hydra.close();
if (flags.json) console.log(JSON.stringify(results));
