/** The wire formats in one place: a message in, a wire out, and back by what the wire looks like or is said to be. */
import { InvalidInputError, WireSecurityError } from '../errors.ts';
import { textOf } from './bytes.ts';
import { type AutoOptions, type Candidate, type Choice, choose } from './choose.ts';
import type { DecodeOptions, EncodeOptions, FormatName, Wire, WireDecoder, WireFormat } from './codec.ts';
import { detect } from './detect.ts';
import { brotli } from './formats/brotli.ts';
import { dictionary } from './formats/dictionary.ts';
import { m3 } from './formats/m3.ts';
import { t1 } from './formats/t1/t1.ts';
import { tokenNative } from './formats/token-native.ts';
import { zlib } from './formats/zlib.ts';
import { m2m, type Security } from './frame/frame.ts';
import { limitsOf, within } from './limits.ts';
import { wireBytes as sizeOf } from './stats.ts';

export type { AutoOptions, Choice, Router } from './choose.ts';
export type { DecodeOptions, EncodeOptions, Form, FormatName, Wire, WireDecoder, WireFormat } from './codec.ts';
export { detect } from './detect.ts';
export { LIMITS, type Limits } from './limits.ts';
export { type Size, type Stats, stats } from './stats.ts';
export { decodeEvents, type EventOptions, encodeEvents, type Payloads } from './stream.ts';

/** What a message can be encoded with, by the names of the command line; `token` is `#T1|`, which can carry few messages. */
export const ALGORITHMS = ['token-native', 'token', 'brotli', 'm2m'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** The format that an algorithm writes. */
export const FORMAT: Readonly<Record<Algorithm, FormatName>> = {
  'token-native': 'token-native',
  token: 't1',
  brotli: 'brotli',
  m2m: 'm2m',
};

const encoders: Readonly<Record<Algorithm, WireFormat>> = {
  'token-native': tokenNative,
  token: t1,
  brotli,
  m2m,
};
const decoders: Readonly<Record<Exclude<FormatName, 'raw'>, WireDecoder>> = {
  'token-native': tokenNative,
  t1,
  brotli,
  zlib,
  m3,
  dictionary,
  m2m,
};

/** What `auto` tries. Not `#T1|`: it carries one body in sixteen, and saves a seventh of a percent of those. */
const CANDIDATES: readonly (Candidate & { readonly algorithm: Algorithm })[] = [
  { label: 'token-native C', algorithm: 'token-native', format: tokenNative },
  { label: 'brotli', algorithm: 'brotli', format: brotli },
  { label: 'm2m', algorithm: 'm2m', format: m2m },
];

/** How a frame is protected; with `none` (default) every algorithm will do, with the others only `m2m`. */
export interface Protected {
  readonly security?: Security;
}

/** How hard the algorithm `brotli` tries. */
export interface Effort {
  /** 0 to 11; default 11, which takes sixteen times as long as 5 and gives a tenth less. */
  readonly quality?: number;
}

/** Encodes with one algorithm. Throws as `WireFormat.encode` does, InvalidInputError where it cannot be protected so. */
export function encode(
  message: string,
  algorithm: Algorithm,
  { security, quality, ...options }: EncodeOptions & Protected & Effort = {},
): Promise<Wire> {
  if (!Object.hasOwn(encoders, algorithm)) {
    throw new InvalidInputError(`encode: unknown algorithm ${String(algorithm)}: expected ${ALGORITHMS.join(', ')}`);
  }
  if (algorithm === 'm2m') return m2m.encode(message, { ...options, ...(security && { security }) });
  if (security === undefined || security.mode === 'none') {
    if (algorithm === 'brotli' && quality !== undefined) return brotli.encode(message, { ...options, quality });
    return encoders[algorithm].encode(message, options);
  }
  throw new InvalidInputError(`encode: ${algorithm} has no protection; ${security.mode} needs the algorithm m2m`);
}

/**
 * The smallest wire of all, or the message itself. Throws as `choose` does.
 *
 * @param options.among  the algorithms that the receiver reads; default: all that `auto` knows
 */
export function auto(
  message: string,
  options: AutoOptions & Effort & { among?: readonly Algorithm[] } = {},
): Promise<Choice> {
  const { among = ALGORITHMS, quality, ...rest } = options;
  const candidates = CANDIDATES.filter(({ algorithm }) => among.includes(algorithm)).map((candidate) =>
    quality === undefined || candidate.algorithm !== 'brotli' ? candidate : { ...candidate, options: { quality } },
  );
  // A message that a decoder would take for a wire may not travel as it is.
  const raw = options.raw !== false && detect(message) === 'raw';
  return choose(candidates, message, { ...rest, raw });
}

/**
 * The message of a wire; of one that is no wire of ours, itself.
 *
 * @param options.algorithm  what the wire is, where the receiver knows; default: what it looks like
 * @param options.security   what the receiver demands; everything but a frame protected so is refused
 * @throws WireFormatError, LimitExceededError, WireSecurityError
 */
export async function decode(
  wire: Wire,
  options: DecodeOptions & Protected & { algorithm?: Algorithm } = {},
): Promise<string> {
  const { algorithm, security, ...rest } = options;
  const format = algorithm === undefined ? detect(wire) : FORMAT[algorithm];
  if (format === 'm2m') return m2m.decode(wire, { ...rest, ...(security && { security }) });
  if (security !== undefined && security.mode !== 'none') {
    throw new WireSecurityError(`decode: expected a frame protected by ${security.mode}, found ${format}`);
  }
  if (format !== 'raw') return decoders[format].decode(wire, rest);
  const { wireBytes, bytes } = limitsOf(rest.limits);
  within(sizeOf(wire), Math.min(wireBytes, bytes), 'decode: the message');
  return typeof wire === 'string' ? wire : textOf(wire);
}

export { type FrameHeaders, type Routing, readHeaders, type Security } from './frame/frame.ts';
export { exchange, hkdf, KeyHierarchy, type KeyPair, keyPair, keyringKey } from './frame/keys.ts';
