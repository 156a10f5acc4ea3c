/** Editing strings of JSON text by path, with every other character left alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../errors.ts';
import { literals, replaceStrings } from '../../../security/json/literals.ts';
import { at } from '../../../security/path.ts';
import { runs } from '../../scale.ts';

const BODY = `{
  "seed" : 12345678901234567890123,  "a b": ["x", {"y":"\\u0041\\n"}], "e": 1.50,
  "empty": "", "list": [[], ["deep"]]
}`;

describe('literals', () => {
  it('finds every string and every key by its path', () => {
    const found = [...literals('{"a":["x"],"b c":"y"}')];
    expect(found).toEqual([
      ['a#', [1, 4]],
      ['a[0]', [6, 9]],
      ['["b c"]#', [11, 16]],
      ['["b c"]', [17, 20]],
    ]);
  });

  it('points at the literal whose value stands at the path', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value: unknown = JSON.parse(text);
        for (const [path, [start, end]] of literals(text)) {
          expect(at(value, path)).toBe(JSON.parse(text.slice(start, end)));
        }
      }),
      { numRuns: runs(500, 5000) },
    );
  });

  it('refuses what is no JSON', () => {
    expect(() => literals('{"a":')).toThrow(InvalidInputError);
  });
});

describe('replaceStrings', () => {
  it('leaves numbers, white space, escapes and the order of keys as they are', () => {
    const edited = replaceStrings(BODY, new Map([['list[1][0]', 'new "one"\n']]));
    expect(edited).toBe(BODY.replace('"deep"', '"new \\"one\\"\\n"'));
    expect(replaceStrings(BODY, new Map())).toBe(BODY);
  });

  it('makes the text whose value differs in that string alone', () => {
    fc.assert(
      fc.property(fc.json(), fc.string({ unit: 'binary' }), fc.nat(), (text, replacement, pick) => {
        const values = [...literals(text).keys()].filter((path) => !path.endsWith('#'));
        fc.pre(values.length > 0);
        const path = values[pick % values.length]!;
        const edited: unknown = JSON.parse(replaceStrings(text, new Map([[path, replacement]])));
        expect(at(edited, path)).toBe(replacement);
        const back = replaceStrings(JSON.stringify(edited), new Map([[path, at(JSON.parse(text), path) as string]]));
        expect(JSON.parse(back)).toEqual(JSON.parse(text));
      }),
      { numRuns: runs(500, 5000) },
    );
  });

  it('replaces the strings behind both of two equal keys', () => {
    expect(replaceStrings('{"a":"1","a":"2"}', new Map([['a', 'x']]))).toBe('{"a":"x","a":"x"}');
  });

  it('renames a key', () => {
    expect(replaceStrings('{"bad key":"v"}', new Map([['["bad key"]#', 'k']]))).toBe('{"k":"v"}');
  });

  it('keeps a byte order mark', () => {
    expect(replaceStrings('\ufeff["a"]', new Map([['[0]', 'b']]))).toBe('\ufeff["b"]');
  });

  it('names the path at which no string stands', () => {
    expect(() => replaceStrings('{"a":1}', new Map([['a', 'x']]))).toThrow(/no string stands at "a"/);
  });
});
