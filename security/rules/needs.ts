/**
 * A pattern → the words without which it cannot match: what is asked before a regular expression runs. After the idea
 * of required factors (Cox, "Regular Expression Matching with a Trigram Index", 2012; RE2's FilteredRE2), with whole
 * words in place of trigrams, because the words of a view are looked up in a table anyway.
 */
import type { Node } from './syntax.ts';

/** One of these words must stand in the match. */
export type Clause = ReadonlySet<string>;
/** All of these. */
export type Needs = readonly Clause[];

/** More readings of a stretch than this are not told apart. */
const MOST_READINGS = 400;

/** A blank stands for what is no letter, `|` for the edge of a word, `?` for anything at all. */
interface Reading {
  readonly readings: ReadonlySet<string>;
  readonly clauses: readonly Clause[];
}

/** What a pattern needs; an empty list where it needs nothing in particular. */
export function needsOf(tree: Node): Needs {
  const { readings, clauses } = concatenated([exactly('|'), read(tree)]);
  return distinct([...clauses, ...clausesOf(readings)]).sort((a, b) => cost(a) - cost(b));
}

function read(node: Node): Reading {
  switch (node.type) {
    case 'letters':
      return exactly(...node.letters.map((letter) => (letter === '@' ? ' @ ' : letter)));
    case 'apart':
      return exactly(' ');
    case 'any':
      return exactly('?');
    case 'edge':
      return exactly('|');
    case 'look':
      return node.negative && beginsWithWord(node.part, node.ahead) ? exactly('|') : exactly('');
    case 'sequence':
      return concatenated(node.parts.map(read));
    case 'choice':
      return chosen(node.parts.map(read));
    case 'times':
      return repeated(read(node.part), node.least, node.most);
  }
}

function exactly(...readings: readonly string[]): Reading {
  return { readings: new Set(readings), clauses: [] };
}

/** `(?!\w…)` and `(?<!\w)`: no letter stands here. */
function beginsWithWord(node: Node, _ahead: boolean): boolean {
  if (node.type === 'choice') return node.parts.some((part) => beginsWithWord(part, _ahead));
  return node.type === 'any';
}

function concatenated(parts: readonly Reading[]): Reading {
  let readings: ReadonlySet<string> = new Set(['']);
  const clauses: Clause[] = [];
  for (const part of parts) {
    clauses.push(...part.clauses);
    if (readings.size * part.readings.size > MOST_READINGS) {
      clauses.push(...clausesOf(withEnd(readings, '?')));
      readings = new Set([isApart([...readings].map((reading) => reading.at(-1))) ? ' ' : '?']);
    }
    if (readings.size * part.readings.size > MOST_READINGS) {
      clauses.push(...clausesOf(part.readings, '?'));
      readings = new Set([isApart([...part.readings].map((reading) => reading.at(-1))) ? '? ' : '?']);
      continue;
    }
    const joined = new Set<string>();
    for (const before of readings) for (const after of part.readings) joined.add(shortened(before + after));
    readings = joined;
  }
  return { readings, clauses };
}

/** Complete words in the middle stay; runs of marks become one. */
function shortened(reading: string): string {
  return reading.replace(/\?[?]+/gu, '?').replace(/ [ |]+|\|[ |]+/gu, ' ');
}

function withEnd(readings: ReadonlySet<string>, end: string): Set<string> {
  return new Set([...readings].map((reading) => reading + end));
}

function isApart(ends: readonly (string | undefined)[]): boolean {
  return ends.every((end) => end === ' ' || end === '|');
}

function chosen(parts: readonly Reading[]): Reading {
  const total = parts.reduce((sum, { readings }) => sum + readings.size, 0);
  if (total <= MOST_READINGS && parts.every(({ clauses }) => clauses.length === 0)) {
    return { readings: new Set(parts.flatMap(({ readings }) => [...readings])), clauses: [] };
  }
  const begins = isApart(parts.flatMap(({ readings }) => [...readings].map((r) => r[0])));
  const ends = isApart(parts.flatMap(({ readings }) => [...readings].map((r) => r.at(-1))));
  const best = parts.map(({ readings, clauses }) => cheapest([...clauses, ...clausesOf(readings, '?')]));
  const clauses = best.every((clause) => clause !== undefined) ? [new Set(best.flatMap((clause) => [...clause!]))] : [];
  return { readings: new Set([`${begins ? ' ' : ''}?${ends ? ' ' : ''}`]), clauses };
}

function repeated(part: Reading, least: number, most: number): Reading {
  if (least > 0) {
    const rest = most > least || least > 1 ? repeated(part, 0, most - 1) : exactly('');
    return concatenated([part, { ...rest, clauses: [] }]);
  }
  const ones = [...part.readings];
  if (most === 1 && part.clauses.length === 0) return { readings: new Set(['', ...ones]), clauses: [] };
  if (ones.every((one) => one === ' ')) return exactly('', ' ');
  if (ones.includes('?')) return exactly('?');
  const begins = isApart(ones.map((one) => one[0]));
  const ends = isApart(ones.map((one) => one.at(-1)));
  return exactly('', `${begins ? ' ' : ''}?${ends ? ' ' : ''}`);
}

/** One clause of the longest complete word of each reading, if each has one. */
function clausesOf(readings: ReadonlySet<string>, around = ''): Clause[] {
  const words = new Set<string>();
  for (const reading of readings) {
    const found = [...`${around}${reading}${around}`.matchAll(/(?<=[ |])[^ |?]+(?=[ |])/gu)].map(([word]) => word);
    if (found.length === 0) return [];
    words.add(found.reduce((a, b) => (b.length > a.length ? b : a)));
  }
  return words.size === 0 ? [] : [words];
}

function cheapest(clauses: readonly Clause[]): Clause | undefined {
  return [...clauses].sort((a, b) => cost(a) - cost(b))[0];
}

/** How often a text has one of the words, roughly. */
function cost(clause: Clause): number {
  let sum = 0;
  for (const word of clause) sum += 1 / word.length ** 2;
  return sum;
}

function distinct(clauses: readonly Clause[]): Clause[] {
  const seen = new Map(clauses.map((clause) => [[...clause].sort().join(' '), clause]));
  return [...seen.values()];
}
