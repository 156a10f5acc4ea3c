import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shorten } from '../../codec/formats/t1/encode.ts';
import { parseJson, writeJson } from '../../codec/formats/t1/json.ts';
import { t1 } from '../../codec/formats/t1/t1.ts';
import { LIMITS } from '../../codec/limits.ts';
import { InvalidInputError, LimitExceededError, WireFormatError } from '../../errors.ts';
import { exponent } from '../growth.ts';
import { runs } from '../scale.ts';

// biome-ignore lint/suspicious/noExplicitAny: every kind has fields of its own
type Vector = Readonly<Record<string, any>> & { readonly kind: string };
const { vectors } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../data/wire-vectors.json'), 'utf8')) as {
  vectors: Vector[];
};
const of = (kind: string): Vector[] => vectors.filter((vector) => vector.kind === kind);

const REQUEST = (more: string): string =>
  `{"frequency_penalty":0,${more}"messages":[{"content":"Hi","role":"system"}],"model":"gpt-4o","n":1,` +
  '"presence_penalty":0,"stream":false,"temperature":1.0,"top_p":1.0}';

describe('t1 reads', () => {
  it.each(of('t1'))('the vector $wire', async ({ wire, json, decoded }) => {
    const message = await t1.decode(wire);
    if (decoded !== undefined) expect(message).toBe(decoded);
    expect(JSON.parse(message)).toMatchObject(JSON.parse(json));
    expect(await t1.encode(message)).toBe(wire);
  });

  it.each(of('t1_doc_style'))('the documented $wire', async ({ wire }) => {
    const { model, messages } = JSON.parse(await t1.decode(wire));
    expect(model).toBe('gpt-4o');
    expect(messages.at(-1).role).toBe('user');
  });

  it('short codes in user data as the original does, which encoding refuses', async () => {
    const [{ json, decoded_has }] = of('t1_lossy') as [Vector];
    const { tools } = JSON.parse(await t1.decode(`#T1|${json}`));
    expect(tools[0]).toEqual(JSON.parse(decoded_has));
  });

  it('the tables of 0.1', async () => {
    const wire = '#T1|{"M":"o3m","m":[{"c":"Hi","r":"A"}],"ts":[{"fn":{"N":"f"},"t":"function"}]}';
    expect(JSON.parse(await t1.decode(wire))).toMatchObject({
      model: 'o3-mini',
      messages: [{ content: 'Hi', role: 'assistant' }],
      tools: [{ function: { name: 'f' }, type: 'function' }],
    });
  });

  it('patterns, the last of two keys, and __proto__', async () => {
    expect(await t1.decode('#T1|\u000c\u0001Hi"}\u000dg4o"}')).toBe(
      '{"frequency_penalty":0,"messages":[{"content":"Hi","role":"user"}],"model":"gpt-4o","n":1,"presence_penalty":0,' +
        '"stream":false,"temperature":1.0,"top_p":1.0}',
    );
    expect(await t1.decode('#T1|{"b":1,"a":2,"arguments":3,"__proto__":{"y":1e2}}')).toBe(
      '{"__proto__":{"y":100.0},"arguments":3,"b":1}',
    );
  });

  it.each([
    ['1e16', '1e16'],
    ['1e15', '1000000000000000.0'],
    ['0.00001', '0.00001'],
    ['0.000001', '1e-6'],
    ['-0', '-0.0'],
    ['1.25e-7', '1.25e-7'],
    ['18446744073709551615', '18446744073709551615'],
    ['18446744073709551616', '1.8446744073709552e19'],
  ])('the number %s as the original spells it, %s', async (lexeme, spelled) => {
    expect(await t1.decode(`#T1|${lexeme}`)).toBe(spelled);
  });
});

