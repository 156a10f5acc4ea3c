/** The words of a text: one reading of them is as good as the other, and every pattern finds its words among them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scan } from '../../security/normalize/scan.ts';
import { firstWords } from '../../security/rules/first-words.ts';
import { needsOf } from '../../security/rules/needs.ts';
import { parsePattern } from '../../security/rules/syntax.ts';
import { readWords, wordId } from '../../security/words.ts';
import { runs } from '../scale.ts';

const known = ['ignore', 'all', 'gpt4', '2fa', 'a', 'e5', 'x86', 'previous'];
const ids = new Map(known.map((word) => [wordId(word), word]));

function words(text: string): string[] {
  const { count, starts, ids: found } = readWords(text);
  return Array.from({ length: count }, (_, i) => `${starts[i]!}:${ids.get(found[i]!) ?? '-'}`);
}

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...known,
        ' ',
        ' ',
        '-',
        '_',
        '.',
        '@',
        '1',
        'é',
        'ß',
        'и',
        '漢',
        '\u{1f600}',
        '\n',
        '__',
        'a1b2',
        '==',
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join('').toLowerCase());

describe('the words of a text', () => {
  it('are runs of letters and digits, with their numbers', () => {
    expect(words('ignore gpt4, all_2fa')).toEqual(['0:ignore', '7:gpt4', '13:all', '17:2fa']);
    expect(words('ignorè everything')).toEqual(['0:ignore', '7:-']);
  });

  it('are the same whether the scan met them or they are read by themselves', () => {
    fc.assert(
      fc.property(text, (value) => {
        readWords('');
        const alone = words(value);
        scan(value, value);
        expect(words(value)).toEqual(alone);
      }),
      { numRuns: runs(2000, 50_000) },
    );
  });

  it('are read anew where a word was registered meanwhile', () => {
    expect(readWords('a neverseenbefore').ids[1]).toBe(0);
    const id = wordId('neverseenbefore');
    expect(readWords('a neverseenbefore').ids[1]).toBe(id);
  });
});

describe('what a pattern begins with and needs', () => {
  const beginnings = (pattern: RegExp): string[] => firstWords(parsePattern(pattern)).sort();
  const needs = (pattern: RegExp): string[] =>
    needsOf(parsePattern(pattern)).map((clause) => [...clause].sort().join('|'));

  it.each([
    [/(?:ignore|drop) (?:all|the) rules/u, ['drop all', 'drop the', 'ignore all', 'ignore the']],
    [/(?:now )?you are/u, ['now you', 'you']],
    [/m[uü]ller\b/u, ['muller']],
    [/tell [\s\S]{0,9}?me/u, ['tell']],
    [/проигнорируй/u, ['прои']],
    [/ai에게/u, ['ai']],
  ])('%s begins with %j', (pattern, expected) => expect(beginnings(pattern)).toEqual(expected));

  it.each([/ ignore/u, /\w{1,3} x/u, /a[\s\S]b/u])('%s begins with no word: refused', (pattern) => {
    expect(() => beginnings(pattern)).toThrow(Error);
  });

  it.each([
    [/send [\s\S]{0,60}?\b(?:passwords?|api keys)\b/u, ['keys|password|passwords', 'send']],
    [/send [\s\S]{0,60}?(?:passwords?|api keys)\b/u, ['keys|send', 'send']],
    [/do: (?:x ){0,3}not\b/u, [':', 'do', 'not']],
    [/env(?![\w-])/u, ['env']],
    [/send\w{0,3} x/u, []],
  ])('%s needs %j', (pattern, expected) => expect(needs(pattern).sort()).toEqual(expected.sort()));
});
