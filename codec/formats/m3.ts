/**
 * `#M3|`: a chat request as fields, without everything that it had no field for (tools, parts, names). Lossy where it was
 * written, out of use since, and therefore decode only. Its bytes are no text.
 */
import { WireFormatError } from '../../errors.ts';
import { ByteReader, bytesOf, textOf, wireBytesOf } from '../bytes.ts';
import type { WireDecoder } from '../codec.ts';
import { type Limits, limitsOf, within } from '../limits.ts';
import { readVarint } from '../varint.ts';

const PREFIX = '#M3|';
const ROLES = ['system', 'user', 'assistant', 'tool'] as const;
const HAS = { temperature: 1, maxTokens: 2, topP: 4, stream: 8, stop: 16 } as const;

export const m3: WireDecoder = {
  name: 'm3',

  /** The JSON of the request, with members in the order of the wire. */
  async decode(wire, { limits } = {}) {
    const own = limitsOf(limits);
    within(wire.length, own.wireBytes, 'm3: the wire');
    const bytes = wireBytesOf(wire);
    within(bytes.length, own.wireBytes, 'm3: the wire');
    const reader = new ByteReader(bytes);
    if (textOf(reader.take(PREFIX.length, 'm3: the prefix')) !== PREFIX) {
      throw new WireFormatError('prefix', 'm3: expected a wire that begins with #M3|');
    }
    const version = reader.u8('m3: the version');
    if (version !== 1) throw new WireFormatError('unknown-id', `m3: expected version 1, found ${version}`);
    const request = JSON.stringify(readRequest(reader, own));
    reader.end('m3');
    within(bytesOf(request).length, own.bytes, 'm3: the message');
    return request;
  },
};

function readRequest(reader: ByteReader, limits: Limits): Record<string, unknown> {
  let size = 0;
  const text = (what: string): string => {
    const bytes = reader.take(readVarint(reader, what), what);
    size += escaped(bytes);
    within(size, limits.bytes, 'm3: the message');
    return textOf(bytes);
  };
  const list = <T>(what: string, read: () => T): T[] => {
    const count = readVarint(reader, what);
    within(count, limits.elements, `m3: ${what}`);
    return Array.from({ length: count }, read);
  };
  const model = text('m3: the model');
  const flags = reader.u8('m3: the flags');
  if (flags > 31) throw new WireFormatError('reserved', 'm3: reserved flags are set');
  const messages = list('messages', () => {
    const role = ROLES[reader.u8('m3: a role')];
    if (role === undefined) throw new WireFormatError('unknown-id', 'm3: a role that nobody has');
    return { role, content: text('m3: a content') };
  });
  return {
    model,
    messages,
    ...(flags & HAS.temperature ? { temperature: reader.u8('m3: the temperature') / 100 } : {}),
    ...(flags & HAS.maxTokens ? { max_tokens: readVarint(reader, 'm3: max_tokens') } : {}),
    ...(flags & HAS.topP ? { top_p: reader.u8('m3: top_p') / 100 } : {}),
    ...(flags & HAS.stream ? { stream: true } : {}),
    ...(flags & HAS.stop ? { stop: list('stop sequences', () => text('m3: a stop sequence')) } : {}),
  };
}

/** Bytes of a text inside JSON: control characters take up to six there, so that the message can outgrow its wire. */
function escaped(bytes: Uint8Array): number {
  let size = bytes.length;
  for (const byte of bytes) {
    if (byte < 0x20) size += SHORT.includes(byte) ? 1 : 5;
    else if (byte === 0x22 || byte === 0x5c) size++;
  }
  return size;
}

/** The control characters that JSON.stringify writes with one letter. */
const SHORT: readonly number[] = [8, 9, 10, 12, 13];
