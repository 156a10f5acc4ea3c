/** Chat requests of about 2 KB and answers of about 1 KB, cut from the traffic sample; no two are the same. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const sample = resolve(import.meta.dirname, '../../test/data/traffic-sample.jsonl');

/** Sentences that people and models really wrote, in the order of the sample. */
const sentences: readonly string[] = readFileSync(sample, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('{"kind":"agent_request"') || line.startsWith('{"kind":"chat'))
  .flatMap((line) => strings(JSON.parse((JSON.parse(line) as { body: string }).body)))
  .flatMap((text) => text.split(/(?<=[.!?])\s+|\n+/u))
  .filter((sentence) => sentence.length >= 30 && sentence.length <= 300);

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}

function* drawn(seed: number): Generator<string> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield sentences[state % sentences.length]!;
  }
}

function passage(source: Iterator<string>, length: number): string {
  let text = '';
  while (text.length < length) text += `${text && ' '}${source.next().value as string}`;
  return text;
}

/**
 * `conversation`: what agents send. The system prompt and the earlier turns were sent before, the last message is new.
 * `distinct`: no string of any request was ever sent before; the worst that can come.
 */
export type Workload = 'conversation' | 'distinct';

/** Requests with `COUNT` where the number of the request goes: in the last message, or in every string. */
export const requests: Readonly<Record<Workload, readonly string[]>> = {
  conversation: Array.from({ length: 256 }, (_, i) => request(i, false)),
  distinct: Array.from({ length: 256 }, (_, i) => request(i, true)),
};

function request(i: number, everywhere: boolean): string {
  const source = drawn(i + 1);
  const say = (role: string, length: number, counted: boolean): { role: string; content: string } => ({
    role,
    content: `${passage(source, length)}${counted ? ' (ticket COUNT)' : ''}`,
  });
  const messages = [
    say('system', 700, everywhere),
    say('user', 250, everywhere),
    say('assistant', 350, everywhere),
    say('user', 300, true),
  ];
  return JSON.stringify({ model: 'gpt-4o-mini', temperature: 0.2, messages });
}

/** Answers with `COUNT` in id and text. */
export const answers: readonly string[] = Array.from({ length: 64 }, (_, i) =>
  JSON.stringify({
    id: 'chatcmpl-COUNT',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: 'gpt-4o-mini',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: `${passage(drawn(1000 + i), 700)} (ticket COUNT)` },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 410, completion_tokens: 160, total_tokens: 570 },
  }),
);
