/**
 * `#M2M|1|` frames: a fixed header, a routing header, and the bytes of the message, which may be compressed and
 * protected (wire format §2.4).
 *
 *   header_len u16 │ schema │ security │ flags u16 │ 0 │ common │ 12 × 0 ║ routing ║ payload_len u32 │ crc32 u32 │ payload
 *
 * The order of trust: the receiver's policy, the MAC, the lengths, decompression under the limit, the checksum.
 */
import { InvalidInputError, WireFormatError } from '../../errors.ts';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { ByteReader, ByteWriter, bytesOf, textOf } from '../bytes.ts';
import type { DecodeOptions, EncodeOptions, Wire, WireFormat } from '../codec.ts';
import { compressBrotli, decompressBrotli } from '../compress.ts';
import { crc32 } from '../crc32.ts';
import { type Limits, limitsOf, within } from '../limits.ts';
import { describe, type Routing, readRouting } from './routing.ts';
import { checkKey, concat, MODES, open, type Security, seal, wrongMode } from './seal.ts';

export type { Routing } from './routing.ts';
export type { Security } from './seal.ts';

const PREFIX = '#M2M|1|';
const FIXED = 20;
/** What a u16 can say. */
const LONGEST_HEADER = 65_535;
const COMPRESSED = 1;
/** Shorter messages do not gain by compression. */
const COMPRESS_FROM = 100;
const QUALITY = 5;

export interface FrameEncodeOptions extends EncodeOptions {
  /** Default none. */
  readonly security?: Security;
  /** 12 bytes, for tests against published vectors; a random one otherwise. Never twice with one key. */
  readonly nonce?: Uint8Array;
}

export interface FrameDecodeOptions extends DecodeOptions {
  /** What the receiver demands; a frame of another mode is refused. Default none. */
  readonly security?: Security;
}

export interface FrameHeaders {
  readonly schema: number;
  readonly security: Security['mode'];
  readonly flags: number;
  readonly compressed: boolean;
  readonly routing: Routing;
}

const NONE: Security = { mode: 'none' };

export const m2m: WireFormat<FrameEncodeOptions, FrameDecodeOptions> = {
  name: 'm2m',

  async encode(message, { form = 'text', security = NONE, limits, nonce } = {}) {
    checkKey(security);
    const bytes = bytesOf(message);
    within(bytes.length, limitsOf(limits).bytes, 'm2m: the message');
    const compressed = bytes.length >= COMPRESS_FROM;
    const payload = compressed ? await compressBrotli(bytes, QUALITY) : bytes;
    const headers = headersOf(message, security.mode, compressed, limitsOf(limits).elements);
    const body = new ByteWriter().u32(payload.length).u32(crc32(bytes)).put(payload).done();
    const frame = await seal(headers, body, security, nonce);
    return form === 'binary' ? concat(bytesOf(PREFIX), frame) : PREFIX + encodeBase64(frame);
  },

  /** @throws WireSecurityError  the frame is not protected as `security` demands, or does not verify */
  async decode(wire, { security = NONE, limits } = {}) {
    checkKey(security);
    const own = limitsOf(limits);
    const frame = frameOf(wire, own);
    const { headerLength, mode, compressed } = readFixed(frame);
    if (mode !== security.mode) throw wrongMode(security.mode);
    const reader = new ByteReader(await open(frame, headerLength, security));
    const length = reader.u32('payload length');
    const checksum = reader.u32('checksum');
    const payload = reader.take(length, 'payload');
    reader.end('m2m: the frame');
    const bytes = compressed ? await decompressBrotli(payload, own.bytes) : payload;
    within(bytes.length, own.bytes, 'm2m: the message');
    if (crc32(bytes) !== checksum) throw new WireFormatError('checksum', 'm2m: the checksum is wrong');
    return textOf(bytes);
  },
};

/**
 * The headers of a frame, for routing: nothing is decompressed, and nothing is verified, so that they are a hint and no
 * proof. Throws WireFormatError, LimitExceededError.
 */
export function readHeaders(wire: Wire, options: DecodeOptions = {}): FrameHeaders {
  const limits = limitsOf(options.limits);
  const frame = frameOf(wire, limits);
  const { headerLength, schema, mode, flags, compressed } = readFixed(frame);
  const routing = readRouting(schema, flags, frame.subarray(FIXED, headerLength), limits);
  return { schema, security: mode, flags, compressed, routing };
}

function headersOf(message: string, mode: Security['mode'], compressed: boolean, most: number): Uint8Array {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch (error) {
    throw new InvalidInputError('m2m: only JSON can be framed', { cause: error });
  }
  const { messages } = (value ?? {}) as { messages?: unknown };
  if (Array.isArray(messages) && messages.length > most) {
    throw new InvalidInputError(`m2m: ${messages.length} messages, and the limit of a routing header is ${most}`);
  }
  const { schema, flags, bytes } = describe(value);
  if (FIXED + bytes.length > LONGEST_HEADER) {
    throw new InvalidInputError(`m2m: the routing header of ${bytes.length} bytes does not fit: too many messages`);
  }
  return new ByteWriter()
    .u16(FIXED + bytes.length)
    .u8(schema)
    .u8(MODES[mode])
    .u16(flags)
    .u8(0)
    .u8(compressed ? COMPRESSED : 0)
    .put(new Uint8Array(12))
    .put(bytes)
    .done();
}

interface Fixed {
  readonly headerLength: number;
  readonly schema: number;
  readonly mode: Security['mode'];
  readonly flags: number;
  readonly compressed: boolean;
}

function readFixed(frame: Uint8Array): Fixed {
  const reader = new ByteReader(frame);
  const headerLength = reader.u16('header length');
  if (headerLength < FIXED || headerLength > frame.length) {
    throw new WireFormatError('header-length', `m2m: a header of ${headerLength} bytes in a frame of ${frame.length}`);
  }
  const schema = reader.u8('schema');
  const security = reader.u8('security');
  const flags = reader.u16('flags');
  const first = reader.u8('reserved');
  const common = reader.u8('common flags');
  const rest = reader.take(12, 'reserved');
  const mode = (Object.keys(MODES) as Security['mode'][]).find((name) => MODES[name] === security);
  if (mode === undefined)
    throw new WireFormatError('unknown-security', `m2m: no security mode has the byte ${security}`);
  if ((common & ~COMPRESSED) !== 0 || first !== 0 || rest.some((byte) => byte !== 0)) {
    throw new WireFormatError('reserved', 'm2m: reserved bits or bytes of the header are set');
  }
  return { headerLength, schema, mode, flags, compressed: (common & COMPRESSED) !== 0 };
}

/** The bytes behind the prefix, in either form. */
function frameOf(wire: Wire, { wireBytes }: Limits): Uint8Array {
  within(wire.length, wireBytes, 'm2m: the wire');
  if (typeof wire === 'string') {
    if (!wire.startsWith(PREFIX)) throw noPrefix();
    return decodeBase64(wire.slice(PREFIX.length));
  }
  if ([...PREFIX].some((character, i) => wire[i] !== character.charCodeAt(0))) throw noPrefix();
  // The third byte is the schema, and no schema is a base64 character: text that was read as bytes. The length before it
  // would not tell, because a header of many messages is long.
  const third = wire[PREFIX.length + 2] ?? 0;
  if (third >= 0x2b && third <= 0x7a) return decodeBase64(textOf(wire).slice(PREFIX.length));
  return wire.subarray(PREFIX.length);
}

function noPrefix(): WireFormatError {
  return new WireFormatError('prefix', `m2m: expected a wire that begins with ${PREFIX}`);
}
