/**
 * Where an `m2m server` takes requests in: as wires, which are verified and decoded, or as plain bodies; and how the
 * answer to each has to be written.
 *
 * | the request                                  | the answer                                             |
 * | `content-encoding: m2m`, or accepts it       | the smallest wire, in binary, marked by the same coding |
 * | begins like a wire, says nothing             | the same algorithm and form                            |
 * | plain                                        | plain                                                  |
 */
import { isAscii } from 'node:buffer';
import { ALGORITHMS, type Algorithm, detect, FORMAT, type Form } from '../../codec/index.ts';
import { Problem } from '../problem.ts';
import { packBody, packEvents, refusedRequest, refusedResponse, unpackBody } from './bodies.ts';
import type { Host } from './host.ts';
import { CODING, type Link } from './link.ts';

/** What a request says of itself to a peer. */
export interface PeerHeaders {
  readonly session: string | undefined;
  /** A frame that stands for a body where there is none. */
  readonly proof: string | undefined;
  /** Whether the answer may come in our coding. */
  readonly accepts: boolean;
}

export interface Asked {
  readonly method: string;
  /** As it stands on the request line. */
  readonly target: string;
  readonly peer: PeerHeaders;
  readonly contentEncoding: string | undefined;
  /** Whether the body is JSON by its route or name, so that one which begins like a wire is one. */
  readonly json: boolean;
}

/** How an answer goes to the peer that asked. */
export class Reply {
  readonly #link: Link;
  readonly #form: Form;
  readonly #only: Algorithm | undefined;

  constructor(link: Link, form: Form, only?: Algorithm) {
    this.#link = link;
    this.#form = form;
    this.#only = only;
  }

  /** Whether nothing may go out that is not protected. */
  get secured(): boolean {
    return this.#link.secured;
  }

  /** The wire of a body; undefined where it goes as it is. @throws Problem  502 it has to be protected and cannot be */
  async seal(body: Buffer): Promise<Buffer | undefined> {
    try {
      return await packBody(this.#link, body, this.#form, this.#only);
    } catch (error) {
      throw refusedResponse(error);
    }
  }

  /** Encodes a stream, event by event or line by line. @param limit  bytes of one of them */
  events(wire: 'sse' | 'ndjson', limit: number): TransformStream<Uint8Array, Uint8Array> {
    return packEvents(this.#link, wire, limit, this.#only);
  }
}

/**
 * Verifies and decodes a request.
 *
 * @param raw    as it came; undefined where there is no body
 * @param limit  bytes of the decoded body
 * @throws Problem  400 no wire; 401 not protected as demanded; 409 no such session; 413
 */
export async function openRequest(
  host: Host,
  asked: Asked,
  raw: Buffer | undefined,
  limit: number,
): Promise<{ readonly body: Buffer | undefined; readonly reply: Reply | undefined }> {
  const link = await host.link(asked.peer.session);
  const coded = asked.contentEncoding === CODING;
  const format = raw === undefined ? 'raw' : detect(raw);
  if (!raw?.length || !(coded || (asked.json && format !== 'raw'))) {
    if (link.secured) await prove(link, asked, raw, limit);
    return { body: raw, reply: link.secured || asked.peer.accepts ? new Reply(link, 'binary') : undefined };
  }
  try {
    const body = await unpackBody(link, raw, limit);
    if (coded || asked.peer.accepts) return { body, reply: new Reply(link, 'binary') };
    const only = ALGORITHMS.find((name) => FORMAT[name] === format);
    return { body, reply: new Reply(link, isAscii(raw) ? 'text' : 'binary', only) };
  } catch (error) {
    throw refusedRequest(error, limit);
  }
}

/** What a request without a body has to carry where everything is to be protected: a frame of its method and target. */
export function proofOf(method: string, target: string): string {
  return JSON.stringify({ method, target });
}

async function prove(
  link: Link,
  { peer, method, target }: Asked,
  raw: Buffer | undefined,
  limit: number,
): Promise<void> {
  let proof: string | undefined;
  try {
    if (!raw?.length && peer.proof !== undefined) proof = await link.unpack(peer.proof, limit);
  } catch (error) {
    throw refusedRequest(error, limit);
  }
  if (proof !== proofOf(method, target)) {
    throw new Problem(401, 'unverified', 'The message is not protected as this server demands.');
  }
}
