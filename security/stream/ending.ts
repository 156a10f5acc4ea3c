/**
 * How a stream ends that must not go on: in the form that its client takes for an end with a reason, never bare.
 *
 *   chat, completions   a chunk with `finish_reason: "content_filter"`, then `[DONE]`
 *   Responses           `response.incomplete` with `incomplete_details.reason: "content_filter"`
 *   Ollama              `{"done":true,"done_reason":"content_filter"}`
 *   anything else, and `strict`: an error frame
 *
 * Measured on openai, ai and @langchain/openai: the first form is a clean end with the reason visible, an error frame
 * throws, a bare end looks like success. Each form carries `m2m`, without the text that was found.
 */
import { writeNdjson, writeSse } from '../sse.ts';
import type { Verdict } from '../verdict.ts';
import { type Dialect, type Event, isRecord } from './event.ts';

/** What a client is told about a block. */
export interface Detail {
  readonly verdict: 'block';
  readonly category: string;
  readonly name: string;
  readonly score: number;
  readonly path?: string;
}

/** What the ending repeats of the events before it. */
export interface Seen {
  dialect: Dialect;
  /** The latest event that names the answer (`id`, `model`, `created`), or a Responses `response`. */
  head: Record<string, unknown>;
  sequence: number;
  /** Choices that have begun to reach the client. */
  readonly begun: Set<number>;
  /** Choices that have not ended for the client. */
  readonly open: Set<number>;
}

export function detailOf(verdict: Verdict): Detail {
  const worst = verdict.threats[0];
  return {
    verdict: 'block',
    category: worst?.category ?? 'malformed',
    name: worst?.name ?? 'unknown',
    score: worst?.score ?? verdict.score,
    ...(worst?.path === undefined ? {} : { path: worst.path }),
  };
}

/** The bytes that end the stream for the client. */
export function ending(seen: Seen, wire: 'sse' | 'ndjson', verdict: Verdict, strict: boolean): Uint8Array[] {
  const m2m = detailOf(verdict);
  const message = `blocked by m2m: ${m2m.category} (${m2m.name})`;
  const error = { message, type: 'content_filter', code: 'content_filter', param: m2m.path ?? null, m2m };
  if (wire === 'ndjson') return [writeNdjson(strict ? { error: message, m2m } : ollamaEnd(seen, m2m))];
  if (seen.dialect === 'responses') {
    if (!strict) return [writeSse(JSON.stringify(responsesEnd(seen, m2m)), 'response.incomplete')];
    const event = {
      type: 'error',
      code: error.code,
      message,
      param: error.param,
      sequence_number: seen.sequence + 1,
      m2m,
    };
    return [writeSse(JSON.stringify(event), 'error')];
  }
  if (strict || seen.dialect === 'other') return [writeSse(JSON.stringify({ error }))];
  return [writeSse(JSON.stringify(chatEnd(seen, m2m))), writeSse('[DONE]')];
}

function chatEnd(seen: Seen, m2m: Detail): unknown {
  const blocked = /^choices\[(\d+)\]/.exec(m2m.path ?? '')?.[1];
  const open = new Set(seen.open);
  if (blocked !== undefined) open.add(Number(blocked));
  if (open.size === 0) open.add(0);
  const choices = [...open]
    .sort((a, b) => a - b)
    .map((index) => ({
      index,
      ...(seen.dialect === 'completion'
        ? { text: '' }
        : // A client that collects the message needs its role, which the first chunk carries.
          { delta: seen.begun.has(index) ? {} : { role: 'assistant', content: '' } }),
      logprobs: null,
      finish_reason: 'content_filter',
      ...(blocked === undefined || Number(blocked) === index ? { m2m } : {}),
    }));
  return { ...seen.head, choices, m2m };
}

function responsesEnd(seen: Seen, m2m: Detail): unknown {
  const response = {
    ...seen.head,
    status: 'incomplete',
    incomplete_details: { reason: 'content_filter' },
    output: [],
    // Clients demand the field; what the upstream counted is not known here.
    usage: {
      input_tokens: 0,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 0,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 0,
    },
    m2m,
  };
  return { type: 'response.incomplete', sequence_number: seen.sequence + 1, response, m2m };
}

function ollamaEnd(seen: Seen, m2m: Detail): unknown {
  const text = 'response' in seen.head ? { response: '' } : { message: { role: 'assistant', content: '' } };
  const { model, created_at } = seen.head;
  return { model, created_at, ...text, done: true, done_reason: 'content_filter', m2m };
}

const NAMES = ['id', 'object', 'created', 'created_at', 'model', 'system_fingerprint'] as const;

/**
 * The fields of an event that the ending repeats: what names the answer (judged with the event), and of a Responses
 * object that went on to the client all of it.
 */
function headOf(event: Event, before: Record<string, unknown>, sent: boolean): Record<string, unknown> {
  if (!isRecord(event.value) || event.dialect === 'other') return before;
  const named = event.dialect === 'responses' ? event.value.response : event.value;
  if (!isRecord(named)) return before;
  if (event.dialect === 'responses' && sent) return named;
  const head = Object.fromEntries(NAMES.filter((key) => named[key] !== undefined).map((key) => [key, named[key]]));
  return 'response' in named ? { ...head, response: '' } : { ...before, ...head };
}

/** Remembers what an ending has to repeat: of an event that came, what names the answer; of one that went on, the rest. */
export function note(seen: Seen, event: Event, sent: boolean): void {
  if (event.dialect !== 'other') seen.dialect = event.dialect;
  seen.head = headOf(event, seen.head, sent);
  if (!sent) {
    for (const choice of event.choices) seen.open.add(choice);
    return;
  }
  if (isRecord(event.value) && typeof event.value.sequence_number === 'number')
    seen.sequence = event.value.sequence_number;
  for (const choice of event.choices) seen.begun.add(choice);
  for (const choice of event.finished) seen.open.delete(choice);
}
