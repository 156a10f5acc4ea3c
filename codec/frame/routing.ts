/**
 * What a frame tells a router without being opened: derived from the JSON of the message, written behind the fixed
 * header. Where the original's writer shifts its own reader (roles it does not know, a max_tokens that is no integer),
 * ours writes what can be read.
 */
import { InvalidInputError, WireFormatError } from '../../errors.ts';
import { ByteReader, ByteWriter, bytesOf, textOf } from '../bytes.ts';
import { type Limits, within } from '../limits.ts';
import { readVarint, writeVarint } from '../varint.ts';
import { estimateCost } from './cost.ts';

export const SCHEMA = { request: 1, response: 2 } as const;
/** Embeddings and errors, which the original reads and nobody writes, have the same headers. */
const REQUEST_LIKE: readonly number[] = [SCHEMA.request, 4];
const RESPONSE_LIKE: readonly number[] = [SCHEMA.response, 5, 0x10];

const ROLES = ['system', 'user', 'assistant', 'tool'] as const;
export type RoutedRole = (typeof ROLES)[number];
const FINISHES = ['stop', 'length', 'tool_calls', 'content_filter'] as const;
const U32 = 2 ** 32 - 1;

export interface RequestRouting {
  readonly kind: 'request';
  readonly model: string;
  readonly roles: readonly RoutedRole[];
  /** UTF-8 bytes of all contents. */
  readonly contentHint: number;
  readonly maxTokens?: number;
  /** US dollars. */
  readonly cost: number;
}

export interface ResponseRouting {
  readonly kind: 'response';
  readonly id: string;
  readonly model: string;
  readonly finish?: (typeof FINISHES)[number];
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens?: number;
  readonly reasoningTokens?: number;
  readonly cost?: number;
}

export type Routing = RequestRouting | ResponseRouting;

export interface Described {
  readonly schema: number;
  /** u16, by bit as §2.4 numbers them. */
  readonly flags: number;
  /** The variable header. */
  readonly bytes: Uint8Array;
}

type Json = Readonly<Record<string, unknown>>;

/** The variable header of a message. @throws InvalidInputError  a model or an id of more than 255 bytes */
export function describe(value: unknown): Described {
  const json = isRecord(value) ? value : {};
  const request = 'messages' in json && 'model' in json;
  const response = !request && ('choices' in json || (typeof json.id === 'string' && json.id.startsWith('chatcmpl-')));
  return response ? describeResponse(json) : describeRequest(json);
}

const REQUEST_KEYS: readonly (readonly string[])[] = [
  [], ['tools', 'functions'], ['tool_choice', 'function_call'], [], [], ['response_format'], [], ['reasoning_effort'],
  ['service_tier'], ['seed'], ['logprobs'], ['user'], ['temperature'], ['top_p'], ['stop'],
]; // biome-ignore format: one entry a bit

function describeRequest(json: Json): Described {
  const messages = (Array.isArray(json.messages) ? json.messages : []).map((message) =>
    isRecord(message) ? message : {},
  );
  const parts = messages.flatMap(({ content }) => (Array.isArray(content) ? content.filter(isRecord) : []));
  const wanted = 'max_tokens' in json ? json.max_tokens : json.max_completion_tokens;
  const maxTokens = isU32(wanted) ? wanted : undefined;
  let flags = 0;
  REQUEST_KEYS.forEach((keys, bit) => {
    if (keys.some((key) => key in json)) flags |= 1 << bit;
  });
  if (messages.some(({ role }) => role === 'system' || role === 'developer')) flags |= 1;
  if (parts.some(({ type }) => type === 'image_url')) flags |= 1 << 3;
  if (json.stream === true) flags |= 1 << 4;
  if (maxTokens !== undefined) flags |= 1 << 6;

  const texts = [...messages.map(({ content }) => content), ...parts.map(({ text }) => text)];
  const hint = texts.reduce<number>((sum, text) => sum + (typeof text === 'string' ? utf8Length(text) : 0), 0);
  const contentHint = Math.min(hint, U32);
  const model = typeof json.model === 'string' ? json.model : '';
  const writer = new ByteWriter();
  short(writer, model, 'model');
  writeVarint(writer, messages.length);
  for (let i = 0; i < messages.length; i += 4) {
    writer.u8(messages.slice(i, i + 4).reduce((byte, { role }, k) => byte | (roleNumber(role) << (2 * k)), 0));
  }
  writeVarint(writer, contentHint);
  if (maxTokens !== undefined) writeVarint(writer, maxTokens);
  writer.f32(estimateCost(model, Math.floor(contentHint / 4), maxTokens ?? 500));
  return { schema: SCHEMA.request, flags, bytes: writer.done() };
}

