/**
 * Bodies: read into one buffer up to a limit, and freed of their content-encoding up to the same limit. 256 MiB of zeros
 * are 421 bytes of brotli, so the limit stands on the output and the decoder stops there (zlib's `maxOutputLength`).
 */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { Problem } from './problem.ts';

type Decode = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

/** Content codings that can be decoded; zstd where this Node has it (22.15 and later). */
const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', promisify(zlib.gunzip) as Decode],
  ['x-gzip', promisify(zlib.gunzip) as Decode],
  ['deflate', promisify(zlib.inflate) as Decode],
  ['br', promisify(zlib.brotliDecompress) as Decode],
  ...(typeof zlib.zstdDecompress === 'function' ? [['zstd', promisify(zlib.zstdDecompress) as Decode] as const] : []),
]);

/** Why a body could not be decoded. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly reason: 'unsupported' | 'too_large' | 'corrupt';

  constructor(reason: 'unsupported' | 'too_large' | 'corrupt') {
    super(reason);
    this.reason = reason;
  }
}

/**
 * Reads a request's body.
 *
 * @param limit  bytes, before decoding
 * @param hold   is told of every piece, and throws where there is no room for it
 * @returns undefined where the request has none
 * @throws Problem  413 it is longer than `limit`, or 400 it broke off; what `hold` throws
 */
export function receive(
  request: IncomingMessage,
  limit: number,
  hold: (bytes: number) => void = () => undefined,
): Promise<Buffer> | undefined {
  const declared = request.headers['content-length'];
  if (declared === undefined && request.headers['transfer-encoding'] === undefined) return undefined;
  if (declared !== undefined && Number(declared) > limit) throw tooLarge(limit);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      try {
        if (size > limit) throw tooLarge(limit);
        hold(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        request.pause();
        reject(error);
      }
    });
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)));
    // `close` comes after every request, and an error with its stack costs 4 % of a request that needs none.
    const broke = (): void => {
      if (!request.complete) reject(new Problem(400, 'body_broke_off', 'the request body ended early'));
    };
    request.once('error', broke);
    request.once('close', broke);
  });
}

/** The refusal of a body that is too long, decoded or not. */
export function tooLarge(limit: number): Problem {
  return new Problem(413, 'body_too_large', `the body is longer than ${limit} bytes`);
}

/**
 * Undoes one content coding.
 *
 * @param limit  bytes of output
 * @throws DecodeError
 */
export async function decode(bytes: Buffer, coding: string | undefined, limit: number): Promise<Buffer> {
  if (coding === undefined || coding === '' || coding === 'identity') return bytes;
  const decoder = DECODERS.get(coding);
  if (!decoder) throw new DecodeError('unsupported');
  // No bytes at all are no gzip either, but servers that compress everything label empty answers too.
  if (bytes.length === 0) return bytes;
  try {
    return await decoder(bytes, { maxOutputLength: limit });
  } catch (error) {
    throw new DecodeError((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'corrupt');
  }
}

/** What a stream of this coding is piped through; undefined for identity. @throws DecodeError */
export function decodeStream(coding: string | undefined): NodeJS.ReadWriteStream | undefined {
  switch (coding) {
    case undefined:
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip();
    case 'deflate':
      return zlib.createInflate();
    case 'br':
      return zlib.createBrotliDecompress();
    default:
      throw new DecodeError('unsupported');
  }
}

/** A request's body without its content coding. @throws Problem  400, 413, 415 */
export async function decodeRequest(raw: Buffer, coding: string, limit: number): Promise<Buffer> {
  try {
    return await decode(raw, coding, limit);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (error.reason === 'too_large') throw tooLarge(limit);
    if (error.reason === 'corrupt')
      throw new Problem(400, 'invalid_encoding', 'the body is not what its content-encoding says');
    throw new Problem(
      415,
      'unsupported_encoding',
      'expected content-encoding gzip, deflate, br, zstd or identity, one of them',
    );
  }
}
