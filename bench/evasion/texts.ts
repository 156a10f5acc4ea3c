/**
 * The texts of the evasion table, chosen from the threat pool by a fixed seed: attacks of all four categories, benign
 * texts, and the pool's own encodings. dev.jsonl gives rows without a role, authored/ gives rows with one.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CATEGORIES, type Category, type Label, ROLES, type Role } from '../../security/verdict.ts';
import { seeded, shuffled } from './random.ts';

export interface Sample {
  /** The row's own id, or file and line of an authored text. */
  readonly id: string;
  readonly text: string;
  readonly label: Label;
  readonly role?: Role;
  /** The row is an encoded text already, so that only exact transforms apply to it. */
  readonly encoded: boolean;
}

export interface Texts {
  readonly attacks: readonly Sample[];
  readonly benign: readonly Sample[];
  /** What was left out and why, for people. */
  readonly notes: readonly string[];
}

interface Row {
  readonly id: string;
  readonly text: string;
  readonly label: Label;
  readonly kind: string;
  readonly role?: Role;
  readonly sub?: string;
  readonly source: string;
}

const SEED = 'evasion-1';
/** How many of each, ASCII and other, from each of the two pools. */
const ATTACKS: Readonly<Record<Category, readonly [ascii: number, other: number]>> = {
  prompt_injection: [40, 4],
  jailbreak: [32, 3],
  data_exfiltration: [32, 3],
  malformed: [20, 0],
};
const BENIGN = [260, 30] as const;
const KINDS = /^(plain|md|secdoc|dialog|assistant|code|system_prompt)$/;
/** Encodings of the pool that are ASCII on the wire and keep case and digits, so that another layer can go on top. */
const LAYERS = /^(base64|base64url|hex|percent|xhex|uesc|entities|binary|rot13|atbash)$/;
const ASCII = /^[\t\n\r -~]*$/;

/** The folder that `M2M_DATA` names, or undefined where this clone has none. */
export function threatPool(): string | undefined {
  const root = resolve(import.meta.dirname, '..', '..', process.env.M2M_DATA ?? '../shared/data', 'threats');
  return existsSync(resolve(root, 'dev.jsonl.gz')) && existsSync(resolve(root, 'authored')) ? root : undefined;
}

/** The texts of the table: the same on every machine that has the pool. */
export function chooseTexts(pool: string): Texts {
  const dev = parse(gunzipSync(readFileSync(resolve(pool, 'dev.jsonl.gz'))).toString('utf8'), 'dev');
  const authored = readdirSync(resolve(pool, 'authored'))
    .filter((file) => file.endsWith('.jsonl'))
    .sort()
    .flatMap((file) => parse(readFileSync(resolve(pool, 'authored', file), 'utf8'), file));
  const devPlain = dev.filter((row) => KINDS.test(row.kind) && moderate(row));
  const written = authored.filter(moderate);

  const attacks = CATEGORIES.flatMap((category) =>
    [devPlain, written].flatMap((rows) =>
      take(rows, category, ATTACKS[category], (row) => category !== 'malformed' || layered(row)),
    ),
  );
  const benign = [devPlain, written].flatMap((rows) => take(rows, 'benign', BENIGN, () => true));
  const broken = dev.filter((row) => row.label === 'malformed' && row.kind === 'broken').length;
  return {
    attacks,
    benign,
    notes: [
      'texts that begin like JSON are left out: a slip in their syntax is a fault of its own, which other suites measure',
      `malformed: ${broken} rows of broken JSON are left out, because encoding them removes the fault itself`,
      'malformed: rows that are encoded already count under exact transforms alone; three layers at most result',
    ],
  };
}

function parse(jsonl: string, file: string): Row[] {
  return jsonl
    .split('\n')
    .filter((line) => line.length > 0)
    .map((line, i) => ({ id: `${file}:${i + 1}`, ...(JSON.parse(line) as Omit<Row, 'id'>) }));
}

/** A message is left out: a slip in its syntax is a fault of its own, and bench/eval-rules.ts and the structure suites have it. */
const moderate = ({ text }: Row): boolean => text.length >= 24 && text.length <= 700 && !/^\s*[[{]/.test(text);
/** Authored rows name their trick in `family`; what is ASCII is an encoded sentence inside a text. */
const layered = (row: Row): boolean => row.sub === undefined || LAYERS.test(row.sub);

function take(
  rows: readonly Row[],
  label: Label,
  [ascii, other]: readonly [number, number],
  fits: (row: Row) => boolean,
): Sample[] {
  const fitting = rows.filter((row) => row.label === label && fits(row));
  return [
    ...choose(
      fitting.filter((row) => ASCII.test(row.text)),
      ascii,
      label,
    ),
    ...choose(
      fitting.filter((row) => !ASCII.test(row.text)),
      other,
      label,
    ),
  ].map(({ id, text, role }) => ({
    id,
    text,
    label,
    encoded: label === 'malformed',
    ...(role !== undefined && ROLES.includes(role) ? { role } : {}),
  }));
}

function choose(rows: readonly Row[], count: number, purpose: string): Row[] {
  return shuffled(rows, seeded(SEED, purpose)).slice(0, count);
}
