/**
 * Rules × one view → hits. One pass over the view's characters folds each word into a rolling hash and looks it up in
 * a table of all the words that a rule can begin with; a rule's pattern is tried only at such a word, sticky, and never
 * runs over the text. A clean text therefore costs one pass (bench/eval-rules.ts prints the time).
 */

import { mentioned } from './mention.ts';
import type { View } from './normalize/view.ts';
import { firstWords } from './rules/first-words.ts';
import type { Hit, Rule } from './rules/rule.ts';
import type { Role } from './verdict.ts';
import { eachWord, hashWord, WordTable } from './word-table.ts';

/** No match is longer (UTF-16 units of the view): a stream that holds back this much judges as the whole text does. */
export const MAX_MATCH = 600;

/** Hits reported for one rule in one view; more say nothing new. */
const HITS_PER_RULE = 4;
/** Hits reported for one view, strongest first. */
const HITS_PER_VIEW = 24;

/**
 * Every place where a rule that counts for this role and this kind of view matches, strongest first.
 *
 * @param role  who said it; undefined weighs as `unknown`
 */
export function match(view: View, rules: readonly Rule[], role?: Role): Hit[] {
  const compiled = compile(rules);
  const found: Hit[] = [];
  compiled.round++;
  const { table, round } = compiled;
  const pages = eachWord(view.text, (hash, at) => {
    const ids = table.find(hash);
    if (ids !== undefined) for (const id of ids) attempt(compiled.rules[id]!, round, view, role, at, found);
  });
  for (const { word, ids, page } of compiled.stems) {
    if (pages[page] === 0) continue;
    for (let at = view.text.indexOf(word); at !== -1; at = view.text.indexOf(word, at + 1)) {
      for (const id of ids) attempt(compiled.rules[id]!, round, view, role, at, found);
    }
  }
  if (found.length > 1) found.sort((a, b) => b.weight - a.weight || a.start - b.start);
  return found.length > HITS_PER_VIEW ? found.slice(0, HITS_PER_VIEW) : found;
}

/** What a rule weighs in such a view from such a speaker; 0 where it does not count. */
export function weigh(rule: Rule, hidden: boolean, role: Role | undefined): number {
  if (rule.on === 'hidden' && !hidden) return 0;
  if (rule.on === 'plain' && hidden) return 0;
  const plain = rule.roleWeight?.[role ?? 'unknown'] ?? rule.weight;
  return hidden ? Math.max(plain, rule.hiddenWeight ?? 0) : plain;
}

function attempt(own: Compiled, round: number, view: View, role: Role | undefined, at: number, found: Hit[]): void {
  if (own.round !== round) {
    own.round = round;
    own.weight = weigh(own.rule, view.hidden, role);
    own.count = 0;
    own.end = 0;
  }
  if (own.weight === 0 || own.count === HITS_PER_RULE || at < own.end) return;
  own.sticky.lastIndex = at;
  if (!own.sticky.test(view.text) || own.sticky.lastIndex - at > MAX_MATCH) return;
  own.end = own.sticky.lastIndex;
  own.count++;
  const { mentionWeight } = own.rule;
  const quiet = mentionWeight !== undefined && mentionWeight < own.weight && mentioned(view.text, at);
  found.push({ rule: own.rule, weight: quiet ? mentionWeight : own.weight, start: at, end: own.end });
}

/** A rule and its progress through the view of the current round; kept here because a map for each view cost a third of the time. */
interface Compiled {
  readonly rule: Rule;
  readonly sticky: RegExp;
  round: number;
  weight: number;
  count: number;
  end: number;
}

interface Stem {
  readonly word: string;
  readonly ids: readonly number[];
  /** The 256-character page of its highest character; the view must use it. */
  readonly page: number;
}

interface CompiledRules {
  readonly rules: readonly Compiled[];
  readonly table: WordTable<readonly number[]>;
  readonly stems: readonly Stem[];
  round: number;
}

const compiledOf = new WeakMap<readonly Rule[], CompiledRules>();

function compile(rules: readonly Rule[]): CompiledRules {
  const known = compiledOf.get(rules);
  if (known) return known;
  const words = new Map<string, number[]>();
  rules.forEach((rule, id) => {
    for (const word of firstWords(rule.pattern)) words.set(word, [...(words.get(word) ?? []), id]);
  });
  const latin = [...words].filter(([word]) => isLatin(word));
  const fresh: CompiledRules = {
    rules: rules.map((rule) => ({
      rule,
      sticky: new RegExp(rule.pattern.source, `${rule.pattern.flags}y`),
      round: 0,
      weight: 0,
      count: 0,
      end: 0,
    })),
    round: 0,
    table: wordTable(latin),
    stems: [...words]
      .filter(([word]) => !isLatin(word))
      .map(([word, ids]) => ({ word, ids, page: Math.max(...[...word].map((c) => c.charCodeAt(0) >> 8)) })),
  };
  compiledOf.set(rules, fresh);
  return fresh;
}

function isLatin(word: string): boolean {
  return /^[a-z0-9]+$/u.test(word);
}

/** Two words with one hash share their rules: a pattern is then tried in vain, and nothing is missed. */
function wordTable(words: readonly (readonly [string, readonly number[]])[]): WordTable<readonly number[]> {
  const entries = new Map<number, readonly number[]>();
  for (const [word, ids] of words) {
    const hash = hashWord(word);
    entries.set(hash, [...(entries.get(hash) ?? []), ...ids]);
  }
  return new WordTable(entries);
}
