/** What a proxy does to a request whose upstream is a peer, and to the answer. */
import type { RawHeaders } from '../headers.ts';
import { Problem } from '../problem.ts';
import { packBody, refusedResponse, unpackBody } from './bodies.ts';
import { proofOf } from './door.ts';
import { CODING, type Link, PROOF_HEADER, SESSION_HEADER } from './link.ts';

export interface Outgoing {
  readonly method: string;
  /** Path and query on the request line. */
  readonly path: string;
  readonly headers: RawHeaders;
  readonly body: Buffer | undefined;
}

/** The request as it goes to the peer. @throws Problem  415 a body that has to be protected and cannot be */
export async function sealRequest(
  link: Link,
  { method, path, headers, body }: Outgoing,
): Promise<{ readonly headers: RawHeaders; readonly body: Buffer | undefined }> {
  const own: RawHeaders = [...headers];
  if (link.session !== undefined) own.push(SESSION_HEADER, link.session);
  if (body === undefined) {
    if (link.secured) own.push(PROOF_HEADER, String(await link.pack(proofOf(method, path), 'text')));
    return { headers: own, body };
  }
  let wire: Buffer | undefined;
  try {
    wire = await packBody(link, body, 'binary');
  } catch (error) {
    if (!(refusedResponse(error) instanceof Problem)) throw error;
    throw new Problem(
      415,
      'unprotectable',
      'Between these peers only JSON can be protected, and nothing else may pass.',
      {
        cause: error,
      },
    );
  }
  if (wire === undefined) return { headers: own, body };
  own.push('content-encoding', CODING);
  return { headers: own, body: wire };
}

/**
 * The body of a peer's answer.
 *
 * @param coding  its content coding
 * @returns undefined where it is no wire
 * @throws Problem  502 not protected as demanded, or no wire that can be read
 */
export async function openResponse(
  link: Link,
  raw: Buffer,
  coding: string | undefined,
  limit: number,
): Promise<Buffer | undefined> {
  if (coding !== CODING) {
    if (link.secured) throw unverified();
    return undefined;
  }
  try {
    return await unpackBody(link, raw, limit);
  } catch (error) {
    throw refusedResponse(error);
  }
}

/** The refusal of an answer that came without the protection that is demanded. */
export function unverified(): Problem {
  return new Problem(502, 'upstream_unverified', 'The answer is not protected as this side demands.');
}
