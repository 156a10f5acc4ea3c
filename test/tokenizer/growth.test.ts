/**
 * No text is worse than linear: the quadratic encoders take seconds for 8 KB of one letter. Only ratios are tested here,
 * the milliseconds are bench/tokenizer.ts's.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { loadTokenizer, type Tokenizer } from '../../tokenizer/index.ts';
import { full, runs } from '../scale.ts';
import { VOCABULARIES } from './oracles.ts';

const CLASSES = {
  letters: 'a',
  capitals: 'A',
  spaces: ' ',
  newlines: '\n',
  tabs: '\t',
  punctuation: '!',
  digits: '7',
  CJK: '中',
  emoji: '😀',
  'ZWJ sequences': '👩🏽‍💻',
  'combining marks': '\u0301',
  'line ends and spaces': ' \n',
  'caseless letters before capitals': '中AAAA',
  'marks before capitals': '\u0301A',
};

describe.each(VOCABULARIES)('%s', (name) => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(name);
  });

  it.each(Object.entries(CLASSES))('takes at most 2.6 times as long for each doubling of %s', (_, unit) => {
    const text = unit.repeat(Math.ceil(runs(30_000, 100_000) / new TextEncoder().encode(unit).length));
    const fourTimes = text.repeat(4);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    // The least of many, interleaved, is what the work takes; the rest is what the neighbours took, so a busy machine gets
    // more rounds. Two doublings at once, for one may be the step at which the tables leave the processor's cache.
    let once = Number.POSITIVE_INFINITY;
    let four = Number.POSITIVE_INFINITY;
    for (let round = 1; round <= 100; round++) {
      once = Math.min(
        once,
        elapsed(() => tokenizer.encode(text)),
      );
      four = Math.min(
        four,
        elapsed(() => tokenizer.encode(fourTimes)),
      );
      if (round >= 7 && four / once <= 2.6 ** 2) break;
    }
    expect(Math.sqrt(four / once)).toBeLessThanOrEqual(2.6);
  });

  it('encodes runs of megabytes, at which a backtracking pattern overflows', () => {
    for (const unit of full ? [' ', 'a', '\n', '!', '中', 'A'] : [' ']) {
      const text = unit.repeat(2 ** 21);
      expect(tokenizer.decode(tokenizer.encode(text)) === text).toBe(true);
    }
  });
});

function elapsed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
