/**
 * Rules → what match.ts runs: the alternatives of every pattern, each under the words that it can begin with and with
 * the words that it cannot do without. Of some 250 places where one of the rules' first words stands in two kilobytes
 * of prose, 80 are left by the second word and 40 by the needed ones (bench/match.ts).
 */
import { PairTable, pairKey, wordCount, wordId } from '../words.ts';
import { firstWords } from './first-words.ts';
import { type Clause, needsOf } from './needs.ts';
import type { Rule } from './rule.ts';
import { longest, type Node, parsePattern, SIGNS } from './syntax.ts';

/** A rule and its progress through the view of the current round; kept here because a map for each view cost a third of the time. */
export interface Compiled {
  readonly rule: Rule;
  round: number;
  weight: number;
  end: number;
}

/** One alternative of a rule's pattern. */
export interface Branch {
  readonly own: Compiled;
  readonly sticky: RegExp;
}

export interface Stem {
  readonly word: string;
  readonly branches: readonly number[];
  /** The 256-character page of its highest character; the view must use it. */
  readonly page: number;
}

/** Which clauses a word meets. */
export interface Clauses {
  /** 32-bit words that hold one bit for every clause. */
  readonly width: number;
  /** [words] u16: where the clauses of a word begin in `met`; 0 where it meets none. */
  readonly from: Uint16Array;
  /** u16: numbers of clauses, each list ended by 65,535. */
  readonly met: Uint16Array;
}

export const NO_CLAUSE = 0xffff;
/** Numbers in a row of `Branches.needs`. */
export const NEEDS = 6;
export const ALONE = 1;
export const IN_PAIR = 2;

/** In all lists of branches, those of one rule stand in the order of its pattern. */
export interface Branches {
  readonly all: readonly Branch[];
  /**
   * [branches · NEEDS] i32: how many characters a match has at most; the numbers, from 1, of up to two clauses that must
   * each have one of its words within this reach; bits of `SIGN_BIT` of which one must stand there; how far to look back
   * for signs, and bits of which one must stand there. Asked of a branch before anything else of it is touched.
   */
  readonly needs: Int32Array;
  /** By the number of the first word. */
  readonly single: readonly (readonly number[] | undefined)[];
  /** [words] u8: ALONE where branches begin with the word, IN_PAIR where pairs do. */
  readonly begins: Uint8Array;
  readonly pairs: PairTable<readonly number[]>;
  readonly stems: readonly Stem[];
  readonly clauses: Clauses;
  round: number;
}

/** No match is longer (UTF-16 units of the view): a stream that holds back this much judges as the whole text does. */
export const MAX_MATCH = 600;

/** [128] i32: one bit for each of `SIGNS`. */
export const SIGN_BIT: Int32Array = new Int32Array(128);
[...SIGNS].forEach((sign, i) => {
  SIGN_BIT[sign.charCodeAt(0)] = 1 << i;
});

/** More alternatives are a list of words, and so are shorter ones. */
const MOST_BRANCHES = 12;
const WORTH_SPLITTING = 40;
const compiled = new WeakMap<readonly Rule[], Branches>();

/** Compiles a list of rules, once. @throws Error  a pattern that begins with no word; names the rule */
export function branchesOf(rules: readonly Rule[]): Branches {
  const known = compiled.get(rules);
  if (known) return known;
  const fresh = compile(rules);
  compiled.set(rules, fresh);
  return fresh;
}

interface Alternative {
  readonly tree: Node;
  readonly source: string;
}

/** The alternatives of a pattern in its order, as trees with their sources. `(?:a|b)c` has two of them: `ac` and `bc`. */
export function alternatives(pattern: RegExp): readonly Alternative[] {
  return split({ tree: parsePattern(pattern), source: pattern.source });
}

function split(whole: Alternative): readonly Alternative[] {
  const { tree } = whole;
  if (tree.type === 'choice') return tree.parts.map((part, i) => ({ tree: part, source: tree.sources[i]! }));
  if (tree.type !== 'sequence') return [whole];
  const at = tree.parts.findIndex(({ type }) => type !== 'look');
  const first = tree.parts[at];
  if (first?.type !== 'choice' || first.parts.length > MOST_BRANCHES || longest(first) < WORTH_SPLITTING)
    return [whole];
  return first.parts.map((part, i) => {
    const sources = tree.sources.with(at, `(?:${first.sources[i]!})`);
    return { tree: { ...tree, parts: tree.parts.with(at, part), sources }, source: sources.join('') };
  });
}

