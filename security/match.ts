/**
 * Rules × one view → hits. One pass over the view's characters folds each word into a rolling hash and looks it up in
 * a table of all the words that a rule can begin with; a rule's pattern is tried only at such a word, sticky, and never
 * runs over the text. A clean text therefore costs one pass (bench/eval-rules.ts prints the time).
 */

import { mentioned } from './mention.ts';
import type { View } from './normalize/view.ts';
import { firstWords } from './rules/first-words.ts';
import { foldLatin } from './rules/pattern.ts';
import type { Hit, Rule } from './rules/rule.ts';
import type { Role } from './verdict.ts';

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
  const { pages } = eachWord(view.text, compiled.table, (ids, at) => {
    for (const id of ids) attempt(compiled.rules[id]!, compiled.round, view, role, at, found);
  });
  for (const { word, ids, page } of compiled.stems) {
    if (pages[page] === 0) continue;
    for (let at = view.text.indexOf(word); at !== -1; at = view.text.indexOf(word, at + 1)) {
      for (const id of ids) attempt(compiled.rules[id]!, compiled.round, view, role, at, found);
    }
  }
  if (found.length > 1) found.sort((a, b) => b.weight - a.weight || a.start - b.start);
  return found.length > HITS_PER_VIEW ? found.slice(0, HITS_PER_VIEW) : found;
}

/**
 * The first place at or after `from` where a rule could begin, whether or not it matches there yet; `text.length` where
 * none could. A stream asks this about decoded text that may go on elsewhere.
 *
 * @param text  folded, as in a view
 */
export function firstCue(text: string, from: number, rules: readonly Rule[]): number {
  const { table, stems } = compile(rules);
  const tail = text.slice(from);
  let first = tail.length;
  const { pages } = eachWord(tail, table, (_, at) => {
    first = Math.min(first, at);
  });
  for (const { word, page } of stems) {
    const at = pages[page] === 0 ? -1 : tail.indexOf(word);
    if (at !== -1) first = Math.min(first, at);
  }
  return from + first;
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
  if (!own.sticky.test(view.text)) return;
  own.end = own.sticky.lastIndex;
  own.count++;
  const { mentionWeight } = own.rule;
  const quiet = mentionWeight !== undefined && mentionWeight < own.weight && !view.hidden && mentioned(view.text, at);
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
  readonly table: WordTable;
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
    table: new WordTable(latin),
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

/** Open addressing over 32-bit hashes. Two words with one hash only cost a pattern that does not match. */
class WordTable {
  readonly #mask: number;
  readonly #keys: Int32Array;
  readonly #values: (readonly number[] | undefined)[];

  constructor(words: readonly (readonly [string, readonly number[]])[]) {
    let size = 64;
    while (size < words.length * 8) size *= 2;
    this.#mask = size - 1;
    this.#keys = new Int32Array(size);
    this.#values = new Array(size).fill(undefined);
    for (const [word, ids] of words) {
      let hash = 0;
      for (let i = 0; i < word.length; i++) hash = step(hash, word.charCodeAt(i));
      let slot = hash & this.#mask;
      while (this.#values[slot] !== undefined && this.#keys[slot] !== hash) slot = (slot + 1) & this.#mask;
      this.#keys[slot] = hash;
      this.#values[slot] = [...(this.#values[slot] ?? []), ...ids];
    }
  }

  find(hash: number): readonly number[] | undefined {
    let slot = hash & this.#mask;
    for (let value = this.#values[slot]; value !== undefined; value = this.#values[slot]) {
      if (this.#keys[slot] === hash) return value;
      slot = (slot + 1) & this.#mask;
    }
    return undefined;
  }
}

function step(hash: number, code: number): number {
  const mixed = Math.imul(hash ^ code, 0x01000193);
  return mixed ^ (mixed >>> 15);
}

/** Latin letters and digits → the ASCII code they hash as, 0 for what ends a word. */
const WORD_CODE: Uint8Array = wordCodes();
const WORD_CODES = 0x1f00;

function wordCodes(): Uint8Array {
  const codes = new Uint8Array(0x1f00);
  for (let code = 0; code < codes.length; code++) {
    if (code >= 0x250 && code < 0x1e00) continue;
    const base = foldLatin(String.fromCharCode(code)).charCodeAt(0);
    if ((base >= 97 && base <= 122) || (base >= 48 && base <= 57)) codes[code] = base;
  }
  return codes;
}

/** Calls `found` for each word of the table, with its place; tells which 256-character pages of Unicode the text uses. */
function eachWord(
  text: string,
  table: WordTable,
  found: (ids: readonly number[], at: number) => void,
): { pages: Uint8Array } {
  const pages = new Uint8Array(256);
  const { length } = text;
  let hash = 0;
  let start = -1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    const folded = code < WORD_CODES ? WORD_CODE[code]! : 0;
    if (folded !== 0) {
      if (start === -1) start = i;
      hash = step(hash, folded);
      continue;
    }
    if (code > 0xff) pages[code >> 8] = 1;
    if (start === -1) continue;
    const ids = table.find(hash);
    if (ids !== undefined) found(ids, start);
    hash = 0;
    start = -1;
  }
  if (start !== -1) {
    const ids = table.find(hash);
    if (ids !== undefined) found(ids, start);
  }
  return { pages };
}
