/** Windows: every id in one of them, batches that fit, spans in the caller's offsets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batches, fillWindow, ROLES, roleToken, splitWindows, windowSpan } from '../../engine/windows.ts';
import { InvalidInputError } from '../../errors.ts';
import { DEFAULT, TINY } from '../models/random-model.ts';

describe('splitWindows', () => {
  it.each([
    [0, [[0, 0]]],
    [1, [[0, 1]]],
    [255, [[0, 255]]],
    [
      256,
      [
        [0, 255],
        [191, 256],
      ],
    ],
    [
      446,
      [
        [0, 255],
        [191, 446],
      ],
    ],
    [
      447,
      [
        [0, 255],
        [191, 446],
        [382, 447],
      ],
    ],
  ])('%i ids', (tokens, expected) => {
    expect(splitWindows(0, tokens, DEFAULT).map(({ from, to }) => [from, to])).toEqual(expected);
  });

  it('covers every id, with the overlap between neighbours, none longer than a window', () => {
    fc.assert(
      fc.property(fc.nat(3000), fc.integer({ min: 2, max: 300 }), fc.nat(149), (tokens, window, wish) => {
        const overlap = Math.min(wish, Math.ceil(window / 2) - 1);
        const cut = splitWindows(3, tokens, { ...DEFAULT, window, overlap });
        expect(cut[0]!.from).toBe(0);
        expect(cut.at(-1)!.to).toBe(tokens);
        for (const [i, { text, from, to }] of cut.entries()) {
          expect(text).toBe(3);
          expect(to - from).toBeLessThanOrEqual(window - 1);
          if (i > 0) expect(cut[i - 1]!.to - from).toBe(overlap);
          if (i > 0) expect(to).toBeGreaterThan(cut[i - 1]!.to);
        }
      }),
    );
  });
});

describe('batches', () => {
  it('keep order, rows and count within the limits', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (sizes, maxWindows) => {
        const windows = sizes.map((to, text) => ({ text, from: 0, to }));
        const packed = [...batches(windows, 40, maxWindows)];
        expect(packed.flat()).toEqual(windows);
        for (const batch of packed) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(maxWindows);
          expect(batch.reduce((rows, { to }) => rows + 1 + to, 0)).toBeLessThanOrEqual(40);
        }
      }),
    );
  });

  it('are as few as going in order allows', () => {
    const windows = [10, 10, 10, 10].map((to, text) => ({ text, from: 0, to }));
    expect([...batches(windows, 22, 64)].map((batch) => batch.length)).toEqual([2, 2]);
  });
});

describe('fillWindow', () => {
  it('puts the role before the ids of the window', () => {
    const rows = new Int32Array(8);
    expect(fillWindow({ text: 0, from: 1, to: 3 }, [5, 6, 7], 66, TINY, rows, 2)).toBe(5);
    expect([...rows]).toEqual([0, 0, 66, 6, 7, 0, 0, 0]);
  });

  it.each([64, -1, 16_384, Number.NaN])('refuses id %i of another tokenizer', (id) => {
    expect(() => fillWindow({ text: 0, from: 0, to: 1 }, [id], 66, TINY, new Int32Array(2), 0)).toThrow(
      InvalidInputError,
    );
  });
});

describe('roles', () => {
  it('have the last ids, in order', () => {
    expect(ROLES.map((role) => roleToken(DEFAULT, role))).toEqual([16_386, 16_387, 16_388, 16_389, 16_390, 16_391]);
  });

  it('that nobody knows are unknown', () => {
    expect(roleToken(DEFAULT, 'developer')).toBe(16_391);
    expect(roleToken(DEFAULT, undefined)).toBe(16_391);
    expect(roleToken(DEFAULT, 'constructor')).toBe(16_391);
  });
});

describe('windowSpan', () => {
  const encoding = { ids: [1, 2, 3], starts: [0, 4, 9] };
  it.each([
    [0, 3, [0, 12]],
    [0, 2, [0, 9]],
    [1, 3, [4, 12]],
    [2, 3, [9, 12]],
  ])('ids %i to %i', (from, to, expected) => {
    expect(windowSpan({ text: 0, from, to }, encoding, 12)).toEqual(expected);
  });

  it('of an empty text is empty', () => {
    expect(windowSpan({ text: 0, from: 0, to: 0 }, { ids: [], starts: [] }, 0)).toEqual([0, 0]);
  });
});
