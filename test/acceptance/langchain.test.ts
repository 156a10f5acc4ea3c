import { type AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ATTACK, CHAINS, type Foreign, startForeign } from './foreign.ts';

describe.each(CHAINS)('through $chain', (chain) => {
  let foreign: Foreign;
  let chat: ChatOpenAI;
  beforeAll(async () => {
    foreign = await startForeign(chain);
    chat = new ChatOpenAI({
      model: 'gpt-4o-mini',
      apiKey: 'test',
      maxRetries: 0,
      configuration: { baseURL: `${foreign.origin}/v1` },
    });
  });
  afterAll(() => foreign.stop());

  describe('@langchain/openai', () => {
    it('chats', async () => {
      expect((await chat.invoke('hello')).content).toBe('Hello from far away.');
    });

    it('streams', async () => {
      let text = '';
      for await (const chunk of await chat.stream('long story')) text += chunk.content;
      expect(text).toMatch(/^The harbour opens.*The end\.$/);
    });

    it('calls tools and returns their results', async () => {
      const parameters = { type: 'object', properties: { city: { type: 'string' } } };
      const withTools = chat.bindTools([{ type: 'function', function: { name: 'weather', parameters } }]);
      const question = new HumanMessage('weather');
      const asked = await withTools.invoke([question]);
      expect(asked.tool_calls![0]).toMatchObject({ name: 'weather', args: { city: 'Bergen' } });
      const result = new ToolMessage({ tool_call_id: asked.tool_calls![0]!.id!, content: 'rain' });
      expect((await withTools.invoke([question, asked as AIMessage, result])).content).toBe('It rains in Bergen.');
    });

    it('embeds', async () => {
      const embeddings = new OpenAIEmbeddings({
        model: 'text-embedding-3-small',
        apiKey: 'test',
        maxRetries: 0,
        configuration: { baseURL: `${foreign.origin}/v1` },
      });
      expect((await embeddings.embedQuery('hello')).map((value) => Math.round(value * 100) / 100)).toEqual([
        0.25, -0.5, 1,
      ]);
    });

    it('sees an upstream error', async () => {
      await expect(chat.invoke('broken upstream')).rejects.toMatchObject({ status: 503 });
    });

    it('gets a 400 for a blocked request', async () => {
      const before = foreign.seen().length;
      await expect(chat.invoke(ATTACK)).rejects.toMatchObject({ status: 400, code: 'content_filter' });
      expect(foreign.seen()).toHaveLength(before);
    });

    it('ends a stream blocked midway with the reason', async () => {
      let text = '';
      let reason: unknown;
      for await (const chunk of await chat.stream('poisoned')) {
        text += chunk.content;
        reason = chunk.response_metadata.finish_reason ?? reason;
      }
      expect(text).not.toContain('Ignore');
      expect(reason).toBe('content_filter');
    });
  });
});
