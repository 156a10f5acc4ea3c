/**
 * The evasion table: what each of the transforms costs a scanner in recall and raises in false positives.
 *
 *   npm run eval:evasion -- [--only NAME,NAME] [--misses NAME] [--no-peers] [--json]
 *
 * Any verdict other than `allow` is a hit. Two settings: the whole text transformed, and an attack inside a benign
 * carrier with only the attack transformed. Goals: <= 5 points of recall lost, <= 1 point of false positives raised.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { Bench, type Line, type Setting } from './evasion/measure.ts';
import { npmPeers, ours, type Peer } from './evasion/peers.ts';
import { chooseTexts, type Texts, threatPool } from './evasion/texts.ts';
import type { Transform } from './evasion/transform.ts';
import { PLAIN, TRANSFORMS } from './evasion/transforms.ts';

const LOST_AT_MOST = 5;
const RAISED_AT_MOST = 1;

interface Table {
  readonly setting: Setting;
  readonly carriersFlagged?: readonly number[];
  readonly lines: readonly Line[];
}

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    misses: { type: 'string' },
    'no-peers': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const pool = threatPool();
if (pool === undefined) {
  console.log(
    'eval:evasion skipped: no threats/dev.jsonl.gz with threats/authored under M2M_DATA (default ../shared/data)',
  );
} else {
  await main(pool);
}

async function main(folder: string): Promise<void> {
  const texts = chooseTexts(folder);
  const transforms = chosen(flags.misses ?? flags.only);
  const installed = flags['no-peers'] || flags.misses !== undefined ? { peers: [], notes: [] } : await npmPeers();
  const peers = [ours(), ...installed.peers];
  describe(texts, transforms, [...texts.notes, ...installed.notes]);

  const started = performance.now();
  const tables: Table[] = [];
  for (const setting of ['whole', 'carrier'] as const) {
    const bench = new Bench(texts, peers, setting);
    const lines: Line[] = [];
    for (const transform of [PLAIN, ...transforms]) lines.push(await bench.line(transform));
    const table = {
      setting,
      lines,
      ...(setting === 'carrier' ? { carriersFlagged: await bench.carriersFlagged() } : {}),
    };
    tables.push(table);
    if (flags.misses === undefined) print(table, peers);
    else list(table);
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`\n${seconds.toFixed(0)} s, Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown CPU'}`);
  if (flags.json) console.log(JSON.stringify(summary(texts, tables)));
}

/** @param names  comma-separated; undefined means all */
function chosen(names: string | undefined): readonly Transform[] {
  if (names === undefined) return TRANSFORMS;
  return names.split(',').map((name) => {
    const found = TRANSFORMS.find((transform) => transform.name === name);
    if (found) return found;
    console.error(`eval:evasion: no transform "${name}"; there are ${TRANSFORMS.map((t) => t.name).join(', ')}`);
    return process.exit(2);
  });
}

function describe(texts: Texts, transforms: readonly Transform[], notes: readonly string[]): void {
  const by = new Map<string, number>();
  for (const { label } of texts.attacks) by.set(label, (by.get(label) ?? 0) + 1);
  const categories = [...by].map(([label, count]) => `${count} ${label}`).join(', ');
  console.log(
    `${texts.attacks.length} attacks (${categories}), ${texts.benign.length} benign, ${transforms.length} transforms`,
  );
  for (const note of notes) console.log(`note: ${note}`);
}

/** The goals that our scanner misses in this row. */
function failures({ scores }: Line): string[] {
  const own = scores[0]!;
  return [
    ...(own.lost > LOST_AT_MOST ? [`loses ${own.lost.toFixed(1)}`] : []),
    ...(own.raised > RAISED_AT_MOST ? [`raises ${own.raised.toFixed(1)}`] : []),
  ];
}

function print({ setting, lines, carriersFlagged }: Table, peers: readonly Peer[]): void {
  const inside =
    setting === 'whole' ? 'the whole text transformed' : 'inside a benign carrier, only the insert transformed';
  console.log(
    `\n${inside}; percent of texts flagged; lost and raised are points against the same texts plain; peers: recall/false`,
  );
  const others = peers.slice(1);
  const head = [
    'transform'.padEnd(22),
    'attacks',
    ' plain',
    'recall',
    '  lost',
    '| benign',
    ' plain',
    ' false',
    'raised',
  ];
  console.log([...head, ...others.map((peer) => `| ${peer.name}`)].join(' '));
  const cell = (value: number, width = 6): string => value.toFixed(1).padStart(width);
  for (const line of lines) {
    const own = line.scores[0]!;
    const columns = [
      line.transform.padEnd(22),
      String(line.attacks).padStart(7),
      ...[own.plainRecall, own.recall, own.lost].map((value) => cell(value)),
      `| ${String(line.benign).padStart(6)}`,
      ...[own.plainFalse, own.false, own.raised].map((value) => cell(value)),
    ];
    for (const [i, score] of line.scores.slice(1).entries()) {
      columns.push(`| ${`${score.recall.toFixed(0)}/${score.false.toFixed(0)}`.padStart(others[i]!.name.length)}`);
    }
    console.log([...columns, ...failures(line).map((failure) => ` FAIL ${failure}`)].join(' '));
  }
  if (carriersFlagged) {
    const shares = carriersFlagged.map((share, i) => `${peers[i]!.name} ${share.toFixed(1)}`);
    console.log(`empty carriers flagged, percent: ${shares.join(', ')}`);
  }
  const failed = lines.filter((line) => failures(line).length > 0);
  const worst = (of: (line: Line) => number): number => Math.max(...lines.map(of));
  console.log(
    `goal: at most ${LOST_AT_MOST} points lost (worst ${worst((l) => l.scores[0]!.lost).toFixed(1)}), at most ${RAISED_AT_MOST} raised ` +
      `(worst ${worst((l) => l.scores[0]!.raised).toFixed(1)}): ${lines.length - failed.length} of ${lines.length} rows hold`,
  );
}

/** For those who repair a row: which texts changed sides. */
function list({ setting, lines }: Table): void {
  for (const line of lines) {
    const own = line.scores[0]!;
    console.log(`\n${line.transform}, ${setting}: lost ${own.lost.toFixed(1)} points, raised ${own.raised.toFixed(1)}`);
    for (const { sample, shown } of line.changed) {
      console.log(
        `${sample.label === 'benign' ? 'RAISED' : 'LOST  '} ${sample.id} ${sample.label} role ${sample.role ?? '-'}`,
      );
      console.log(`       ${JSON.stringify(sample.text.slice(0, 240))}`);
      console.log(`       ${JSON.stringify(shown.slice(0, 240))}`);
    }
  }
}

function summary(texts: Texts, tables: readonly Table[]): object {
  return {
    bench: 'evasion',
    attacks: texts.attacks.length,
    benign: texts.benign.length,
    goals: { lost: LOST_AT_MOST, raised: RAISED_AT_MOST },
    tables: tables.map(({ setting, lines, carriersFlagged }) => ({
      setting,
      carriersFlagged,
      failed: lines.filter((line) => failures(line).length > 0).map((line) => line.transform),
      lines: lines.map(({ changed, ...line }) => ({ ...line, changed: changed.map(({ sample }) => sample.id) })),
    })),
  };
}
