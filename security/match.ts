/**
 * Rules × one view → hits. The view's words are read once (words.ts); a branch of a rule is tried only at a word, or at
 * two, that it can begin with, and only where the words that it needs stand within reach. Its pattern is sticky and never
 * runs over the text. A clean text therefore costs one pass and some ten attempts a kilobyte (bench/match.ts).
 */

import { mentioned } from './mention.ts';
import type { View } from './normalize/view.ts';
import {
  ALONE,
  type Branch,
  type Branches,
  branchesOf,
  IN_PAIR,
  MAX_MATCH,
  NEEDS,
  NO_CLAUSE,
  SIGN_BIT,
} from './rules/branches.ts';
import type { Hit, Rule } from './rules/rule.ts';
import type { Role } from './verdict.ts';
import { pairKey, readWords, type Words } from './words.ts';

export { MAX_MATCH };

/** Needed words are looked for by blocks of 2⁷ characters. */
const BLOCK_BITS = 7;
const NO_BRANCHES: readonly number[] = [];
/** Blocks of the view at hand; a fresh array for each view cost as much as filling it. */
let scratch: Int32Array = new Int32Array(1024);

/**
 * Every place where a rule that counts for this role and this kind of view matches, strongest first.
 *
 * @param role  who said it; undefined weighs as `unknown`
 */
export function match(view: View, rules: readonly Rule[], role?: Role): Hit[] {
  const { found } = new Matching(view, branchesOf(rules), role).run();
  if (found.length > 1) found.sort((a, b) => b.weight - a.weight || a.start - b.start);
  return found;
}

interface Place {
  readonly at: number;
  readonly branches: readonly number[];
}

const NO_PLACES: readonly Place[] = [];

class Matching {
  readonly found: Hit[] = [];
  readonly #view: View;
  readonly #branches: Branches;
  readonly #role: Role | undefined;
  readonly #words: Words;
  /** The clauses that are met in each block; made when the first branch asks. */
  #met: Int32Array | undefined;

  constructor(view: View, branches: Branches, role: Role | undefined) {
    this.#view = view;
    this.#branches = branches;
    this.#role = role;
    this.#words = readWords(view.text);
    branches.round++;
  }

  run(): this {
    const { single, begins, pairs } = this.#branches;
    const { count, ids, starts } = this.#words;
    const stems = this.#stems();
    let stem = 0;
    for (let i = 0; i < count; i++) {
      const id = ids[i]!;
      const begin = begins[id] ?? 0;
      if (begin === 0) continue;
      const alone = (begin & ALONE) === 0 ? undefined : single[id];
      const next = i + 1 < count ? ids[i + 1]! : 0;
      const both = next === 0 || (begin & IN_PAIR) === 0 ? undefined : pairs.find(pairKey(id, next));
      if (alone === undefined && both === undefined) continue;
      for (; stem < stems.length && stems[stem]!.at < starts[i]!; stem++) this.#stem(stems[stem]!);
      this.#attempts(alone ?? NO_BRANCHES, both ?? NO_BRANCHES, starts[i]!);
    }
    for (; stem < stems.length; stem++) this.#stem(stems[stem]!);
    return this;
  }

