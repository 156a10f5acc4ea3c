/** The wire formats in one place: a message in, a wire out, and back by what the wire looks like or is said to be. */
import { InvalidInputError } from '../errors.ts';
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
import { m2m } from './frame/frame.ts';
import { limitsOf, within } from './limits.ts';
import { wireBytes as sizeOf } from './stats.ts';

export type { AutoOptions, Choice, Router } from './choose.ts';
export type { DecodeOptions, EncodeOptions, Form, FormatName, Wire, WireDecoder, WireFormat } from './codec.ts';
export { detect } from './detect.ts';
export { LIMITS, type Limits } from './limits.ts';
export { type Size, type Stats, stats } from './stats.ts';
export { decodeEvents, encodeEvents } from './stream.ts';

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
const CANDIDATES: readonly Candidate[] = [
  { label: 'token-native C', format: tokenNative },
  { label: 'brotli', format: brotli },
  { label: 'm2m', format: m2m },
];

/** Encodes with one algorithm. Throws as `WireFormat.encode` does. */
export function encode(message: string, algorithm: Algorithm, options: EncodeOptions = {}): Promise<Wire> {
  if (!Object.hasOwn(encoders, algorithm)) {
    throw new InvalidInputError(`encode: unknown algorithm ${String(algorithm)}: expected ${ALGORITHMS.join(', ')}`);
  }
  return encoders[algorithm].encode(message, options);
}

/** The smallest wire of all, or the message itself. Throws as `choose` does. */
export function auto(message: string, options: AutoOptions = {}): Promise<Choice> {
  // A message that a decoder would take for a wire may not travel as it is.
  return choose(CANDIDATES, message, { ...options, raw: detect(message) === 'raw' });
}

/**
 * The message of a wire; of one that is no wire of ours, itself.
 *
 * @param options.algorithm  what the wire is, where the receiver knows; default: what it looks like
 * @throws WireFormatError, LimitExceededError, WireSecurityError
 */
export async function decode(wire: Wire, options: DecodeOptions & { algorithm?: Algorithm } = {}): Promise<string> {
  const { algorithm, ...rest } = options;
  if (algorithm !== undefined) return encoders[algorithm].decode(wire, rest);
  const format = detect(wire);
  if (format !== 'raw') return decoders[format].decode(wire, rest);
  const { wireBytes, bytes } = limitsOf(rest.limits);
  within(sizeOf(wire), Math.min(wireBytes, bytes), 'decode: the message');
  return typeof wire === 'string' ? wire : textOf(wire);
}

export { type FrameHeaders, type Routing, readHeaders, type Security } from './frame/frame.ts';
export { exchange, hkdf, KeyHierarchy, type KeyPair, keyPair, keyringKey } from './frame/keys.ts';
