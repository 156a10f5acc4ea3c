/** `--upstream demo` through the proxy: what README's first line gives on an empty machine. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ATTACK, chatOf, post, type Rig, start } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await start({ upstream: 'demo' });
});
afterAll(() => rig.stop());

const send = async (path: string, body: unknown): Promise<Record<string, unknown>> =>
  (await (await post(rig, path, JSON.stringify(body))).json()) as Record<string, unknown>;
const eventsOf = async (path: string, body: unknown): Promise<Record<string, unknown>[]> => {
  const text = await (await post(rig, path, JSON.stringify(body))).text();
  const lines = text.split('\n').filter((line) => line.startsWith('data: {'));
  return lines.map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
};
const ask = (content: unknown, more = {}): unknown => ({ model: 'm', messages: [{ role: 'user', content }], ...more });

it('lists a model', async () => {
  expect(await (await fetch(`${rig.origin}/v1/models`)).json()).toMatchObject({
    object: 'list',
    data: [{ object: 'model' }],
  });
});

it('echoes the last user message, whole and as a stream that adds up to it', async () => {
  const said = '  Grüße aus\n dem Hafen 🚢 ';
  const whole = await send('/v1/chat/completions', ask([{ type: 'text', text: said }]));
  expect(whole).toMatchObject({
    object: 'chat.completion',
    choices: [{ message: { content: said }, finish_reason: 'stop' }],
  });
  const chunks = await eventsOf(
    '/v1/chat/completions',
    ask(said, { stream: true, stream_options: { include_usage: true } }),
  );
  type Chunk = { choices: { delta: { content?: string }; finish_reason: string | null }[]; usage?: unknown };
  const deltas = (chunks as Chunk[]).flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? ''));
  expect(deltas.join('')).toBe(said);
  expect((chunks as Chunk[]).at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
});

it('calls the first tool once, and answers after its result', async () => {
  const tools = [
    { type: 'function', function: { name: 'weather', parameters: { properties: { city: { type: 'string' } } } } },
  ];
  const asked = await send('/v1/chat/completions', ask('Bergen', { tools }));
  expect(asked).toMatchObject({
    choices: [
      {
        finish_reason: 'tool_calls',
        message: { tool_calls: [{ function: { name: 'weather', arguments: '{"city":"Bergen"}' } }] },
      },
    ],
  });
  const messages = [
    { role: 'user', content: 'Bergen' },
    { role: 'tool', tool_call_id: 'x', content: 'rain' },
  ];
  expect(await send('/v1/chat/completions', { messages, tools })).toMatchObject({
    choices: [{ finish_reason: 'stop' }],
  });
  expect(await send('/v1/chat/completions', ask('Bergen', { tools, tool_choice: 'none' }))).toMatchObject({
    choices: [{ finish_reason: 'stop' }],
  });
});

it('completes, embeds with vectors of length 1 that depend on the text, and answers the Responses API', async () => {
  expect(await send('/v1/completions', { prompt: 'one two' })).toMatchObject({ choices: [{ text: 'one two' }] });
  const { data } = (await send('/v1/embeddings', { input: ['a', 'b', 'a'] })) as { data: { embedding: number[] }[] };
  const [a, b, again] = data.map(({ embedding }) => embedding);
  expect(a).toEqual(again);
  expect(a).not.toEqual(b);
  expect(Math.hypot(...a!)).toBeCloseTo(1, 6); // f32 components
  const base64 = (await send('/v1/embeddings', { input: 'a', encoding_format: 'base64' })) as {
    data: { embedding: string }[];
  };
  expect([...new Float32Array(new Uint8Array(Buffer.from(base64.data[0]!.embedding, 'base64')).buffer)]).toEqual(a);
  expect(await send('/v1/responses', { input: 'hello there' })).toMatchObject({
    status: 'completed',
    output: [{ content: [{ text: 'hello there' }] }],
  });
  const events = await eventsOf('/v1/responses', { input: 'hello there', stream: true });
  expect(events.map(({ type }) => type)).toContain('response.completed');
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, i) => i));
});

it('answers errors in OpenAI’s shape, and the proxy blocks what it blocks anywhere', async () => {
  for (const [path, body, status] of [
    ['/v1/chat/completions', '{}', 400],
    ['/v1/completions', '{"prompt":[]}', 400],
    ['/v1/embeddings', '{}', 400],
    ['/v1/responses', '{"input":7}', 400],
    ['/v1/nothing', '{}', 404],
    ['/v1/chat/completions', chatOf(ATTACK), 400],
  ] as const) {
    const response = await post(rig, path, body);
    expect([path, response.status]).toEqual([path, status]);
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String), type: expect.any(String) } });
  }
});
