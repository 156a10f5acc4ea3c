/**
 * Server-sent events, event by event: the payload of every `data:` line travels as a wire of its own, everything else
 * (field names, comments, line ends, `[DONE]`) as it is. What comes out of the decoder is, byte for byte, what went into
 * the encoder, however the stream is cut into chunks.
 */
import { LimitExceededError } from '../errors.ts';
import { type Limits, limitsOf } from './limits.ts';

/** A payload → what stands in its place. */
export type Payloads = (payload: string) => Promise<string>;

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const UTF8 = new TextEncoder();
const DATA: readonly number[] = [...'data:'].map((c) => c.charCodeAt(0));
const LF = 10;
const CR = 13;
const BLANK = 32;
/** What a decoder takes for a wire. */
const WIRE = /^#(?:TK\||T1\||M2M[|[])/u;

/**
 * Encodes every payload that is shorter for it, and each that a decoder would take for a wire already.
 *
 * @param encode  one message → its wire text
 * Errors of the stream: LimitExceededError where a line is longer than the limits allow; whatever `encode` throws
 */
export function encodeEvents(encode: Payloads, own?: Partial<Limits>): TransformStream<Uint8Array, Uint8Array> {
  return lines(async (payload) => {
    if (payload === '' || payload === '[DONE]') return payload;
    const wire = await encode(payload);
    return wire.length < payload.length || WIRE.test(payload) ? wire : payload;
  }, limitsOf(own).bytes);
}

/**
 * Undoes `encodeEvents`.
 *
 * @param decode  one wire text → its message
 * Errors of the stream: LimitExceededError where a line is longer than the limits allow; whatever `decode` throws
 */
export function decodeEvents(decode: Payloads, own?: Partial<Limits>): TransformStream<Uint8Array, Uint8Array> {
  return lines(async (payload) => (WIRE.test(payload) ? decode(payload) : payload), limitsOf(own).wireBytes);
}

function lines(change: Payloads, limit: number): TransformStream<Uint8Array, Uint8Array> {
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
        const line = await changed(take(chunk.subarray(from, i)), change);
        controller.enqueue(joined([line, chunk.subarray(i, i + 1)]));
        from = i + 1;
      }
      if (from === chunk.length) return;
      size += chunk.length - from;
      if (size > limit) throw new LimitExceededError(`an event's line is longer than the limit of ${limit} bytes`);
      held.push(chunk.slice(from));
    },
    async flush(controller) {
      if (held.length > 0) controller.enqueue(await changed(take(new Uint8Array()), change));
    },
  });
}

/** One line without its end. Lines that are no data, or no UTF-8, stay. */
async function changed(line: Uint8Array, change: Payloads): Promise<Uint8Array> {
  if (DATA.some((code, i) => line[i] !== code)) return line;
  const start = line[DATA.length] === BLANK ? DATA.length + 1 : DATA.length;
  let payload: string;
  try {
    payload = STRICT.decode(line.subarray(start));
  } catch (error) {
    if (error instanceof TypeError) return line; // no UTF-8 is no message; it passes as it is
    throw error;
  }
  const other = await change(payload);
  return other === payload ? line : joined([line.subarray(0, start), UTF8.encode(other)]);
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
