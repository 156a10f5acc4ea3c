/**
 * Rules → what match.ts runs: the alternatives of every pattern, each under the words that it can begin with and with
 * the words that it cannot do without. Of some 250 places where one of the rules' first words stands in two kilobytes
 * of prose, 80 are left by the second word and 40 by the needed ones (bench/match.ts).
 */
import { PairTable, pairKey, wordCount, wordId } from '../words.ts';
import { firstWords } from './first-words.ts';
import { type Clause, needsOf } from './needs.ts';
import type { Rule } from './rule.ts';
import { type Node, parsePattern } from './syntax.ts';

/** A rule and its progress through the view of the current round; kept here because a map for each view cost a third of the time. */
export interface Compiled {
  readonly rule: Rule;
  round: number;
  weight: number;
  count: number;
  end: number;
}

/** One alternative of a rule's pattern. */
export interface Branch {
  readonly own: Compiled;
  readonly sticky: RegExp;
  /** Numbers of clauses, at most two; each must have one of its words within reach. */
  readonly needs: readonly number[];
}

export interface Stem {
  readonly word: string;
  readonly branches: readonly number[];
  /** The 256-character page of its highest character; the view must use it. */
  readonly page: number;
}

/** In all lists of branches, those of one rule stand in the order of its pattern. */
export interface Branches {
  readonly all: readonly Branch[];
  /** By the number of the first word. */
  readonly single: readonly (readonly number[] | undefined)[];
  /** [words] u8: 1 where pairs begin with the word. */
  readonly begins: Uint8Array;
  readonly pairs: PairTable<readonly number[]>;
  readonly stems: readonly Stem[];
  /** 32-bit words that hold one bit for every clause. */
  readonly width: number;
  /** [words · width] i32: the clauses that each word meets. */
  readonly meets: Int32Array;
  /** [width] i32: the clauses that an `@` meets. */
  readonly meetsAt: Int32Array;
  round: number;
}

const MOST_NEEDS = 2;
const compiled = new WeakMap<readonly Rule[], Branches>();

/** Compiles a list of rules, once. @throws Error  a pattern that begins with no word; names the rule */
export function branchesOf(rules: readonly Rule[]): Branches {
  const known = compiled.get(rules);
  if (known) return known;
  const fresh = compile(rules);
  compiled.set(rules, fresh);
  return fresh;
}

/** The alternatives of a pattern, as trees with their sources. */
export function alternatives(pattern: RegExp): readonly { readonly tree: Node; readonly source: string }[] {
  const tree = parsePattern(pattern);
  if (tree.type !== 'choice') return [{ tree, source: pattern.source }];
  return tree.parts.map((part, i) => ({ tree: part, source: tree.sources[i]! }));
}

function compile(rules: readonly Rule[]): Branches {
  const all: Branch[] = [];
  const beginnings = new Map<string, number[]>();
  const clauses = new Map<string, { readonly id: number; readonly words: Clause }>();
  for (const rule of rules) {
    const own: Compiled = { rule, round: 0, weight: 0, count: 0, end: 0 };
    for (const { tree, source } of alternatives(rule.pattern)) {
      for (const words of beginningsOf(rule, tree)) {
        beginnings.set(words, [...(beginnings.get(words) ?? []), all.length]);
      }
      const needs = needsOf(tree).filter((clause) => [...clause].every((word) => /^[a-z0-9@]+$/u.test(word)));
      all.push({
        own,
        sticky: new RegExp(source, `${rule.pattern.flags}y`),
        needs: needs.slice(0, MOST_NEEDS).map((words) => {
          const key = [...words].sort().join(' ');
          const clause = clauses.get(key) ?? { id: clauses.size, words };
          clauses.set(key, clause);
          return clause.id;
        }),
      });
    }
  }
  return { all, ...indexed(beginnings), ...masks([...clauses.values()].map(({ words }) => words)), round: 0 };
}

/** The words, one or two with a blank between, that matches of a rule begin with. @throws Error  names the rule */
export function beginnings(rule: Rule): readonly string[] {
  return alternatives(rule.pattern).flatMap(({ tree }) => beginningsOf(rule, tree));
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
  for (const first of firsts) begins[first] = 1;
  return {
    single: Array.from({ length: wordCount() }, (_, id) => single[id]),
    begins,
    pairs: new PairTable(pairs),
    stems,
  };
}

function masks(clauses: readonly Clause[]): Pick<Branches, 'width' | 'meets' | 'meetsAt'> {
  const width = Math.max(1, Math.ceil(clauses.length / 32));
  for (const clause of clauses) for (const word of clause) if (word !== '@') wordId(word);
  const meets = new Int32Array(wordCount() * width);
  const meetsAt = new Int32Array(width);
  clauses.forEach((clause, id) => {
    for (const word of clause) {
      if (word === '@') meetsAt[id >> 5]! |= 1 << (id & 31);
      else meets[wordId(word) * width + (id >> 5)]! |= 1 << (id & 31);
    }
  });
  return { width, meets, meetsAt };
}
