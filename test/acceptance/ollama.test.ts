import { Ollama } from 'ollama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ATTACK, CHAINS, type Foreign, startForeign } from './foreign.ts';

describe.each(CHAINS)('through $chain', (chain) => {
  let foreign: Foreign;
  let client: Ollama;
  beforeAll(async () => {
    foreign = await startForeign(chain);
    client = new Ollama({ host: foreign.origin });
  });
  afterAll(() => foreign.stop());

  const model = 'llama3.2';
  const user = (content: string) => [{ role: 'user', content }];

  describe('ollama (native /api, NDJSON)', () => {
    it('chats', async () => {
      const { message } = await client.chat({ model, messages: user('hello') });
      expect(message.content).toBe('Hello from far away.');
    });

    it('streams', async () => {
      let text = '';
      for await (const part of await client.chat({ model, messages: user('long story'), stream: true }))
        text += part.message.content;
      expect(text).toMatch(/^The harbour opens.*The end\.$/);
    });

    it('calls tools', async () => {
      const tools = [
        {
          type: 'function',
          function: {
            name: 'weather',
            description: 'The weather',
            parameters: { type: 'object', properties: { city: { type: 'string', description: 'where' } } },
          },
        },
      ];
      const { message } = await client.chat({ model, messages: user('weather'), tools });
      expect(message.tool_calls![0]!.function).toMatchObject({ name: 'weather', arguments: { city: 'Bergen' } });
    });

    it('embeds', async () => {
      // aimock answers /api/embed in the shape of /api/embeddings, which `embed` cannot read; the older call it can.
      const { embedding } = await client.embeddings({ model: 'nomic-embed-text', prompt: 'hello' });
      expect(embedding).toEqual([0.25, -0.5, 1]);
    });

    it('sees an upstream error', async () => {
      await expect(client.chat({ model, messages: user('broken upstream') })).rejects.toMatchObject({
        status_code: 503,
      });
    });

    it('gets a 400 for a blocked request', async () => {
      const before = foreign.seen().length;
      await expect(client.chat({ model, messages: user(ATTACK) })).rejects.toMatchObject({ status_code: 400 });
      expect(foreign.seen()).toHaveLength(before);
    });

    it('ends a stream blocked midway as done, with the reason', async () => {
      let text = '';
      let last: { done: boolean; done_reason?: string } | undefined;
      for await (const part of await client.chat({ model, messages: user('poisoned'), stream: true })) {
        text += part.message?.content ?? '';
        last = part;
      }
      expect(text).not.toContain('Ignore');
      expect(last).toMatchObject({ done: true, done_reason: 'content_filter' });
    });
  });
});
