/**
 * Server-sent events: bytes → frames, and back. A frame keeps the exact bytes it came in, so that a stream can be read
 * and still be forwarded unchanged.
 *
 * Spec: WHATWG HTML §9.2.5 and §9.2.6, with one difference: an event that the end of the stream cuts off before its
 * blank line is reported (`unfinished`) and not dropped, because some servers leave the last blank line out.
 */
import { StreamFormatError } from '../errors.ts';
import { LineBuffer } from './stream/lines.ts';

export interface Frame {
  /** The bytes as they came, line ends included; all frames of a stream joined are the stream. */
  readonly bytes: Uint8Array;
  /** The `data` lines, joined by line feeds; absent for comments, blank lines and events without data. */
  readonly data?: string;
  readonly event?: string;
  /** Texts that no client shows by itself: comments, ids, unknown fields and their names. */
  readonly rest: readonly string[];
  /** True when the bytes are not UTF-8; `data` then has replacement characters. */
  readonly malformed?: boolean;
  /** True when the stream ended inside this frame. */
  readonly unfinished?: boolean;
}

/** Splits a stream into frames, whatever its chunks look like. `maxFrame` in bytes. */
export interface FrameParser {
  /** @throws StreamFormatError  a frame is longer than `maxFrame` bytes */
  push(chunk: Uint8Array): Frame[];
  /** What the end of the stream leaves over. */
  end(): Frame[];
  /** The bytes that no frame was returned for: of the unfinished one, and of a push that threw. */
  leftover(): Uint8Array;
}

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads bytes as UTF-8 and says whether they were. */
export function readUtf8(bytes: Uint8Array): { text: string; malformed: boolean } {
  try {
    return { text: STRICT.decode(bytes), malformed: false };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { text: LENIENT.decode(bytes), malformed: true };
  }
}

export class SseParser implements FrameParser {
  readonly #lines: LineBuffer;
  readonly #maxFrame: number;
  #refused: readonly Frame[] = [];
  #first = true;
  #fields: Fields = new Fields();

  constructor(maxFrame: number = 16_777_216) {
    this.#maxFrame = maxFrame;
    this.#lines = new LineBuffer('any');
  }

  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    this.#lines.push(chunk);
    for (let line = this.#lines.next(); line; line = this.#lines.next()) this.#read(line, frames, false);
    if (this.#lines.kept > this.#maxFrame) {
      this.#refused = frames;
      throw new StreamFormatError(
        `an event is longer than ${this.#maxFrame} bytes; raise maxFrame or drop the upstream`,
      );
    }
    return frames;
  }

  end(): Frame[] {
    const frames: Frame[] = [];
    const rest = this.#lines.rest();
    if (rest.length > 0) this.#read(rest, frames, true);
    if (this.#lines.kept > 0) frames.push(this.#fields.frame(this.#lines.take(), true));
    this.#fields = new Fields();
    return frames;
  }

  leftover(): Uint8Array {
    return joined([...this.#refused.map((frame) => frame.bytes), this.#lines.take(true)]);
  }

  #read(bytes: Uint8Array, frames: Frame[], unfinished: boolean): void {
    const { text, malformed } = readUtf8(bytes);
    const line = this.#first && text.startsWith('\ufeff') ? text.slice(1) : text;
    this.#first = false;
    // A comment between two events is complete as soon as its line is: a keep-alive need not wait for what follows.
    const alone = this.#fields.empty && (line === '' || line.startsWith(':'));
    this.#fields.add(line, malformed);
    if (unfinished || !(alone || line === '')) return;
    frames.push(this.#fields.frame(this.#lines.take(), false));
    this.#fields = new Fields();
  }
}

/** The fields of one event while its lines come in. */
class Fields {
  empty = true;
  #event: string | undefined;
  #data: string[] = [];
  #rest: string[] = [];
  #malformed = false;

  add(line: string, malformed: boolean): void {
    this.#malformed ||= malformed;
    if (line === '') return;
    this.empty = false;
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#event = value;
    else if (value !== '') this.#rest.push(value);
    if (name.length > MAX_FIELD_NAME) this.#rest.push(name);
  }

  frame(bytes: Uint8Array, unfinished: boolean): Frame {
    return {
      bytes,
      ...(this.#data.length === 0 ? {} : { data: this.#data.join('\n') }),
      ...(this.#event === undefined ? {} : { event: this.#event }),
      rest: this.#rest,
      ...(this.#malformed ? { malformed: true } : {}),
      ...(unfinished ? { unfinished: true } : {}),
    };
  }
}

/** Longer than any field name of the standard (`event`, `retry`); the rest of such a line is text in disguise. */
const MAX_FIELD_NAME = 16;

/** One JSON object a line (Ollama's native API). An empty line is a frame without data. */
export class NdjsonParser implements FrameParser {
  readonly #lines: LineBuffer;
  readonly #maxFrame: number;
  #refused: readonly Frame[] = [];

  constructor(maxFrame: number = 16_777_216) {
    this.#maxFrame = maxFrame;
    this.#lines = new LineBuffer('lf');
  }

  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    this.#lines.push(chunk);
    for (let line = this.#lines.next(); line; line = this.#lines.next()) frames.push(this.#frame(line, false));
    if (this.#lines.kept > this.#maxFrame) {
      this.#refused = frames;
      throw new StreamFormatError(`a line is longer than ${this.#maxFrame} bytes; raise maxFrame or drop the upstream`);
    }
    return frames;
  }

  end(): Frame[] {
    const rest = this.#lines.rest();
    return rest.length > 0 ? [this.#frame(rest, true)] : [];
  }

  leftover(): Uint8Array {
    return joined([...this.#refused.map((frame) => frame.bytes), this.#lines.take(true)]);
  }

  #frame(line: Uint8Array, unfinished: boolean): Frame {
    const { text, malformed } = readUtf8(line);
    const blank = text.trim() === '';
    return {
      bytes: this.#lines.take(),
      ...(blank ? {} : { data: text }),
      rest: [],
      ...(malformed ? { malformed: true } : {}),
      ...(unfinished ? { unfinished: true } : {}),
    };
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const ENCODER = new TextEncoder();

/** One event as bytes: `event` (when given), a `data` line for every line of `data`, a blank line. */
export function writeSse(data: string, event?: string): Uint8Array {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return ENCODER.encode(`${event === undefined ? '' : `event: ${event}\n`}${lines.join('')}\n`);
}

/** One line of NDJSON as bytes. */
export function writeNdjson(value: unknown): Uint8Array {
  return ENCODER.encode(`${JSON.stringify(value)}\n`);
}
