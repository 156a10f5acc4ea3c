/** What the demo upstream says: the last user message, in the shapes of OpenAI's API reference. */
import { createHash } from 'node:crypto';

/** An answer as JSON, or as events to be sent one by one. */
export type Answer =
  | { readonly json: unknown; readonly status?: number }
  | { readonly events: readonly { readonly event?: string; readonly data: string }[] };

export type Body = Readonly<Record<string, unknown>>;

const MODEL = 'm2m-demo-echo';

/** GET /v1/models */
export function models(): Answer {
  return { json: { object: 'list', data: [{ id: MODEL, object: 'model', created: 0, owned_by: 'm2m-protocol' }] } };
}

/** POST /v1/chat/completions */
export function chat(body: Body): Answer {
  if (!Array.isArray(body.messages)) return problem(400, 'messages: expected an array');
  const said = textOf(body.messages.findLast((message) => record(message).role === 'user'));
  const call = body.tool_choice === 'none' ? undefined : toolCall(body, said);
  const head = { id: idOf('chatcmpl', said), created: now(), model: modelOf(body) };
  const finish = call ? 'tool_calls' : 'stop';
  const usage = usageOf(JSON.stringify(body.messages), said);
  if (body.stream !== true) {
    const message = {
      role: 'assistant',
      content: call ? null : said,
      refusal: null,
      ...(call ? { tool_calls: [call] } : {}),
    };
    const choice = { index: 0, message, logprobs: null, finish_reason: finish };
    return { json: { ...head, object: 'chat.completion', choices: [choice], usage } };
  }
  const chunk = (delta: unknown, reason: string | null): unknown => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
  });
  const deltas = call ? [{ tool_calls: [{ index: 0, ...call }] }] : words(said).map((content) => ({ content }));
  const chunks = [
    chunk({ role: 'assistant', content: '' }, null),
    ...deltas.map((d) => chunk(d, null)),
    chunk({}, finish),
  ];
  if (record(body.stream_options).include_usage === true) {
    chunks.push({ ...head, object: 'chat.completion.chunk', choices: [], usage });
  }
  return { events: done(chunks) };
}

/** POST /v1/completions */
export function completion(body: Body): Answer {
  const prompt = Array.isArray(body.prompt) ? body.prompt[0] : body.prompt;
  if (typeof prompt !== 'string') return problem(400, 'prompt: expected a string');
  const head = { id: idOf('cmpl', prompt), object: 'text_completion', created: now(), model: modelOf(body) };
  const choice = (text: string, reason: string | null): unknown => ({
    index: 0,
    text,
    logprobs: null,
    finish_reason: reason,
  });
  if (body.stream !== true)
    return { json: { ...head, choices: [choice(prompt, 'stop')], usage: usageOf(prompt, prompt) } };
  return {
    events: done(
      [...words(prompt).map((w) => choice(w, null)), choice('', 'stop')].map((c) => ({ ...head, choices: [c] })),
    ),
  };
}

