import { createOpenAI, type OpenAIProvider } from '@ai-sdk/openai';
import { APICallError, embed, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ATTACK, CHAINS, type Foreign, startForeign } from './foreign.ts';

describe.each(CHAINS)('through $chain', (chain) => {
  let foreign: Foreign;
  let openai: OpenAIProvider;
  beforeAll(async () => {
    foreign = await startForeign(chain);
    openai = createOpenAI({ baseURL: `${foreign.origin}/v1`, apiKey: 'test' });
  });
  afterAll(() => foreign.stop());

  const models = [
    ['chat', () => openai.chat('gpt-4o-mini')],
    ['responses', () => openai.responses('gpt-4o-mini')],
  ] as const;

  describe.each(models)('ai + @ai-sdk/openai over %s', (_name, model) => {
    it('chats', async () => {
      const { text } = await generateText({ model: model(), prompt: 'hello', maxRetries: 0 });
      expect(text).toBe('Hello from far away.');
    });

    it('streams', async () => {
      const { textStream, finishReason } = streamText({ model: model(), prompt: 'long story', maxRetries: 0 });
      let text = '';
      for await (const part of textStream) text += part;
      expect(text).toMatch(/^The harbour opens.*The end\.$/);
      expect(await finishReason).toBe('stop');
    });

    it('calls a tool and returns its result', async () => {
      const weather = tool({
        description: 'The weather in a city',
        inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } }),
        execute: async ({ city }) => `rain in ${city}`,
      });
      const { text, steps } = await generateText({
        model: model(),
        prompt: 'weather',
        tools: { weather },
        stopWhen: stepCountIs(2),
        maxRetries: 0,
      });
      expect(steps[0]!.toolCalls[0]).toMatchObject({ toolName: 'weather', input: { city: 'Bergen' } });
      expect(text).toBe('It rains in Bergen.');
    });

    it('sees an upstream error', async () => {
      const error = await generateText({ model: model(), prompt: 'broken upstream', maxRetries: 0 }).catch(
        (e: unknown) => e,
      );
      expect(APICallError.isInstance(error)).toBe(true);
      expect(error).toMatchObject({ statusCode: 503 });
    });

    it('gets a 400 with the verdict for a blocked request', async () => {
      const before = foreign.seen().length;
      const error = await generateText({ model: model(), prompt: ATTACK, maxRetries: 0 }).catch((e: unknown) => e);
      expect(APICallError.isInstance(error)).toBe(true);
      expect(error).toMatchObject({ statusCode: 400, responseBody: expect.stringContaining('"content_filter"') });
      expect(foreign.seen()).toHaveLength(before);
    });

    it('ends a stream blocked midway with content-filter', async () => {
      const { textStream, finishReason } = streamText({ model: model(), prompt: 'poisoned', maxRetries: 0 });
      let text = '';
      for await (const part of textStream) text += part;
      expect(text).not.toContain('Ignore');
      expect(await finishReason).toBe('content-filter');
    });
  });

  it('embeds through @ai-sdk/openai', async () => {
    const { embedding } = await embed({
      model: openai.embedding('text-embedding-3-small'),
      value: 'hello',
      maxRetries: 0,
    });
    expect(embedding).toEqual([0.25, -0.5, 1]);
  });
});
