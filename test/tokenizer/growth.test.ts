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
    const text = unit.repeat(Math.ceil(16_000 / new TextEncoder().encode(unit).length));
    const fourTimes = text.repeat(4);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    // Four times the text against the text four times: both take as long if time is linear, and so lose as much to the
    // neighbours on a busy machine, which gets more rounds. 64 KB at most, for the lists of a longer piece leave the
    // processor's cache, which is a step and no growth; the bench has 100 and 200 KB.
    let whole = Number.POSITIVE_INFINITY;
    let parts = Number.POSITIVE_INFINITY;
    const growth = (): number => 2 * Math.sqrt(whole / parts);
    for (let round = 1; round <= 100 && (round <= 5 || growth() > 2.6); round++) {
      whole = Math.min(
        whole,
        elapsed(() => tokenizer.encode(fourTimes)),
      );
      parts = Math.min(
        parts,
        elapsed(() => {
          for (let i = 0; i < 4; i++) tokenizer.encode(text);
        }),
      );
    }
    expect(growth()).toBeLessThanOrEqual(2.6);
  });

  it('encodes runs of megabytes, at which V8 gives up on the patterns', () => {
    for (const unit of full ? ['中', 'a'] : [' ']) {
      const text = unit.repeat(runs(2 ** 21, 2 ** 22));
      expect(tokenizer.decode(tokenizer.encode(text)) === text).toBe(true);
    }
  });
});

function elapsed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
