/**
 * A ranking for texts that no rule flags: cue words and pairs (cues.ts) summed in a logistic model. It never decides:
 * its score ends at `CUES_AT_MOST`, below every default threshold, because a sum over a whole text is not local and
 * could not be kept in a stream.
 */
import { BIAS, CUES } from './cues.ts';
import type { Category, Span } from './verdict.ts';
import { eachWord, hashPair, hashWord, WordTable } from './word-table.ts';

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
  readonly index: number;
  readonly category: Category | undefined;
  /** In tenths. */
  readonly weight: number;
}

let table: WordTable<Cue> | undefined;
let cueCount = 0;

/** How much a folded text sounds like an attack; undefined where no cue speaks for one. */
export function rank(text: string): Ranked | undefined {
  table ??= readCues();
  const cues = table;
  const seen = new Uint8Array(cueCount);
  const sums = { prompt_injection: 0, jailbreak: 0, data_exfiltration: 0, malformed: 0 };
  let total = BIAS;
  let strongest = 0;
  let at = 0;
  let before = 0;
  const count = (hash: number, start: number): void => {
    const cue = cues.find(hash);
    if (cue === undefined || seen[cue.index] !== 0) return;
    seen[cue.index] = 1;
    total += cue.weight;
    if (cue.category === undefined) return;
    sums[cue.category] += cue.weight;
    if (cue.weight > strongest) {
      strongest = cue.weight;
      at = start;
    }
  };
  eachWord(text, (hash, start) => {
    count(hash, start);
    if (before !== 0) count(hashPair(before, hash), start);
    before = hash;
  });
  if (strongest === 0) return undefined;
  const category = CATEGORIES.reduce((best, c) => (sums[c] > sums[best] ? c : best));
  return { category, score: CUES_AT_MOST / (1 + Math.exp(-total / 10)), span: [at, Math.min(text.length, at + 24)] };
}

const CATEGORIES = ['prompt_injection', 'jailbreak', 'data_exfiltration'] as const;

function readCues(): WordTable<Cue> {
  const cues = new Map<number, Cue>();
  for (const [label, list] of Object.entries(CUES)) {
    for (const [, word, weight] of list.matchAll(/(\S+) (\d+)/gu)) {
      const [first, second] = word!.split('+');
      const hash = second === undefined ? hashWord(first!) : hashPair(hashWord(first!), hashWord(second));
      const benign = label === 'benign';
      const category = benign ? undefined : (label as Category);
      cues.set(hash, { index: cues.size, category, weight: (benign ? -1 : 1) * Number(weight) });
    }
  }
  cueCount = cues.size;
  return new WordTable(cues);
}
