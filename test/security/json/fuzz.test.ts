/** The scan against JSON.parse over whole, mutated and hostile texts; and its growth. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../../security/json/index.ts';
import { scanJson } from '../../../security/json/scan.ts';
import { walk } from '../../../security/strings.ts';
import { exponent } from '../../growth.ts';
import { runs } from '../../scale.ts';

const PIECES = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\u0000',
  '\\ud800',
  '\ud800',
  '\0',
  '0',
  '-',
  'e',
  '.',
  '//',
  "'",
  '\n',
  '\ufeff',
  'tru',
  '"__proto__":',
  '\u00e9',
  '𝄞',
];

/** JSON with a few stretches flipped, cut or inserted. */
const mutated = fc
  .tuple(
    fc.oneof(
      fc.json(),
      fc.json().map((text) => `{"role":"user","content":${text}}`),
    ),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.constantFrom('', ...PIECES)), { maxLength: 3 }),
  )
  .map(([text, edits]) => {
    let result = text;
    for (const [where, cut, insert] of edits) {
      const at = where % (result.length + 1);
      result = result.slice(0, at) + insert + result.slice(at + cut);
    }
    return result;
  });
const hostile = fc.oneof(
  mutated,
  fc.array(fc.constantFrom(...PIECES, ' ', 'a', '1'), { maxLength: 40 }).map((p) => p.join('')),
);

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

describe('the JSON scan over hostile texts', () => {
  it('accepts exactly what JSON.parse accepts', () => {
    let broken = 0;
    fc.assert(
      fc.property(hostile, (text) => {
        // A byte order mark is a fault, but what follows it is read.
        const oracle = parses(text.startsWith('\ufeff') ? text.slice(1) : text);
        if (!oracle) broken++;
        expect(scanJson(text, true).parses).toBe(oracle);
        const { value, faults } = readJson(text, true);
        expect(value !== undefined).toBe(oracle);
        if (!oracle) expect(faults.length).toBeGreaterThan(0);
        for (const { span } of faults) expect(0 <= span[0] && span[0] <= span[1] && span[1] <= text.length).toBe(true);
      }),
      { numRuns: runs(4000, 100_000) },
    );
    // Both sides of the equivalence were really tried.
    expect(broken).toBeGreaterThan(runs(1000, 25_000));
  });

  it('never throws where nobody claims JSON, and reads the strings of what it accepts', () => {
    fc.assert(
      fc.property(hostile, fc.boolean(), (text, claimed) => {
        const { value } = readJson(text, claimed);
        if (value !== undefined) walk(value);
      }),
      { numRuns: runs(2000, 100_000) },
    );
  });

  it('reports no fault of syntax in what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        expect(scanJson(JSON.stringify(value), true).parses).toBe(true);
      }),
      { numRuns: runs(500, 5000) },
    );
  });
});

const GROWING: readonly [string, (n: number) => string][] = [
  ['deep arrays', (n) => '['.repeat(n)],
  ['deep arrays, closed', (n) => '['.repeat(n / 2) + ']'.repeat(n / 2)],
  ['deep objects', (n) => '{"a":'.repeat(n / 5)],
  ['one long string', (n) => `{"content":"${'a'.repeat(n)}"}`],
  ['one string of escapes', (n) => `["${'\\u0000'.repeat(n / 6)}"]`],
  ['one string of quotes', (n) => `["${'\\"'.repeat(n / 2)}"]`],
  ['half escapes', (n) => `["${'\\u0'.repeat(n / 3)}`],
  ['many keys', (n) => `{${Array.from({ length: n / 10 }, (_, i) => `"k${i}":0`).join()}}`],
  ['one key many times', (n) => `{${'"k":0,'.repeat(n / 6)}"k":0}`],
  ['many documents', (n) => '{}\n'.repeat(n / 3)],
  ['documents with wide gaps', (n) => `{}${' '.repeat(1000)}\n`.repeat(n / 1003)],
  ['a tail of spaces and words', (n) => `{"role":1}${' '.repeat(n)}x`],
  ['a broken message with many strings behind', (n) => `{"role":,${'"x": '.repeat(n / 5)}`],
  ['a broken message with spaces behind strings', (n) => `{"role":,"x"${' '.repeat(n / 2)}"y"${' '.repeat(n / 2)}`],
  ['digits', (n) => `[${'1'.repeat(n)}]`],
];

describe('the JSON scan grows with the text and no faster', () => {
  it.each(GROWING)('over %s', (_, make) => {
    // The scan without JSON.parse, which by itself fits 1.24 over many keys.
    expect(exponent(make, (text) => scanJson(text, true))).toBeLessThanOrEqual(1.2);
    expect(exponent(make, (text) => scanJson(text, false))).toBeLessThanOrEqual(1.2);
  });
});
