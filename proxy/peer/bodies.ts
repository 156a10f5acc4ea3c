/** Bodies and event streams on their way between peers, as bytes: what a link does with texts, done with what HTTP has. */
import { isUtf8 } from 'node:buffer';
import { type Algorithm, decodeEvents, encodeEvents, type Form, type Wire } from '../../codec/index.ts';
import {
  InvalidInputError,
  LimitExceededError,
  M2MError,
  SessionError,
  WireFormatError,
  WireSecurityError,
} from '../../errors.ts';
import { tooLarge } from '../body.ts';
import { Problem } from '../problem.ts';
import type { Link } from './link.ts';

type Transform = TransformStream<Uint8Array, Uint8Array>;

/** A body for the peer; undefined where it goes as it is. @throws InvalidInputError, LimitExceededError  as `Link.pack` */
export async function packBody(link: Link, body: Buffer, form: Form, only?: Algorithm): Promise<Buffer | undefined> {
  if (!isUtf8(body)) {
    if (link.secured) throw new InvalidInputError('a body that is no text cannot be protected');
    return undefined;
  }
  const wire = await link.pack(body.toString('utf8'), form, only);
  return wire === undefined ? undefined : bytesOf(wire);
}

/** The body behind a wire. Throws as `Link.unpack`. */
export async function unpackBody(link: Link, wire: Buffer, limit: number): Promise<Buffer> {
  return Buffer.from(await link.unpack(wire, limit), 'utf8');
}

/** Encodes a stream, event by event or line by line. */
export function packEvents(link: Link, wire: 'sse' | 'ndjson', limit: number, only?: Algorithm): Transform {
  const pack = async (payload: string): Promise<string> => String((await link.pack(payload, 'text', only)) ?? payload);
  return encodeEvents(pack, { limits: { wireBytes: limit, bytes: limit }, wire, every: link.secured });
}

/** Undoes it. The stream errs with what `Link.unpack` throws. */
export function unpackEvents(link: Link, wire: 'sse' | 'ndjson', limit: number): Transform {
  const limits = { wireBytes: limit, bytes: limit };
  return decodeEvents((payload) => link.unpack(payload, limit), { limits, wire, every: link.secured });
}

/** What is wrong with a request's wire. Anything that is no fault of the wire stays as it is. */
export function refusedRequest(error: unknown, limit: number): unknown {
  if (error instanceof WireSecurityError) {
    return new Problem(401, 'unverified', 'The message is not protected as this server demands.', { cause: error });
  }
  if (error instanceof LimitExceededError) return tooLarge(limit);
  if (error instanceof WireFormatError || error instanceof SessionError || error instanceof InvalidInputError) {
    return new Problem(400, 'invalid_wire', `The body is no wire that this server reads: ${error.message}`, {
      cause: error,
    });
  }
  return error;
}

/** What is wrong with an answer's wire, or with making one. */
export function refusedResponse(error: unknown): unknown {
  if (error instanceof WireSecurityError) {
    return new Problem(502, 'upstream_unverified', 'The answer is not protected as this side demands.', {
      cause: error,
    });
  }
  if (error instanceof M2MError) {
    return new Problem(502, 'upstream_invalid', 'The answer cannot be carried between the peers.', { cause: error });
  }
  return error;
}

function bytesOf(wire: Wire): Buffer {
  if (typeof wire === 'string') return Buffer.from(wire, 'utf8');
  return Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength);
}
