/**
 * One event of a stream → the texts in it. A text that continues from event to event (`delta.content`) belongs to a
 * channel and is judged with what came before; every other string is judged by itself.
 *
 * No dialect is listed field by field: a string under one of the names in CONTINUED continues, whatever the API, and
 * arrays are told apart by the `index` of their elements, so that interleaved choices and tool calls stay apart.
 */
import { scanJson } from '../json/scan.ts';
import { childPath } from '../path.ts';
import type { Role } from '../verdict.ts';

/** A string of an event and where it stands, so that it can be replaced there. */
export interface Leaf {
  readonly text: string;
  /** As in the answer that is not streamed: `choices[0].message.content`. */
  readonly path: string;
  /** Absent where the string cannot be replaced: a key, a field of the frame. */
  readonly holder?: Record<string, unknown> | unknown[];
  readonly key?: string | number;
}

export interface Continued extends Leaf {
  /** Names the channel: the event's type and indices, and the path. */
  readonly channel: string;
}

export type Dialect = 'chat' | 'completion' | 'responses' | 'ollama' | 'other';

export interface Event {
  readonly value: unknown;
  readonly dialect: Dialect;
  readonly continued: readonly Continued[];
  readonly whole: readonly Leaf[];
  /** The choices which this event starts or continues. */
  readonly choices: readonly number[];
  /** The choices that this event ends. */
  readonly finished: readonly number[];
}

/** Deeper than any event of the APIs above; deeper nesting is refused, not followed. */
export const MAX_DEPTH = 64;

/** Names under which the streaming APIs we know send text piece by piece (OpenAI, Anthropic, Gemini, Ollama, TGI, vLLM). */
const CONTINUED = new Set(
  `arguments audio_transcript completion content delta generated_text input output partial_json reasoning
   reasoning_content refusal response summary text thinking token transcript`.split(/\s+/),
);

/** Longer than any key of those APIs: such a key is text. */
const LONG_KEY = 24;

/** Responses events that repeat a text as a whole. */
const WHOLE_TYPE = /\.(?:done|completed|incomplete|failed|created|queued|in_progress|added)$/;

/** Fields that tell which text of an answer a Responses event continues. */
const INDICES = ['output_index', 'content_index', 'summary_index', 'index'] as const;

/**
 * The value of an event's data. Two keys of one name are refused: which of them a client reads, nobody here can know.
 *
 * @throws SyntaxError  no JSON, or a key twice
 */
export function parseEvent(data: string): unknown {
  const value: unknown = JSON.parse(data);
  if (scanJson(data, true).faults.some(({ name }) => name === 'duplicate-key')) throw new SyntaxError('a key twice');
  return value;
}

/** @returns undefined when the value nests deeper than MAX_DEPTH */
export function readEvent(value: unknown, name: string | undefined): Event | undefined {
  const record = isRecord(value) ? value : undefined;
  // Beside choices no client reads a type, which must not cut their texts into channels.
  const type = typeof record?.type === 'string' && !Array.isArray(record.choices) ? record.type : '';
  const found: Found = { continued: [], whole: [], prefix: '', continues: !WHOLE_TYPE.test(type) };
  if (type !== '') found.prefix = `${type}${INDICES.map((key) => `|${plain(record?.[key])}`).join('')}|`;
  if (typeof value === 'string') found.whole.push({ text: value, path: 'data' });
  else if (!walk(value, '', found, 0)) return undefined;
  if (name !== undefined && name !== type) found.whole.push({ text: name, path: 'event' });
  const choices = Array.isArray(record?.choices) ? record.choices.filter(isRecord) : [];
  return {
    value,
    dialect: dialectOf(record, type),
    continued: found.continued,
    whole: found.whole,
    choices: choices.map(indexOf),
    finished: choices.filter((c) => typeof c.finish_reason === 'string' && c.finish_reason !== '').map(indexOf),
  };
}

/** Who speaks in a channel: tool results that an API streams back are not the assistant's words. */
export function roleOf(path: string, role: Role): Role {
  return /(?:^|\.)(?:tool_result|function_call_output)\b/.test(path) ? 'tool' : role;
}

interface Found {
  readonly continued: Continued[];
  readonly whole: Leaf[];
  prefix: string;
  readonly continues: boolean;
}

function walk(node: unknown, path: string, found: Found, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(node)) {
    for (const [i, child] of node.entries()) {
      const at = `${path}[${isRecord(child) ? indexOf(child, i) : i}]`;
      if (typeof child === 'string') found.whole.push({ text: child, path: at, holder: node, key: i });
      else if (!walk(child, at, found, depth + 1)) return false;
    }
    return true;
  }
  if (!isRecord(node)) return true;
  for (const [key, child] of Object.entries(node)) {
    // Token by token the same text again, in the event that carries the text itself.
    if (key === 'logprobs') continue;
    if (key.length > LONG_KEY) found.whole.push({ text: key, path: `${childPath(path, key)}#` });
    const at = childPath(path, path !== '' && key === 'delta' && typeof child === 'object' ? 'message' : key);
    if (typeof child === 'string') {
      if (child === '') continue;
      const leaf = { text: child, path: at, holder: node, key };
      if (found.continues && CONTINUED.has(key)) found.continued.push({ ...leaf, channel: found.prefix + at });
      else found.whole.push(leaf);
    } else if (!walk(child, at, found, depth + 1)) return false;
  }
  return true;
}

function dialectOf(record: Record<string, unknown> | undefined, type: string): Dialect {
  if (!record) return 'other';
  if (type.startsWith('response.')) return 'responses';
  if (Array.isArray(record.choices)) return record.object === 'text_completion' ? 'completion' : 'chat';
  return typeof record.done === 'boolean' && typeof record.model === 'string' ? 'ollama' : 'other';
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function indexOf(choice: Record<string, unknown>, i: number): number {
  const { index } = choice;
  return typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : i;
}

function plain(value: unknown): string {
  return typeof value === 'number' ? String(value) : '';
}