describe('t1 writes', () => {
  it('in both forms what comes back identical', async () => {
    const message = REQUEST('"max_tokens":5,');
    const wire = await t1.encode(message);
    expect(wire).toBe('#T1|{"M":"g4o","messages":[{"c":"Hi","role":"S"}],"x":5}');
    expect(await t1.decode(wire)).toBe(message);
    expect(await t1.decode(await t1.encode(message, { form: 'binary' }))).toBe(message);
  });

  it.each([
    ['{"b":1,"aa":2}', /key order/u],
    ['{"model":"z"}', /invented default/u],
    ['{"aa":{"n":1}}', /nested default/u],
    ['{"logit_bias":{}}', /nested default/u],
    [REQUEST('').replace('1.0', '1'), /number lexeme/u],
    ['{"aa":null}', /null removed/u],
    ['{"aa":1,"aa":2}', /duplicate key/u],
    ['[1e2]', /number lexeme/u],
    ['[0.12345678901234567]', /number lexeme/u],
    ['[1e999]', /number lexeme/u],
    ['{"x":10}', /short code/u],
    ['{"role":"S"}', /role value/u],
    ['{"M":"z"}', /short code/u],
    ['{"role":["A"]}', /role value/u],
    ['{"aa": 1}', /white space/u],
    ['"\\u0041"', /white space or string escapes/u],
    ['{"m":[{"r":"u"}]}', /would not restore/u],
    ['{"aa"', /no JSON/u],
    ['"\ud800"', /lone surrogate/u],
  ])('nothing that would be lost: %s', async (message, reason) => {
    const error = await t1.encode(message).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(reason);
  });

  it('whatever it writes, and that decodes to the identical text', async () => {
    const word = fc.constantFrom(
      'role',
      'model',
      'n',
      'stream',
      'x',
      'content',
      'S',
      'gpt-4o',
      'tool',
      'é',
      '\u{1f600}',
      '\uffff',
      'm',
      'r',
    );
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        word.map((w) => JSON.stringify(w)),
        fc.string({ unit: 'binary' }).map((s) => JSON.stringify(s)),
        fc.constantFrom('1', '1.0', '0', '0.5', 'true', 'false', 'null', '-0', '1e2'),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
        fc.array(tie('json') as fc.Arbitrary<string>, { maxLength: 3 }).map((items) => `[${items}]`),
        fc.array(fc.tuple(word, tie('json') as fc.Arbitrary<string>), { maxLength: 4 }).map((members) => {
          return `{${members.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map(([k, v]) => `${JSON.stringify(k)}:${v}`)}}`;
        }),
      ),
    })) as { json: fc.Arbitrary<string> };
    let written = 0;
    await fc.assert(
      fc.asyncProperty(json, async (message) => {
        try {
          expect(await t1.decode(await t1.encode(message))).toBe(message);
          written++;
        } catch (error) {
          if (!(error instanceof InvalidInputError)) throw error;
        }
      }),
      { numRuns: runs(1000, 20_000) },
    );
    expect(written).toBeGreaterThan(100);
  });
});

describe('t1 under attack', () => {
  it('ends in typed errors alone', async () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ',',
      ':',
      '\\',
      '\\u',
      'm',
      'M',
      '1',
      '-',
      'e',
      ' ',
      '\u0001',
      '\u000b',
      '\u0000',
      '\u001f',
      'null',
      '\ud800',
    );
    const hostile = fc.oneof(
      fc.array(piece).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (body) => {
        const message = await t1.decode(`#T1|${body}`).catch((error: unknown) => {
          expect(error instanceof WireFormatError || error instanceof LimitExceededError).toBe(true);
          return undefined;
        });
        if (message !== undefined) expect(() => JSON.parse(message)).not.toThrow();
      }),
      { numRuns: runs(1000, 20_000) },
    );
  });

  it.each([
    ['depth', '['.repeat(33)],
    ['a million levels', '['.repeat(1_000_000)],
    ['elements', `[${'1,'.repeat(10_000)}1]`],
    ['patterns', '\u000a'.repeat(1_000_000)],
  ])('stops at the limit: %s', async (_, body) => {
    await expect(t1.decode(`#T1|${body}`)).rejects.toBeInstanceOf(LimitExceededError);
  });

  it('allows as many levels as the limit says, and no more', async () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(await t1.decode(`#T1|${nested(32)}`)).toBe(nested(32));
    await expect(t1.encode(nested(33))).rejects.toBeInstanceOf(LimitExceededError);
  });

  it('takes linear time', () => {
    const members = (n: number): string =>
      `{${Array.from({ length: n / 16 }, (_, i) => `"k${String(i).padStart(8, '0')}":"a\\"b"`).join(',')}}`;
    expect(exponent(members, (text) => shorten(text, LIMITS))).toBeLessThan(1.3);
    const long = (n: number): string => JSON.stringify('a"'.repeat(n / 2));
    expect(exponent(long, (text) => writeJson(parseJson(text, LIMITS), text.length))).toBeLessThan(1.3);
  });
});
