/** Hostile messages: JSON of every shape, nearly JSON, and event streams cut into chunks at random places. */
import fc from 'fast-check';
import { type Case, phrases, slipped } from './texts.ts';

/** What a stream's case is made of: its bytes in chunks, and the characters for the report. */
export interface StreamCase extends Case {
  readonly chunks: readonly Uint8Array[];
}

const values = fc.oneof(
  fc.jsonValue({ maxDepth: 5 }),
  fc.record({
    model: fc.constant('m'),
    messages: fc.array(
      fc.record({
        role: fc.constantFrom('user', 'system', 'assistant', 'tool', 'developer', 'root'),
        content: fc.oneof(
          phrases,
          fc.array(fc.record({ type: fc.constantFrom('text', 'image_url', 7), text: phrases })),
        ),
      }),
      { maxLength: 4 },
    ),
  }),
  fc.record({
    jsonrpc: fc.constant('2.0'),
    id: fc.nat(),
    result: fc.record({ content: fc.array(fc.record({ type: fc.constant('text'), text: phrases }), { maxLength: 3 }) }),
  }),
  fc.record({
    kind: fc.constant('message'),
    parts: fc.array(fc.record({ kind: fc.constant('text'), text: phrases }), { maxLength: 3 }),
  }),
  fc.dictionary(fc.constantFrom('__proto__', 'constructor', 'prototype', 'role', 'content', 'toString', ''), phrases),
);

const deep = fc
  .tuple(
    fc.constantFrom('[', '{"a":', '[{"a":', '[[],', '{"a":1,"a":'),
    fc.nat(20_000),
    fc.constantFrom('', '1', '"x"', ']'),
  )
  .map(([open, depth, inner]) => open.repeat(depth) + inner);

const raw = fc
  .array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '"a"',
      '"\\u',
      '\\ud800',
      '1e',
      '-',
      '0',
      'nul',
      'true',
      ' ',
      '\u0000',
      '\ufeff',
      '\ud800',
    ),
    { maxLength: 80 },
  )
  .map((parts) => parts.join(''));

const json = values.map((value) => JSON.stringify(value) ?? 'null');
const told = (kind: string, texts: fc.Arbitrary<string>): fc.Arbitrary<Case> => texts.map((text) => ({ kind, text }));

/** Texts that are, were or nearly are JSON. */
export const jsonTexts: fc.Arbitrary<Case> = fc.oneof(
  { weight: 30, arbitrary: told('json', json) },
  { weight: 40, arbitrary: told('json with slips', slipped(json)) },
  { weight: 20, arbitrary: told('json tokens', raw) },
  { weight: 2, arbitrary: told('deep json', deep) },
  {
    weight: 8,
    arbitrary: told(
      'json in json',
      json.map((text) => JSON.stringify({ arguments: text, content: text })),
    ),
  },
);

/** Values that no text came from: a caller of `scan(value)` may hand in anything JSON-like. */
export const jsonValues: fc.Arbitrary<unknown> = values;

const delta = phrases.chain((text) =>
  fc.constantFrom(
    { choices: [{ index: 0, delta: { content: text } }] },
    { choices: [{ index: 1, delta: { content: text, role: 'assistant' } }] },
    {
      choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: text } }] } }],
    },
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { choices: [{ index: 0, text }] },
    { type: 'response.output_text.delta', item_id: 'i', output_index: 0, content_index: 0, delta: text },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    { error: { message: text } },
  ),
);

const field = fc.oneof(
  { weight: 12, arbitrary: delta.map((event) => `data: ${JSON.stringify(event)}\n\n`) },
  { weight: 3, arbitrary: slipped(delta.map((event) => `data: ${JSON.stringify(event)}\n\n`)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'data: [DONE]\n\n',
      ': ping\n\n',
      'event: error\n',
      'retry: 1\n',
      'data\n\n',
      'data:\n',
      '\r',
      '\r\n\r\n',
      '\n',
      'id: \0\n',
      '\ufeff',
    ),
  },
  { weight: 1, arbitrary: phrases.map((text) => `data: ${text}\n\n`) },
);

/** Streams of events in chunks of any size, some of them with bytes that are not UTF-8. */
export const streams: fc.Arbitrary<StreamCase> = fc
  .tuple(
    fc.oneof(
      { weight: 30, arbitrary: fc.array(field, { maxLength: 10 }) },
      { weight: 1, arbitrary: fc.array(field, { maxLength: 400, size: 'max' }) },
    ),
    fc.array(fc.nat(200), { maxLength: 12 }),
    fc.option(fc.tuple(fc.nat(2000), fc.integer({ min: 128, max: 255 })), { freq: 8 }),
  )
  .map(([fields, cuts, broken]) => {
    const text = fields.join('');
    const bytes = new TextEncoder().encode(text);
    if (broken && broken[0] < bytes.length) bytes[broken[0]] = broken[1];
    return { kind: broken ? 'events with a broken byte' : 'events', text, chunks: cutUp(bytes, cuts) };
  });

function cutUp(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const length of cuts) {
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...chunks, bytes.subarray(at)];
}