  /** Where stems of other scripts stand, in the order of the text: a hit hides the later ones that begin inside it. */
  #stems(): readonly Place[] {
    const { text } = this.#view;
    const { pages, foreign } = this.#words;
    if (!foreign) return NO_PLACES;
    const found: Place[] = [];
    for (const { word, branches, page } of this.#branches.stems) {
      if (pages[page] === 0) continue;
      for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) found.push({ at, branches });
    }
    return found.length > 1 ? found.sort((a, b) => a.at - b.at || a.branches[0]! - b.branches[0]!) : found;
  }

  #stem({ at, branches }: Place): void {
    this.#attempts(branches, NO_BRANCHES, at);
  }

  /** Two rising lists as one: the branches of a rule are tried in the order that its pattern has them. */
  #attempts(a: readonly number[], b: readonly number[], at: number): void {
    for (let i = 0, j = 0; i < a.length || j < b.length; ) {
      const branch = j === b.length || (i < a.length && a[i]! <= b[j]!) ? a[i]! : b[j]!;
      if (i < a.length && a[i] === branch) i++;
      if (j < b.length && b[j] === branch) j++;
      if (this.#possible(branch, at)) this.#attempt(this.#branches.all[branch]!, at);
    }
  }

  /** Whether the words and signs that a branch needs stand within its reach. */
  #possible(branch: number, at: number): boolean {
    const { needs } = this.#branches;
    const row = NEEDS * branch;
    const reach = needs[row]!;
    const first = needs[row + 1]!;
    if (first !== 0 && !this.#meets(first - 1, at, reach)) return false;
    const second = needs[row + 2]!;
    if (second !== 0 && !this.#meets(second - 1, at, reach)) return false;
    const behind = needs[row + 5]!;
    if (behind !== 0 && !this.#hasSign(behind, Math.max(0, at - needs[row + 4]!), at)) return false;
    const signs = needs[row + 3]!;
    return signs === 0 || this.#hasSign(signs, at, at + reach);
  }

  #hasSign(signs: number, start: number, end: number): boolean {
    const { text } = this.#view;
    const last = Math.min(end, text.length);
    for (let i = start; i < last; i++) {
      const code = text.charCodeAt(i);
      if (code < 128 && (SIGN_BIT[code]! & signs) !== 0) return true;
    }
    return false;
  }

  #meets(clause: number, at: number, reach: number): boolean {
    // A word with a letter outside ASCII is no word for `\\b` but one for the table: nothing can be ruled out there.
    if (this.#words.accents) return true;
    this.#met ??= this.#blocks();
    const met = this.#met;
    const { width } = this.#branches.clauses;
    const bit = 1 << (clause & 31);
    const last = (Math.min(at + reach, this.#view.text.length) >> BLOCK_BITS) * width + (clause >> 5);
    for (let i = (at >> BLOCK_BITS) * width + (clause >> 5); i <= last; i += width) {
      if ((met[i]! & bit) !== 0) return true;
    }
    return false;
  }

  #attempt({ own, sticky }: Branch, at: number): void {
    const { round } = this.#branches;
    const { text, hidden } = this.#view;
    if (own.round !== round) {
      own.round = round;
      own.weight = weigh(own.rule, hidden, this.#role);
      own.end = 0;
    }
    if (own.weight === 0 || at < own.end) return;
    sticky.lastIndex = at;
    if (!sticky.test(text) || sticky.lastIndex - at > MAX_MATCH) return;
    const end = sticky.lastIndex;
    const { mentionWeight } = own.rule;
    const quiet = mentionWeight !== undefined && mentionWeight < own.weight && mentioned(text, at);
    // What is quoted hides nothing that is said inside it.
    if (!quiet) own.end = end;
    this.found.push({ rule: own.rule, weight: quiet ? mentionWeight : own.weight, start: at, end });
  }

  #blocks(): Int32Array {
    const { width, from, met: lists } = this.#branches.clauses;
    const { count, ids, starts } = this.#words;
    const { text } = this.#view;
    const size = ((text.length >> BLOCK_BITS) + 1) * width;
    if (scratch.length < size) scratch = new Int32Array(2 * size);
    const met = scratch.fill(0, 0, size);
    for (let i = 0; i < count; i++) {
      const id = ids[i]!;
      // Words that were registered after the rules were compiled mean nothing to them.
      if (id === 0 || id >= from.length || from[id] === 0) continue;
      const to = (starts[i]! >> BLOCK_BITS) * width;
      for (let k = from[id]!; ; k++) {
        const clause = lists[k]!;
        if (clause === NO_CLAUSE) break;
        met[to + (clause >> 5)]! |= 1 << (clause & 31);
      }
    }
    return met;
  }
}

/** What a rule weighs in such a view from such a speaker; 0 where it does not count. */
export function weigh(rule: Rule, hidden: boolean, role: Role | undefined): number {
  if (rule.on === 'hidden' && !hidden) return 0;
  if (rule.on === 'plain' && hidden) return 0;
  const plain = rule.roleWeight?.[role ?? 'unknown'] ?? rule.weight;
  return hidden ? Math.max(plain, rule.hiddenWeight ?? 0) : plain;
}
