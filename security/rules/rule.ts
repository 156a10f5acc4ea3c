/**
 * A rule is data: what it looks for, where it counts, how much it weighs, and the texts that prove it.
 * `test/security/rules.test.ts` runs every `hits` and `misses` and times every pattern over growing input.
 */
import type { Category, Role } from '../verdict.ts';

export interface Rule {
  /** Kebab-case, unique over all categories; the `name` of the threats it raises. */
  readonly id: string;
  readonly category: Category;
  /** On the verdict's scale: >= 0.8 blocks by itself, >= 0.5 flags, below only ranks (and adds up, see score.ts). */
  readonly weight: number;
  /** The weight in a hidden view, where nothing is said by accident; `weight` when absent. */
  readonly hiddenWeight?: number;
  /** Overrides by role; a weight of 0 switches the rule off for that role. `unknown` is a text that nobody is named for. */
  readonly roleWeight?: Partial<Record<Role | 'unknown', number>>;
  /** The weight where the words before the match show that it is quoted, forbidden or reported (mention.ts); `weight` when absent. */
  readonly mentionWeight?: number;
  /**
   * Runs on folded view text (lower case), and only where one of the words stands that it can begin with
   * (first-words.ts). No flag but `u`; every repetition bounded, so that a match is at most `MAX_MATCH` long.
   */
  readonly pattern: RegExp;
  /** Where the rule reads: `plain` views only, `hidden` ones only, or any (default). */
  readonly on?: 'any' | 'plain' | 'hidden';
  readonly hits: readonly string[];
  readonly misses: readonly string[];
}

/** One place where a rule matched in a view. */
export interface Hit {
  readonly rule: Rule;
  readonly weight: number;
  /** Into the view's text. */
  readonly start: number;
  readonly end: number;
}