function describeResponse(json: Json): Described {
  const choice = Array.isArray(json.choices) && isRecord(json.choices[0]) ? json.choices[0] : {};
  const message = isRecord(choice.message) ? choice.message : {};
  const usage = isRecord(json.usage) ? json.usage : {};
  const cached = count(inside(usage.prompt_tokens_details).cached_tokens);
  const reasoning = count(inside(usage.completion_tokens_details).reasoning_tokens);
  const [prompt, completion] = [count(usage.prompt_tokens), count(usage.completion_tokens)];
  const finish = FINISHES.indexOf(choice.finish_reason as (typeof FINISHES)[number]);
  const set = (bit: number, on: boolean): number => (on ? 1 << bit : 0);
  const told = 'usage' in json;
  const flags =
    set(0, 'tool_calls' in message) |
    set(1, typeof message.refusal === 'string') |
    set(2, finish === 3) |
    set(3, told) |
    set(4, finish === 1) |
    set(5, cached > 0) |
    set(6, reasoning > 0) |
    set(7, told);
  const model = typeof json.model === 'string' ? json.model : '';
  const writer = new ByteWriter();
  short(writer, typeof json.id === 'string' ? json.id : '', 'id');
  short(writer, model, 'model');
  writer.u8(finish === -1 ? 0xff : finish);
  writeVarint(writer, prompt);
  writeVarint(writer, completion);
  if (cached > 0) writeVarint(writer, cached);
  if (reasoning > 0) writeVarint(writer, reasoning);
  if (told) writer.f32(estimateCost(model, prompt, completion));
  return { schema: SCHEMA.response, flags, bytes: writer.done() };
}

/** Reads a variable header; nothing of it is believed beyond its end. @throws WireFormatError, LimitExceededError */
export function readRouting(schema: number, flags: number, bytes: Uint8Array, limits: Limits): Routing {
  const reader = new ByteReader(bytes);
  const request = REQUEST_LIKE.includes(schema);
  if (!request && !RESPONSE_LIKE.includes(schema)) {
    throw new WireFormatError('schema', `m2m: no routing header is known for schema ${schema}`);
  }
  const routing = request ? readRequest(reader, flags, limits) : readResponse(reader, flags);
  reader.end('m2m: the routing header');
  return routing;
}

function readRequest(reader: ByteReader, flags: number, limits: Limits): RequestRouting {
  const model = textOf(reader.take(reader.u8('model length'), 'model'));
  const messages = readVarint(reader, 'message count');
  within(messages, limits.elements, 'm2m: messages');
  const packed = reader.take(Math.ceil((2 * messages) / 8), 'roles');
  const roles = Array.from({ length: messages }, (_, i) => ROLES[(packed[i >> 2]! >> (2 * (i & 3))) & 3]!);
  const contentHint = readVarint(reader, 'content hint');
  const maxTokens = (flags & (1 << 6)) !== 0 ? readVarint(reader, 'max tokens') : undefined;
  const cost = reader.f32('cost');
  return { kind: 'request', model, roles, contentHint, ...(maxTokens === undefined ? {} : { maxTokens }), cost };
}

function readResponse(reader: ByteReader, flags: number): ResponseRouting {
  const id = textOf(reader.take(reader.u8('id length'), 'id'));
  const model = textOf(reader.take(reader.u8('model length'), 'model'));
  const finish = FINISHES[reader.u8('finish')];
  const promptTokens = readVarint(reader, 'prompt tokens');
  const completionTokens = readVarint(reader, 'completion tokens');
  const cachedTokens = (flags & (1 << 5)) !== 0 ? readVarint(reader, 'cached tokens') : undefined;
  const reasoningTokens = (flags & (1 << 6)) !== 0 ? readVarint(reader, 'reasoning tokens') : undefined;
  const cost = (flags & (1 << 7)) !== 0 ? reader.f32('cost') : undefined;
  return {
    kind: 'response',
    id,
    model,
    ...(finish === undefined ? {} : { finish }),
    promptTokens,
    completionTokens,
    ...(cachedTokens === undefined ? {} : { cachedTokens }),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
    ...(cost === undefined ? {} : { cost }),
  };
}

/** `function` is the tool role of older APIs; whoever else speaks is a user. */
function roleNumber(role: unknown): number {
  if (role === 'system' || role === 'developer') return 0;
  if (role === 'assistant') return 2;
  return role === 'tool' || role === 'function' ? 3 : 1;
}

function short(writer: ByteWriter, text: string, what: string): void {
  const bytes = bytesOf(text);
  if (bytes.length > 255) throw new InvalidInputError(`m2m: the ${what} has ${bytes.length} bytes; a header holds 255`);
  writer.u8(bytes.length).put(bytes);
}

function count(value: unknown): number {
  return isU32(value) ? value : 0;
}

function isU32(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= U32;
}

function inside(value: unknown): Json {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
