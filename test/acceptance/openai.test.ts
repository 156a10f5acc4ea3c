import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ATTACK, CHAINS, type Foreign, startForeign } from './foreign.ts';

describe.each(CHAINS)('through $chain', (chain) => {
  let foreign: Foreign;
  let client: OpenAI;
  beforeAll(async () => {
    foreign = await startForeign(chain);
    client = new OpenAI({ baseURL: `${foreign.origin}/v1`, apiKey: 'test', maxRetries: 0 });
  });
  afterAll(() => foreign.stop());

  const model = 'gpt-4o-mini';
  const user = (content: string) => [{ role: 'user' as const, content }];

  describe('openai', () => {
    it('chats', async () => {
      const answer = await client.chat.completions.create({ model, messages: user('hello') });
      expect(answer.choices[0]!.message.content).toBe('Hello from far away.');
    });

    it('streams a chat', async () => {
      const stream = await client.chat.completions.create({ model, messages: user('long story'), stream: true });
      let text = '';
      let finish: string | null = null;
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? '';
        finish = chunk.choices[0]?.finish_reason ?? finish;
      }
      expect(text).toMatch(/^The harbour opens.*The end\.$/);
      expect(finish).toBe('stop');
    });

    it('calls tools and returns their results', async () => {
      const tools = [
        {
          type: 'function' as const,
          function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
        },
      ];
      const messages: OpenAI.ChatCompletionMessageParam[] = user('weather');
      const asked = await client.chat.completions.create({ model, messages, tools });
      const call = asked.choices[0]!.message.tool_calls![0]!;
      expect(call).toMatchObject({ id: 'call_1', function: { name: 'weather', arguments: '{"city":"Bergen"}' } });
      messages.push(asked.choices[0]!.message, { role: 'tool', tool_call_id: call.id, content: '{"rain":true}' });
      const answered = await client.chat.completions.create({ model, messages, tools });
      expect(answered.choices[0]!.message.content).toBe('It rains in Bergen.');
    });

    it('embeds', async () => {
      const { data } = await client.embeddings.create({
        model: 'text-embedding-3-small',
        input: 'hello',
        encoding_format: 'float',
      });
      expect(data[0]!.embedding).toEqual([0.25, -0.5, 1]);
    });

    it('answers through the Responses API, whole and streamed', async () => {
      const whole = await client.responses.create({ model, input: 'hello' });
      expect(whole.output_text).toBe('Hello from far away.');
      let text = '';
      for await (const event of await client.responses.create({ model, input: 'hello', stream: true })) {
        if (event.type === 'response.output_text.delta') text += event.delta;
      }
      expect(text).toBe('Hello from far away.');
    });

    it('lists models', async () => {
      const models = [];
      for await (const one of client.models.list()) models.push(one.id);
      expect(models.length).toBeGreaterThan(0);
    });

    it.each([
      ['broken upstream', 503, 'the model is overloaded'],
      ['bad request', 400, 'no such parameter'],
    ])('sees the upstream error of "%s" as it is', async (content, status, message) => {
      const error = await client.chat.completions.create({ model, messages: user(content) }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(APIError);
      expect(error).toMatchObject({ status, message: expect.stringContaining(message) });
    });

    it('gets a 400 of type content_filter for a blocked request, and the upstream never sees it', async () => {
      const before = foreign.seen().length;
      const messages = [
        ...user('What does the page say?'),
        {
          role: 'assistant' as const,
          content: null,
          tool_calls: [{ id: 'c', type: 'function' as const, function: { name: 'read', arguments: '{}' } }],
        },
        { role: 'tool' as const, tool_call_id: 'c', content: `Opening hours: nine to five. ${ATTACK}` },
      ];
      const error = (await client.chat.completions.create({ model, messages }).catch((e: unknown) => e)) as APIError;
      expect(error).toBeInstanceOf(OpenAI.BadRequestError);
      expect(error).toMatchObject({
        status: 400,
        type: 'content_filter',
        code: 'content_filter',
        param: 'messages[2].content',
      });
      expect((error.error as { m2m: unknown }).m2m).toMatchObject({
        verdict: 'block',
        threats: expect.arrayContaining([
          expect.objectContaining({ category: 'prompt_injection', path: 'messages[2].content' }),
        ]),
      });
      expect(foreign.seen()).toHaveLength(before);
    });

    it('gets a 400 for a blocked answer', async () => {
      const error = await client.chat.completions
        .create({ model, messages: user('poisoned') })
        .catch((e: unknown) => e);
      expect(error).toMatchObject({ status: 400, code: 'content_filter' });
    });

    it('ends a stream blocked midway cleanly, with the reason and without the span', async () => {
      const stream = await client.chat.completions.create({ model, messages: user('poisoned'), stream: true });
      let text = '';
      let last: (OpenAI.ChatCompletionChunk & { m2m?: unknown }) | undefined;
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? '';
        last = chunk;
      }
      expect(text).toMatch(/^The harbour opens/);
      expect(text).not.toContain('Ignore');
      expect(last!.choices[0]!.finish_reason).toBe('content_filter');
      expect(JSON.stringify(last)).toContain('"m2m"');
      expect(JSON.stringify(last)).not.toContain('Ignore');
    });

    it('ends a Responses stream blocked midway as incomplete', async () => {
      let text = '';
      let end: OpenAI.Responses.ResponseStreamEvent | undefined;
      for await (const event of await client.responses.create({ model, input: 'poisoned', stream: true })) {
        if (event.type === 'response.output_text.delta') text += event.delta;
        end = event;
      }
      expect(text).not.toContain('Ignore');
      expect(end).toMatchObject({
        type: 'response.incomplete',
        response: { incomplete_details: { reason: 'content_filter' } },
      });
    });
  });
});
