/**
 * `#M2M|` with base64 of bytes in which one byte from 0x80 stands for a piece of JSON, or, for what was short, the text
 * itself: the first format of the original, long out of use. Decode only.
 */
import { LimitExceededError, WireFormatError } from '../../errors.ts';
import { decodeBase64 } from '../base64.ts';
import { ByteWriter, bytesOf, textOf, wireBytesOf } from '../bytes.ts';
import type { WireDecoder } from '../codec.ts';
import { limitsOf, within } from '../limits.ts';

/** Wire format §2.6; the table of the original's source. */
const PATTERNS: ReadonlyMap<number, Uint8Array> = new Map(
  (
    [
      [0x80, '{"role":"user","content":'],
      [0x81, '{"role":"assistant","content":'],
      [0x82, '{"role":"system","content":'],
      [0x83, '"}'],
      [0x84, '},'],
      [0x85, '"}]'],
      [0x86, '{"messages":['],
      [0x87, '{"model":'],
      [0x88, ',"messages":['],
      [0x89, ',"max_tokens":'],
      [0x8a, ',"temperature":'],
      [0x8b, ',"stream":true'],
      [0x8c, ',"stream":false'],
      [0x90, '"gpt-4'],
      [0x91, '"gpt-4o'],
      [0x92, '"gpt-4o-mini'],
      [0x93, '"gpt-3.5-turbo'],
      [0x94, '"claude-3'],
      [0x95, '"llama'],
      [0xa0, '{"choices":[{'],
      [0xa1, '"finish_reason":"stop"'],
      [0xa2, '"finish_reason":"length"'],
      [0xa3, ',"usage":{'],
      [0xa4, '"prompt_tokens":'],
      [0xa5, ',"completion_tokens":'],
      [0xa6, ',"total_tokens":'],
      [0xa7, '"index":0,'],
      [0xa8, '"message":{'],
      [0xa9, '"delta":{'],
      [0xb0, '"tool_calls":[{'],
      [0xb1, '"type":"function",'],
      [0xb2, '"function":{'],
      [0xb3, '"name":'],
      [0xb4, ',"arguments":'],
    ] as const
  ).map(([byte, text]) => [byte, bytesOf(text)]),
);
const PREFIX = /^#M2M(?:\[v1\.0\]\|(?:DATA:)?|\|)/u;
/** From this many bytes on the original's encoder always wrote base64 (its dictionary.rs, `min_length`). */
const COMPRESSED_FROM = 50;

export const dictionary: WireDecoder = {
  name: 'dictionary',

  async decode(wire, { limits } = {}) {
    const own = limitsOf(limits);
    within(wire.length, own.wireBytes, 'dictionary: the wire');
    const bytes = wireBytesOf(wire);
    within(bytes.length, own.wireBytes, 'dictionary: the wire');
    const text = textOf(bytes);
    const prefix = PREFIX.exec(text)?.[0];
    if (prefix === undefined) throw new WireFormatError('prefix', 'dictionary: expected a wire that begins with #M2M|');
    const rest = text.slice(prefix.length);
    const size = bytes.length - prefix.length;
    // No base64 goes on as JSON does; what is longer and no base64 was broken on its way and is no message.
    const literal = size < COMPRESSED_FROM && !/^[A-Za-z0-9+/]*={0,2}$/u.test(rest);
    if (!literal) return expanded(decodeBase64(rest), own.bytes);
    within(size, own.bytes, 'dictionary: the message');
    return rest;
  },
};

function expanded(bytes: Uint8Array, limit: number): string {
  const writer = new ByteWriter();
  for (const byte of bytes) {
    const pattern = PATTERNS.get(byte);
    if (pattern) writer.put(pattern);
    else if (byte < 0x80) writer.u8(byte);
    else throw new WireFormatError('unknown-id', `dictionary: no pattern has the byte ${byte}`);
    if (writer.length > limit) {
      throw new LimitExceededError(`dictionary: the message is longer than the limit of ${limit} bytes`);
    }
  }
  return textOf(writer.done());
}
