/** What a policy cuts out of a message is gone, and nothing else has changed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../errors.ts';
import { at } from '../../security/path.ts';
import { redact } from '../../security/redact.ts';
import { pieces } from '../../security/strings.ts';
import type { Category, Threat } from '../../security/verdict.ts';
import { runs } from '../scale.ts';

function threat(span: readonly [number, number], path?: string, category: Category = 'jailbreak', score = 0.9): Threat {
  const place = path === undefined ? {} : { path };
  return { category, score, name: 'rule', span, ...place, evidence: '', by: 'pattern', view: 'raw' };
}

function cut<T>(input: T, ...redactions: Threat[]): T {
  return redact(input, { redactions });
}

describe('redact', () => {
  it('replaces each span of a text by its category', () => {
    expect(cut('one two three two', threat([4, 7]), threat([14, 17], undefined, 'malformed'))).toBe(
      'one [redacted:jailbreak] three [redacted:malformed]',
    );
  });

  it('makes one of spans that overlap, under the category with the highest score', () => {
    const redactions = [threat([6, 9]), threat([0, 4]), threat([3, 7], undefined, 'prompt_injection', 0.95)];
    expect(cut('0123456789', ...redactions)).toBe('[redacted:prompt_injection]9');
  });

  it('edits JSON text in place: numbers, white space and order stay', () => {
    const body = '{ "seed":12345678901234567890, "messages":[{"content":"say \\"x\\" now"}],"n":1.0 }';
    expect(cut(body, threat([4, 7], 'messages[0].content'))).toBe(
      '{ "seed":12345678901234567890, "messages":[{"content":"say [redacted:jailbreak] now"}],"n":1.0 }',
    );
  });

  it('edits bytes as the text that they are', () => {
    const bytes = new TextEncoder().encode('{"a":"é bad"}');
    expect(new TextDecoder().decode(cut(bytes, threat([2, 5], 'a')))).toBe('{"a":"é [redacted:jailbreak]"}');
  });

  it('copies messages and leaves the caller’s own alone', () => {
    const messages = [{ role: 'user', content: 'a bad b' }, JSON.parse('{"__proto__":"bad"}')];
    const copy = cut(messages, threat([2, 5], '[0].content'), threat([0, 3], '[1].__proto__'));
    expect(copy).toEqual([
      { role: 'user', content: 'a [redacted:jailbreak] b' },
      JSON.parse('{"__proto__":"[redacted:jailbreak]"}'),
    ]);
    expect(messages[0]).toEqual({ role: 'user', content: 'a bad b' });
  });

  it('cuts both places of an object that stands in two', () => {
    const shared = { text: 'bad' };
    expect(cut({ a: shared, b: shared }, threat([0, 3], 'a.text')).b).toEqual({ text: '[redacted:jailbreak]' });
  });

  it('renames keys, and strings behind them are cut as well', () => {
    const value = { first: 1, 'bad key': { x: 'bad' }, last: 2 };
    const copy = cut(value, threat([0, 3], '["bad key"]#'), threat([0, 3], '["bad key"].x'));
    expect(JSON.stringify(copy)).toBe('{"first":1,"[redacted:jailbreak] key":{"x":"[redacted:jailbreak]"},"last":2}');
  });

  it('returns the very input where nothing is to be cut', () => {
    const messages = [{ role: 'user', content: 'a' }];
    expect(redact(messages, {})).toBe(messages);
  });

  it('leaves nothing of any span in any message, and the rest as it was', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.nat(), fc.nat(), fc.nat(), (json, pick, from, length) => {
        const value: unknown = JSON.parse(JSON.stringify(JSON.parse(json))); // −0 is no JSON
        const found = pieces(value).filter((piece) => !piece.path!.endsWith('#'));
        fc.pre(found.length > 0);
        const { path, text } = found[pick % found.length]!;
        const start = from % text.length;
        const end = Math.min(text.length, start + 1 + (length % 5));
        const expected = `${text.slice(0, start)}[redacted:jailbreak]${text.slice(end)}`;
        const inText: unknown = JSON.parse(cut(JSON.stringify(value), threat([start, end], path)));
        expect(at(inText, path!)).toBe(expected);
        const inValue = typeof value === 'object' ? cut(value, threat([start, end], path)) : inText;
        expect(inValue).toEqual(inText);
      }),
      { numRuns: runs(300, 5000) },
    );
  });

  it.each<[string, unknown, Threat]>([
    ['a span outside the text', 'short', threat([0, 6])],
    ['a path that leads nowhere', '{"a":"b"}', threat([0, 1], 'b')],
    ['a path into no string', { a: 1 }, threat([0, 1], 'a')],
    ['a path, where the text is no JSON', 'plain', threat([0, 1], 'a')],
    ['a message without a path', { a: 'b' }, threat([0, 1])],
  ])('refuses a verdict about something else: %s', (_, input, redaction) => {
    expect(() => cut(input, redaction)).toThrow(InvalidInputError);
  });
});
