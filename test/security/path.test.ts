/** The grammar of paths: what is written is read back, and nothing else is read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../errors.ts';
import { at, childPath, parsePath } from '../../security/path.ts';
import { runs } from '../scale.ts';

describe('paths', () => {
  it('are read back as they were written, for any keys', () => {
    const segment = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.nat({ max: 2 ** 31 }),
      fc.constantFrom('__proto__', '#', '0', '', 'a.b', ']"['),
    );
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), fc.boolean(), (segments, key) => {
        const isKey = key && typeof segments.at(-1) === 'string';
        const path = segments.reduce<string>(childPath, '') + (isKey ? '#' : '');
        expect(parsePath(path)).toEqual({ segments, isKey });
      }),
      { numRuns: runs(2000, 50_000) },
    );
  });

  it('tell an index from a key of digits, and own members from inherited ones', () => {
    expect(at(['x'], '[0]')).toBe('x');
    expect(at({ 0: 'x' }, '[0]')).toBeUndefined();
    expect(at({ 0: 'x' }, '["0"]')).toBe('x');
    expect(at({}, 'constructor')).toBeUndefined();
    expect(at('x', '')).toBe('x');
  });

  it.each(['.a', 'a.', 'a..b', '[', '[]', '[-1]', '[01]', '[1.5]', '["a]', '[a]', 'a b', 'a#b', '#', '["a"'])(
    'refuse %s',
    (path) => {
      expect(() => parsePath(path)).toThrow(InvalidInputError);
    },
  );

  it('end in InvalidInputError for any other text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '.', '[', ']', '"', '\\', '0', '#', '*') }), (text) => {
        try {
          parsePath(text);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      }),
      { numRuns: runs(2000, 50_000) },
    );
  });
});
