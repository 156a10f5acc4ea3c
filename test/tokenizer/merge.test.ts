/** The two ways to merge against each other, and the heap against the definition on pieces that are too long for a row. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { mergeHeap, mergeRow } from '../../tokenizer/merge.ts';
import { find, readVocabulary, type Vocabulary } from '../../tokenizer/vocabulary.ts';
import { runs } from '../scale.ts';
import { rankData, VOCABULARIES } from './oracles.ts';

describe.each(VOCABULARIES)('%s', (name) => {
  let vocabulary: Vocabulary;
  beforeAll(async () => {
    vocabulary = readVocabulary(await rankData(name));
  });

  /** Tokens as byte arrays, the least rank first and leftmost: the definition, quadratic. */
  function mergeSlowly(bytes: Uint8Array): number[] {
    const parts = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
    const rank = (part: Uint8Array): number => find(vocabulary, part, 0, part.length);
    for (;;) {
      let best = -1;
      let least = Number.POSITIVE_INFINITY;
      for (let i = 0; i + 1 < parts.length; i++) {
        const found = rank(Uint8Array.of(...parts[i]!, ...parts[i + 1]!));
        if (found >= 0 && found < least) [best, least] = [i, found];
      }
      if (best < 0) return parts.map(rank);
      parts.splice(best, 2, Uint8Array.of(...parts[best]!, ...parts[best + 1]!));
    }
  }

  // Few different bytes give many merges; all bytes give the tails that are no UTF-8.
  const few = fc.constantFrom(0x20, 0x61, 0x65, 0x6e, 0x74, 0x73, 0x0a, 0x2d);
  const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> =>
    fc
      .oneof(
        fc.array(few, { minLength: 1, maxLength, size: 'max' }),
        fc.array(fc.nat(255), { minLength: 1, maxLength, size: 'max' }),
      )
      .map((list) => Uint8Array.from(list));

  it('merges short pieces in a row and in a heap to the same ids', () => {
    fc.assert(
      fc.property(bytes(48), (piece) => {
        const ids = mergeRow(vocabulary, piece);
        expect(mergeHeap(vocabulary, piece)).toEqual(ids);
        expect(ids).toEqual(mergeSlowly(piece));
      }),
      { numRuns: runs(300, 5_000), seed: 3 },
    );
  });

  it('merges long pieces to the ids of the definition', () => {
    fc.assert(
      fc.property(bytes(400), (piece) => {
        expect(mergeHeap(vocabulary, piece)).toEqual(mergeSlowly(piece));
      }),
      { numRuns: runs(15, 300), seed: 4 },
    );
  });
});
