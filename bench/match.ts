/**
 * What the rules cost a text in which they find nothing: `node bench/match.ts [--json]`. For two kilobytes of the traffic
 * sample: how often a pattern is tried, by what was asked before, and the time of each step.
 */
import { match } from '../security/match.ts';
import { normalize } from '../security/normalize/index.ts';
import type { View } from '../security/normalize/view.ts';
import { branchesOf } from '../security/rules/branches.ts';
import { rules } from '../security/rules/index.ts';
import { rank } from '../security/score.ts';
import { pairKey, readWords } from '../security/words.ts';
import { requests } from './proxy/bodies.ts';

const ROUNDS = 25;
const views: readonly View[] = requests.distinct
  .flatMap((body) => (JSON.parse(body) as { messages: { content: string }[] }).messages)
  .map(({ content }) => normalize(content).views[0]!);
const size = views.reduce((sum, view) => sum + view.text.length, 0);

/** Attempts by the first word of a rule alone, by one of its alternatives, and those that really run, for 2,000 characters. */
function attempts(): { words: number; pairs: number; tried: number } {
  const { single, pairs, begins, all } = branchesOf(rules);
  let words = 0;
  let paired = 0;
  for (const { text } of views) {
    const { count, ids } = readWords(text);
    for (let i = 0; i < count; i++) {
      if ((begins[ids[i]!] ?? 0) !== 0) words++;
      paired += single[ids[i]!]?.length ?? 0;
      if (i + 1 < count) paired += pairs.find(pairKey(ids[i]!, ids[i + 1]!))?.length ?? 0;
    }
  }
  let tried = 0;
  const originals = all.map(({ sticky }) => sticky.test);
  for (const { sticky } of all) {
    sticky.test = (text) => {
      tried++;
      return RegExp.prototype.test.call(sticky, text);
    };
  }
  for (const view of views) match(view, rules, 'user');
  all.forEach(({ sticky }, i) => {
    sticky.test = originals[i]!;
  });
  const per = (count: number): number => (count * 2000) / size;
  return { words: per(words), pairs: per(paired), tried: per(tried) };
}

/** Microseconds for 2,000 characters. */
function microseconds(step: (view: View) => unknown): number {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    for (const view of views) step(view);
    times.push(((performance.now() - started) * 1000 * 2000) / size);
  }
  return times.sort((a, b) => a - b)[ROUNDS >> 1]!;
}

const counts = attempts();
const time = {
  words: microseconds(({ text }) => readWords(text)),
  match: microseconds((view) => match(view, rules, 'user')),
  rank: microseconds(({ text }) => rank(text)),
};
process.stdout.write(
  `${[
    `match, ${rules.length} rules, ${branchesOf(rules).all.length} alternatives, a text of 2,000 characters`,
    `places where a rule can begin   ${counts.words.toFixed(0)}`,
    `alternatives that begin there   ${counts.pairs.toFixed(0)}`,
    `patterns tried                  ${counts.tried.toFixed(0)}`,
    `words read                      ${time.words.toFixed(1)} µs`,
    `words read and rules matched    ${time.match.toFixed(1)} µs`,
    `words read and ranked           ${time.rank.toFixed(1)} µs`,
  ].join('\n')}\n`,
);
if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ bench: 'match', rules: rules.length, counts, microseconds: time })}\n`);
}
