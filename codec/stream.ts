/**
 * Server-sent events, event by event (or JSON texts, line by line): the payload of every `data:` line travels as a wire of its own, everything else
 * (field names, comments, line ends, `[DONE]`) as it is. What comes out of the decoder is, byte for byte, what went into
 * the encoder, however the stream is cut into chunks.
 */
import { LimitExceededError, WireFormatError } from '../errors.ts';
import { type Limits, limitsOf } from './limits.ts';

/** A payload → what stands in its place. */
export type Payloads = (payload: string) => Promise<string>;

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const UTF8 = new TextEncoder();
const DATA: readonly number[] = [...'data:'].map((c) => c.charCodeAt(0));
const BOM: readonly number[] = [0xef, 0xbb, 0xbf];
const LF = 10;
const CR = 13;
const BLANK = 32;
/** What a decoder takes for a wire. */
const WIRE = /^#(?:TK\||T1\||M2M[|[])/u;

export interface EventOptions {
  readonly limits?: Partial<Limits>;
  /** What the stream is made of: server-sent events (default), or JSON texts, one a line. */
  readonly wire?: 'sse' | 'ndjson';
  /**
   * Every payload but the empty one and `[DONE]` is a wire, even where that is longer: for peers that protect all they
   * send, and for the original, whose reader changes what is not packed.
   */
  readonly every?: boolean;
}

/**
 * Encodes every payload that is shorter for it, and each that a decoder would take for a wire already.
 *
 * @param encode  one message → its wire text
 * Errors of the stream: LimitExceededError where a line is longer than the limits allow; whatever `encode` throws
 */
export function encodeEvents(encode: Payloads, options: EventOptions = {}): TransformStream<Uint8Array, Uint8Array> {
  const change: Payloads = async (payload) => {
    const wire = await encode(payload);
    return options.every || wire.length < payload.length || WIRE.test(payload) ? wire : payload;
  };
  return lines(change, limitsOf(options.limits).bytes, options);
}

/**
 * Undoes `encodeEvents`.
 *
 * @param decode  one wire text → its message; with `every`, whatever stands in the place of one
 * Errors of the stream: LimitExceededError where a line is longer than the limits allow; with `every`, WireFormatError
 * where it is no UTF-8; whatever `decode` throws
 */
export function decodeEvents(decode: Payloads, options: EventOptions = {}): TransformStream<Uint8Array, Uint8Array> {
  const change: Payloads = async (payload) => (options.every || WIRE.test(payload) ? decode(payload) : payload);
  return lines(change, limitsOf(options.limits).wireBytes, options);
}

function lines(change: Payloads, limit: number, options: EventOptions): TransformStream<Uint8Array, Uint8Array> {
  const { wire = 'sse', every = false } = options;
  let first = true;
  const changed = async (line: Uint8Array): Promise<Uint8Array> => {
    // Readers of event streams leave out a byte order mark; a line of data behind one is a line of data.
    const from = first && BOM.every((byte, i) => line[i] === byte) ? BOM.length : 0;
    first = false;
    const start = wire === 'sse' ? payloadOf(line, from) : from;
    if (start === -1) return line;
    const payload = textOf(line.subarray(start), every);
    if (payload === undefined || payload === '' || payload === '[DONE]') return line;
    const other = await change(payload);
    return other === payload ? line : joined([line.subarray(0, start), UTF8.encode(other)]);
  };
  let held: Uint8Array[] = [];
  let size = 0;
  const take = (tail: Uint8Array): Uint8Array => {
    const line = held.length === 0 ? tail : joined([...held, tail]);
    held = [];
    size = 0;
    return line;
  };
  return new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      let from = 0;
      for (let i = 0; i < chunk.length; i++) {
        if (chunk[i] !== LF && chunk[i] !== CR) continue;
        const line = await changed(take(chunk.subarray(from, i)));
        controller.enqueue(joined([line, chunk.subarray(i, i + 1)]));
        from = i + 1;
      }
      if (from === chunk.length) return;
      size += chunk.length - from;
      if (size > limit) throw new LimitExceededError(`an event's line is longer than the limit of ${limit} bytes`);
      held.push(chunk.slice(from));
    },
    async flush(controller) {
      if (held.length > 0) controller.enqueue(await changed(take(new Uint8Array())));
    },
  });
}

/** Where the payload of a line of data begins, which itself begins at `from`; -1 for other lines. */
function payloadOf(line: Uint8Array, from: number): number {
  if (DATA.some((code, i) => line[from + i] !== code)) return -1;
  const start = from + DATA.length;
  return line[start] === BLANK ? start + 1 : start;
}

/** What is no UTF-8 is no message, and passes as it is where that is allowed. */
function textOf(bytes: Uint8Array, every: boolean): string | undefined {
  try {
    return STRICT.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    if (every) throw new WireFormatError('utf-8', 'an event that is no UTF-8, where every one has to be a wire');
    return undefined;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
