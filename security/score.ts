/**
 * A ranking for texts that no rule flags: cue words and pairs (cues.ts) summed in a logistic model. It never decides:
 * its score ends at `CUES_AT_MOST`, below every default threshold, because a sum over a whole text is not local and
 * could not be kept in a stream.
 */
import { BIAS, CUES } from './cues.ts';
import type { Category, Span } from './verdict.ts';
import { PairTable, pairKey, readWords, wordCount, wordId } from './words.ts';

/** The highest score that cues alone can give. */
export const CUES_AT_MOST = 0.49;

export interface Ranked {
  readonly category: Category;
  /** In [0, CUES_AT_MOST]. */
  readonly score: number;
  /** Where the strongest cue stands, in the view. */
  readonly span: Span;
}

interface Cue {
  readonly category: Category | undefined;
  /** In tenths. */
  readonly weight: number;
  /** The text in which it was met last. */
  round: number;
}

interface Cues {
  /** By the number of the word. */
  readonly single: readonly (Cue | undefined)[];
  /** [words] u8: 1 where pairs begin with the word. */
  readonly begins: Uint8Array;
  readonly pairs: PairTable<Cue>;
  /** Texts so far. */
  round: number;
}

let cues: Cues | undefined;

/** How much a folded text sounds like an attack; undefined where no cue speaks for one. */
export function rank(text: string): Ranked | undefined {
  cues ??= readCues();
  const { single, begins, pairs } = cues;
  const { count, ids, starts } = readWords(text);
  const sum = new Sum();
  cues.round++;
  for (let i = 0, before = 0; i < count; i++) {
    const id = ids[i]!;
    if (id !== 0) {
      const cue = single[id];
      if (cue !== undefined) sum.add(cue, starts[i]!, cues.round);
      const pair = before !== 0 && begins[before] === 1 ? pairs.find(pairKey(before, id)) : undefined;
      if (pair !== undefined) sum.add(pair, starts[i]!, cues.round);
    }
    before = id;
  }
  return sum.ranked(text.length);
}

/** Every cue counts once, however often it stands in the text. */
class Sum {
  readonly #sums: Record<Category, number> = { prompt_injection: 0, jailbreak: 0, data_exfiltration: 0, malformed: 0 };
  #total = BIAS;
  #strongest = 0;
  #at = 0;

  add(cue: Cue, start: number, round: number): void {
    if (cue.round === round) return;
    cue.round = round;
    const { category, weight } = cue;
    this.#total += weight;
    if (category === undefined) return;
    this.#sums[category] += weight;
    if (weight > this.#strongest) {
      this.#strongest = weight;
      this.#at = start;
    }
  }

  ranked(length: number): Ranked | undefined {
    if (this.#strongest === 0) return undefined;
    const category = CATEGORIES.reduce((best, c) => (this.#sums[c] > this.#sums[best] ? c : best));
    const score = CUES_AT_MOST / (1 + Math.exp(-this.#total / 10));
    return { category, score, span: [this.#at, Math.min(length, this.#at + 24)] };
  }
}

const CATEGORIES = ['prompt_injection', 'jailbreak', 'data_exfiltration'] as const;

function readCues(): Cues {
  const single: (Cue | undefined)[] = [];
  const pairs = new Map<number, Cue>();
  for (const [label, list] of Object.entries(CUES)) {
    for (const [, word, weight] of list.matchAll(/(\S+) (\d+)/gu)) {
      const [first, second] = word!.split('+').map(wordId);
      const benign = label === 'benign';
      const category = benign ? undefined : (label as Category);
      const cue: Cue = { category, weight: (benign ? -1 : 1) * Number(weight), round: 0 };
      if (second === undefined) single[first!] = cue;
      else pairs.set(pairKey(first!, second), cue);
    }
  }
  const begins = new Uint8Array(wordCount());
  for (const key of pairs.keys()) begins[key >> 16] = 1;
  const dense = Array.from({ length: wordCount() }, (_, id) => single[id]);
  return { round: 0, single: dense, begins, pairs: new PairTable(pairs) };
}
