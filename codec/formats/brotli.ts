/** `#M2M[v3.0]|DATA:` and base64 of a Brotli stream (RFC 7932): the general compressor of the original. */
import { WireFormatError } from '../../errors.ts';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { bytesOf, textOf } from '../bytes.ts';
import type { EncodeOptions, Wire, WireFormat } from '../codec.ts';
import { compressBrotli, decompressBrotli } from '../compress.ts';
import { limitsOf, within } from '../limits.ts';

const PREFIX = '#M2M[v3.0]|DATA:';

export interface BrotliOptions extends EncodeOptions {
  /** 0 to 11; default 11, as the original writes. */
  readonly quality?: number;
}

/** Has no binary form: asked for one, it gives the text. */
export const brotli: WireFormat<BrotliOptions> = {
  name: 'brotli',

  async encode(message, { quality = 11, limits } = {}) {
    const bytes = bytesOf(message);
    within(bytes.length, limitsOf(limits).bytes, 'brotli: the message');
    return PREFIX + encodeBase64(await compressBrotli(bytes, quality));
  },

  async decode(wire, { limits } = {}) {
    const { wireBytes, bytes } = limitsOf(limits);
    return textOf(await decompressBrotli(dataOf(wire, PREFIX, wireBytes), bytes));
  },
};

/** The bytes behind a prefix. @throws WireFormatError  `prefix`, `base64`; LimitExceededError */
export function dataOf(wire: Wire, prefix: string, limit: number): Uint8Array {
  within(wire.length, limit, 'the wire');
  const text = typeof wire === 'string' ? wire : textOf(wire);
  if (!text.startsWith(prefix)) throw new WireFormatError('prefix', `expected a wire that begins with ${prefix}`);
  return decodeBase64(text.slice(prefix.length));
}
