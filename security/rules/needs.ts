/**
 * A pattern → the words without which it cannot match: what is asked before a regular expression runs. After the idea
 * of required factors (Cox, "Regular Expression Matching with a Trigram Index", 2012; RE2's FilteredRE2), with whole
 * words in place of trigrams, because the words of a view are looked up in a table anyway.
 */
import { COMMON } from '../lexicon.ts';
import { ORDINARY } from '../vocabulary.ts';
import { type Node, SIGNS } from './syntax.ts';

/** One of these words or signs must stand in the match. */
export type Clause = ReadonlySet<string>;
/** All of these. */
export type Needs = readonly Clause[];

/** What ends a word. */
const APART = ` ;${SIGNS}`;
const WORDS = new RegExp(`(?<=[${escaped(APART)}])[^${escaped(APART)}?]+(?=[${escaped(APART)}])`, 'gu');
const SIGN = new RegExp(`[${escaped(SIGNS)}]`, 'gu');
/** More readings of a stretch than this are not told apart. */
const MOST_READINGS = 400;

/** A blank stands for what is neither letter nor sign, `;` for the edge of a word, `?` for anything at all. */
interface Reading {
  readonly readings: ReadonlySet<string>;
  readonly clauses: readonly Clause[];
}

/** What a pattern needs; an empty list where it needs nothing in particular. */
export function needsOf(tree: Node): Needs {
  const { readings, clauses } = read(tree, ' ');
  return distinct([...clauses, ...clausesOf(readings, ' ')]).sort((a, b) => cost(a) - cost(b));
}

/** @param left  what stands before: a blank where it ends every word, `?` where nothing is known of it */
function read(node: Node, left: Left): Reading {
  switch (node.type) {
    case 'letters':
      return exactly(...node.letters);
    case 'signs':
      return exactly(...node.signs);
    case 'apart':
      return exactly(' ');
    case 'any':
      return exactly('?');
    case 'edge':
      return exactly(';');
    case 'look':
      return node.negative && isWord(node.part) ? exactly(';') : exactly('');
    case 'sequence':
      return new Chain(left).all(node.parts.map((part) => (before) => read(part, before)));
    case 'choice':
      return chosen(
        node.parts.map((part) => read(part, left)),
        left,
      );
    case 'times':
      return repeated((before) => read(node.part, before), left, node.least, node.most);
  }
}

type Left = ' ' | '?';
type Part = (left: Left) => Reading;

function exactly(...readings: readonly string[]): Reading {
  return { readings: new Set(readings), clauses: [] };
}

/** `(?!\w…)` and `(?<!\w)`: no letter and no digit stands here. */
function isWord(node: Node): boolean {
  if (node.type === 'choice') return node.parts.some(isWord);
  return node.type === 'any' && node.word === true;
}

/** Parts that follow one another. */
class Chain {
  readonly #clauses: Clause[] = [];
  /** What stands before the readings. */
  #left: Left;
  #readings: ReadonlySet<string> = new Set(['']);

  constructor(left: Left) {
    this.#left = left;
  }

