/** `#M2M[v2.0]|DATA:` and base64 of zlib (RFC 1950). No version of the original ever wrote it; it can be read. */
import { textOf } from '../bytes.ts';
import type { WireDecoder } from '../codec.ts';
import { decompressZlib } from '../compress.ts';
import { limitsOf } from '../limits.ts';
import { dataOf } from './brotli.ts';

export const zlib: WireDecoder = {
  name: 'zlib',

  async decode(wire, { limits } = {}) {
    const { wireBytes, bytes } = limitsOf(limits);
    return textOf(await decompressZlib(dataOf(wire, '#M2M[v2.0]|DATA:', wireBytes), bytes));
  },
};