function compile(rules: readonly Rule[]): Branches {
  const all: Branch[] = [];
  const beginnings = new Map<string, number[]>();
  const clauses = new Map<string, { readonly words: Clause; readonly id: number }>();
  const needs: number[] = [];
  const numberOf = (clause: Clause): number => {
    const key = [...clause].sort().join(' ');
    const known = clauses.get(key) ?? { words: clause, id: clauses.size };
    clauses.set(key, known);
    return known.id;
  };
  for (const rule of rules) {
    const progress: Compiled = { rule, round: 0, weight: 0, end: 0 };
    for (const { tree, source } of alternatives(rule.pattern)) {
      for (const words of beginningsOf(rule, tree)) {
        beginnings.set(words, [...(beginnings.get(words) ?? []), all.length]);
      }
      needs.push(...needsAt(tree, beginningsOf(rule, tree), numberOf));
      all.push({ own: progress, sticky: new RegExp(source, `${rule.pattern.flags}y`) });
    }
  }
  return {
    all,
    needs: Int32Array.from(needs),
    ...indexed(beginnings),
    clauses: listed([...clauses.values()].map(({ words }) => words)),
    round: 0,
  };
}

/** The words, one or two with a blank between, that matches of a rule begin with. @throws Error  names the rule */
export function beginnings(rule: Rule): readonly string[] {
  return alternatives(rule.pattern).flatMap(({ tree }) => beginningsOf(rule, tree));
}

/** One row of `Branches.needs`. */
function needsAt(tree: Node, begins: readonly string[], numberOf: (clause: Clause) => number): number[] {
  // That a match begins as it does is known when the branch is asked.
  const known = new Set(begins.flatMap((words) => words.split(' ')));
  const own = needsOf(tree).filter((clause) => ![...clause].every((word) => known.has(word)));
  const words = own.filter((clause) => [...clause].every((word) => /^[a-z0-9]+$/u.test(word)));
  const [first, second] = words.map((clause) => 1 + numberOf(clause));
  const before = tree.type === 'sequence' ? tree.parts[0]! : tree;
  const behind = before.type === 'look' && !before.ahead && !before.negative ? before.part : undefined;
  return [
    Math.min(longest(tree), MAX_MATCH),
    first ?? 0,
    second ?? 0,
    signBits(own),
    ...(behind === undefined ? [0, 0] : [longest(behind), signBits(needsOf(behind))]),
  ];
}

function signBits(clauses: readonly Clause[]): number {
  const signs = clauses.find((clause) => [...clause].every((sign) => SIGNS.includes(sign)));
  return [...(signs ?? [])].reduce((bits, sign) => bits | SIGN_BIT[sign.charCodeAt(0)]!, 0);
}

function beginningsOf(rule: Rule, tree: Node): readonly string[] {
  try {
    return firstWords(tree);
  } catch (error) {
    throw new Error(`rule ${rule.id}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function indexed(
  beginnings: ReadonlyMap<string, readonly number[]>,
): Pick<Branches, 'single' | 'begins' | 'pairs' | 'stems'> {
  const single: (readonly number[] | undefined)[] = [];
  const pairs = new Map<number, readonly number[]>();
  const firsts: number[] = [];
  const stems: Stem[] = [];
  const add = (known: readonly number[] | undefined, more: readonly number[]): readonly number[] =>
    [...new Set([...(known ?? []), ...more])].sort((a, b) => a - b);
  for (const [beginning, branches] of beginnings) {
    if (!/^[a-z0-9]/u.test(beginning)) {
      stems.push({ word: beginning, branches, page: Math.max(...[...beginning].map((c) => c.charCodeAt(0) >> 8)) });
      continue;
    }
    const [first, second] = beginning.split(' ').map(wordId);
    if (second === undefined) single[first!] = add(single[first!], branches);
    else {
      firsts.push(first!);
      pairs.set(pairKey(first!, second), add(pairs.get(pairKey(first!, second)), branches));
    }
  }
  const begins = new Uint8Array(wordCount());
  for (const first of firsts) begins[first]! |= IN_PAIR;
  single.forEach((_, id) => {
    begins[id]! |= ALONE;
  });
  return {
    single: Array.from({ length: wordCount() }, (_, id) => single[id]),
    begins,
    pairs: new PairTable(pairs),
    stems,
  };
}

function listed(clauses: readonly Clause[]): Clauses {
  const byWord = new Map<number, number[]>();
  clauses.forEach((clause, id) => {
    for (const word of clause) {
      const number = wordId(word);
      byWord.set(number, [...(byWord.get(number) ?? []), id]);
    }
  });
  const from = new Uint16Array(wordCount());
  const met: number[] = [NO_CLAUSE];
  for (const [number, ids] of byWord) {
    from[number] = met.length;
    met.push(...ids, NO_CLAUSE);
  }
  return { width: Math.max(1, Math.ceil(clauses.length / 32)), from, met: Uint16Array.from(met) };
}