  all(parts: readonly Part[]): Reading {
    for (const part of parts) this.#add(part(this.#before()));
    return { readings: this.#readings, clauses: this.#clauses };
  }

  #add({ readings, clauses }: Reading): void {
    this.#clauses.push(...clauses);
    if (this.#readings.size * readings.size > MOST_READINGS) this.#forget(this.#readings);
    if (this.#readings.size * readings.size > MOST_READINGS) {
      this.#forget(readings);
      return;
    }
    const next = new Set<string>();
    for (const before of this.#readings) for (const after of readings) next.add(joined(before, after));
    this.#readings = next;
  }

  /** Too many readings to go on with: what they need is kept, and how they end. */
  #forget(readings: ReadonlySet<string>): void {
    this.#clauses.push(...clausesOf(readings, readings === this.#readings ? this.#left : this.#before(), '?'));
    this.#left = isApart([...readings].map((reading) => reading.at(-1))) ? ' ' : '?';
    this.#readings = new Set([this.#left]);
  }

  #before(): Left {
    const ends = [...this.#readings].map((reading) => reading.at(-1) ?? this.#left);
    return isApart(ends) ? ' ' : '?';
  }
}

/** Two readings as one; marks that meet become one. */
function joined(before: string, after: string): string {
  const [end, start] = [before.at(-1), after[0]];
  if (end === '?' && start === '?') return before + after.slice(1);
  if ((end === ' ' || end === ';') && (start === ' ' || start === ';')) {
    return end === ' ' ? before + after.slice(1) : before.slice(0, -1) + after;
  }
  return before + after;
}

function isApart(ends: readonly (string | undefined)[]): boolean {
  return ends.every((end) => end !== undefined && APART.includes(end));
}

function chosen(parts: readonly Reading[], left: Left): Reading {
  const total = parts.reduce((sum, { readings }) => sum + readings.size, 0);
  if (total <= MOST_READINGS && parts.every(({ clauses }) => clauses.length === 0)) {
    return { readings: new Set(parts.flatMap(({ readings }) => [...readings])), clauses: [] };
  }
  const begins = isApart(parts.flatMap(({ readings }) => [...readings].map((r) => r[0])));
  const ends = isApart(parts.flatMap(({ readings }) => [...readings].map((r) => r.at(-1))));
  const best = parts.map(({ readings, clauses }) => cheapest([...clauses, ...clausesOf(readings, left, '?')]));
  const clauses = best.every((clause) => clause !== undefined) ? [new Set(best.flatMap((clause) => [...clause!]))] : [];
  return { readings: new Set([`${begins ? ' ' : ''}?${ends ? ' ' : ''}`]), clauses };
}

function repeated(part: Part, left: Left, least: number, most: number): Reading {
  if (least > 0) {
    const rest: Part = (before) =>
      most > least || least > 1 ? { ...repeated(part, before, 0, most - 1), clauses: [] } : exactly('');
    return new Chain(left).all([part, rest]);
  }
  const { readings, clauses } = part('?');
  const ones = [...readings];
  if (most === 1 && clauses.length === 0) return { readings: new Set(['', ...ones]), clauses: [] };
  if (ones.every((one) => one === ' ')) return exactly('', ' ');
  if (ones.includes('?')) return exactly('?');
  const begins = isApart(ones.map((one) => one[0]));
  const ends = isApart(ones.map((one) => one.at(-1)));
  return exactly('', `${begins ? ' ' : ''}?${ends ? ' ' : ''}`);
}

/** Clauses of one complete word of each reading, the rarest or the last, and one of a sign, where each has one. */
function clausesOf(readings: ReadonlySet<string>, left: Left, right = ''): Clause[] {
  const rarest = (found: readonly string[]): string => found.reduce((a, b) => (frequency(b) < frequency(a) ? b : a));
  const last = (found: readonly string[]): string => found.at(-1)!;
  const whole = [...readings].map((reading) => joined(left, reading) + right);
  return [chosenFrom(whole, WORDS, rarest), chosenFrom(whole, WORDS, last), chosenFrom(whole, SIGN, rarest)].filter(
    (clause) => clause !== undefined,
  );
}

function chosenFrom(
  readings: readonly string[],
  sought: RegExp,
  choose: (found: readonly string[]) => string,
): Clause | undefined {
  const clause = new Set<string>();
  for (const reading of readings) {
    const found = reading.match(sought);
    if (found === null) return undefined;
    clause.add(choose(found));
  }
  return clause.size === 0 ? undefined : clause;
}

function cheapest(clauses: readonly Clause[]): Clause | undefined {
  return [...clauses].sort((a, b) => cost(a) - cost(b))[0];
}

/** How often a text has one of the words, roughly. */
function cost(clause: Clause): number {
  let sum = 0;
  for (const word of clause) sum += frequency(word);
  return sum;
}

/** Roughly how many times a word stands in a thousand: no counts, but enough to choose by. */
function frequency(word: string): number {
  if (word.length < 4) return COMMON_WORDS.has(word) || word.length < 3 ? 8 : 0.5;
  return COMMON_WORDS.has(word) ? 1 : 0.1;
}

const COMMON_WORDS: ReadonlySet<string> = new Set([...COMMON, ...ORDINARY]);

function escaped(signs: string): string {
  return signs.replace(/[\\\]^[-]/gu, '\\$&');
}

function distinct(clauses: readonly Clause[]): Clause[] {
  const seen = new Map(clauses.map((clause) => [[...clause].sort().join(' '), clause]));
  return [...seen.values()];
}