/** POST /v1/embeddings: eight numbers made of the input's SHA-256, of length 1. */
export function embeddings(body: Body): Answer {
  const inputs = Array.isArray(body.input) ? body.input : [body.input];
  if (inputs.length === 0 || inputs.some((input) => input === undefined)) {
    return problem(400, 'input: expected a string or an array');
  }
  const data = inputs.map((input, index) => {
    const vector = vectorOf(typeof input === 'string' ? input : JSON.stringify(input));
    const embedding = body.encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  const tokens = tokensOf(inputs.join(' '));
  return {
    json: { object: 'list', data, model: modelOf(body), usage: { prompt_tokens: tokens, total_tokens: tokens } },
  };
}

/** POST /v1/responses */
export function respond(body: Body): Answer {
  const { input } = body;
  if (typeof input !== 'string' && !Array.isArray(input)) return problem(400, 'input: expected a string or an array');
  const said = typeof input === 'string' ? input : textOf(input.findLast((item) => record(item).role === 'user'));
  const part = (text: string): unknown => ({ type: 'output_text', text, annotations: [] });
  const itemId = idOf('msg', said);
  const item = (status: string, content: unknown[]): unknown => ({
    id: itemId,
    type: 'message',
    role: 'assistant',
    status,
    content,
  });
  const whole = (status: string, output: unknown[]): Record<string, unknown> => ({
    id: idOf('resp', said),
    object: 'response',
    created_at: now(),
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    model: modelOf(body),
    output,
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    temperature: 1,
    top_p: 1,
    metadata: {},
    usage: status === 'completed' ? responsesUsage(JSON.stringify(input), said) : null,
  });
  const finished = whole('completed', [item('completed', [part(said)])]);
  if (body.stream !== true) return { json: finished };
  const at = { item_id: itemId, output_index: 0, content_index: 0 };
  const events: Record<string, unknown>[] = [
    { type: 'response.created', response: whole('in_progress', []) },
    { type: 'response.in_progress', response: whole('in_progress', []) },
    { type: 'response.output_item.added', output_index: 0, item: item('in_progress', []) },
    { type: 'response.content_part.added', ...at, part: part('') },
    ...words(said).map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...at, text: said, logprobs: [] },
    { type: 'response.content_part.done', ...at, part: part(said) },
    { type: 'response.output_item.done', output_index: 0, item: item('completed', [part(said)]) },
    { type: 'response.completed', response: finished },
  ];
  return {
    events: events.map((event, i) => ({
      event: String(event.type),
      data: JSON.stringify({ ...event, sequence_number: i }),
    })),
  };
}

/** A call of the first tool, with arguments that echo what was said. */
function toolCall(body: Body, said: string): Record<string, unknown> | undefined {
  if (!Array.isArray(body.tools) || record(body.tools[0]).type !== 'function') return undefined;
  // A tool's result is the end of the round: calling again would never end.
  if (record((body.messages as unknown[]).at(-1)).role === 'tool') return undefined;
  const { name, parameters } = record(record(body.tools[0]).function);
  const properties = Object.keys(record(record(parameters).properties));
  const values = Object.fromEntries(properties.slice(0, 1).map((property) => [property, said]));
  return { id: idOf('call', said), type: 'function', function: { name, arguments: JSON.stringify(values) } };
}

function done(chunks: readonly unknown[]): { data: string }[] {
  return [...chunks.map((chunk) => ({ data: JSON.stringify(chunk) })), { data: '[DONE]' }];
}

/** The text of a message: a string, or the text parts of a list. */
function textOf(message: unknown): string {
  const { content } = record(message);
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part) => record(part).text)
    .filter((text) => typeof text === 'string')
    .join('');
}

function words(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+/gu) ?? (text === '' ? [] : [text]);
}

function vectorOf(input: string): Float32Array {
  const hash = createHash('sha256').update(input).digest();
  const raw = Float32Array.from({ length: 8 }, (_, i) => hash.readInt32LE(i * 4) / 2 ** 31);
  const length = Math.hypot(...raw);
  return raw.map((x) => x / length);
}

function usageOf(prompt: string, answer: string): unknown {
  const [prompt_tokens, completion_tokens] = [tokensOf(prompt), tokensOf(answer)];
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

function responsesUsage(prompt: string, answer: string): unknown {
  const [input_tokens, output_tokens] = [tokensOf(prompt), tokensOf(answer)];
  return {
    input_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input_tokens + output_tokens,
  };
}

/** Four characters a token, the usual estimate for English; an echo has no tokenizer of its own. */
function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

function idOf(prefix: string, text: string): string {
  return `${prefix}-${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
}

function modelOf(body: Body): string {
  return typeof body.model === 'string' ? body.model : MODEL;
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** An error in OpenAI's shape. */
export function problem(status: number, message: string): Answer {
  return { status, json: { error: { message, type: 'invalid_request_error', param: null, code: null } } };
}
