/**
 * The upstream side of an exchange: an undici handler that either gathers a response, has it scanned and answers, or
 * passes a stream on as it comes. `dispatch` and not `request`, so that no stream object is made for a response.
 *
 * Back-pressure: a client that does not read pauses the upstream's socket. Abort: a client that leaves ends the
 * upstream's request, and its socket with it.
 */
import type { Dispatcher } from 'undici';
import type { IncomingHttpHeaders } from 'undici/types/header.js';
import { DecodeError, decode } from './body.ts';
import type { Message } from './guard.ts';
import { joined, type RawHeaders, responseHeaders } from './headers.ts';
import { type Kind, responseKind } from './media.ts';
import type { Passage } from './passage.ts';
import { UNKNOWN_SESSION } from './peer/host.ts';
import { CODING } from './peer/link.ts';
import { openResponse } from './peer/toward.ts';
import { Problem } from './problem.ts';
import type { Relay } from './relay.ts';
import { relayFor } from './streams.ts';
import { upstreamProblem } from './upstream-problem.ts';

type Controller = Dispatcher.DispatchController;

const GONE = new Error('the client is gone');

export class Forward implements Dispatcher.DispatchHandler {
  readonly #passage: Passage;
  readonly #renew: (() => boolean) | undefined;
  #controller: Controller | undefined;
  #aborted = false;
  #finished = false;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #kind: Kind = 'auto';
  #chunks: Buffer[] = [];
  #size = 0;
  #relay: Relay | undefined;

  /** @param renew  says whether the request is sent again where its session is unknown to the peer, and sends it */
  constructor(passage: Passage, renew?: () => boolean) {
    this.#passage = passage;
    this.#renew = renew;
  }

  /** Sends the request; everything after that happens in the callbacks below. */
  send(path: string, headers: RawHeaders, body: Buffer | undefined): void {
    const { shared, request } = this.#passage;
    this.#passage.dispatched = performance.now();
    const method = request.method as Dispatcher.HttpMethod;
    shared.pool.dispatch({ method, path, headers, body: body ?? null }, this);
  }

  /** Ends the upstream's work; does nothing once it has ended by itself. */
  abort(): void {
    if (this.#finished || this.#aborted) return;
    this.#aborted = true;
    this.#relay?.abandon();
    this.#controller?.abort(GONE);
  }

  /** Whether a peer has done nothing with the request, because it does not know its session any more. */
  #forgotten(): boolean {
    return this.#renew !== undefined && this.#status === 409 && this.#headers['x-m2m-problem'] === UNKNOWN_SESSION;
  }

  /** The answer is complete; an upstream that goes on talking is cut off. */
  #release(): void {
    if (this.#passage.answered === 0) this.#passage.answered = performance.now();
    if (this.#finished || this.#aborted) return;
    this.#aborted = true;
    this.#controller?.abort(GONE);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#aborted) controller.abort(GONE);
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    const passage = this.#passage;
    const { request } = passage;
    this.#status = status;
    this.#headers = headers;
    if (request.method === 'HEAD' || status === 204 || status === 304) return;
    const contentType = single(headers['content-type']);
    this.#kind = responseKind(contentType, passage.route, status);
    if (this.#forgotten()) return; // sent again, or gathered
    this.#relay = relayFor({
      passage,
      valve: controller,
      kind: this.#kind,
      status,
      headers,
      release: () => this.#release(),
    });
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    // Resuming inside a chunk, undici 8.12 hands on an empty piece first; pausing on it would go round for ever.
    if (chunk.length === 0) return;
    if (this.#relay) {
      this.#relay.write(chunk);
      return;
    }
    this.#size += chunk.length;
    const limit = this.#passage.shared.settings.limits.responseBytes;
    if (this.#size > limit) {
      this.#fail(
        new Problem(502, 'upstream_response_too_large', `the upstream's response is longer than ${limit} bytes`),
      );
      controller.abort(GONE);
      return;
    }
    try {
      this.#passage.hold(chunk.length);
      this.#chunks.push(chunk);
    } catch (error) {
      this.#fail(error);
      controller.abort(GONE);
    }
  }

  onResponseEnd(): void {
    this.#finished = true;
    this.#passage.answered = performance.now();
    if (this.#relay) this.#relay.end();
    else if (!this.#forgotten() || !this.#renew!()) void this.#answer();
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#finished = true;
    this.#relay?.abandon();
    if (!this.#aborted) this.#passage.refuse(upstreamProblem(error));
  }

  #fail(problem: unknown): void {
    this.#aborted = true;
    this.#passage.refuse(problem);
  }

  /** A whole response: decoded, scanned, answered. */
  async #answer(): Promise<void> {
    const passage = this.#passage;
    const { response, shared } = passage;
    try {
      const headers = this.#headers;
      if (passage.request.method === 'HEAD' || this.#status === 204 || this.#status === 304) {
        return this.#answerEmpty();
      }
      const raw = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#size);
      const coding = joined(headers['content-encoding'])?.trim().toLowerCase();
      const body = await this.#decoded(raw, coding);
      const message: Message = {
        direction: 'response',
        body,
        kind: this.#kind,
        contentType: single(headers['content-type']),
      };
      const judgement = await passage.judge(message);
      passage.settle(judgement, message);
      if (response.destroyed) return;
      const out = responseHeaders(headers, coding !== undefined || judgement.edited);
      const sealed = await passage.reply?.seal(judgement.body);
      if (response.destroyed) return;
      if (sealed) out.push('content-encoding', CODING);
      const bytes = sealed ?? judgement.body;
      if (sealed) shared.metrics.peer('response', bytes.length, judgement.body.length);
      out.push('content-length', String(bytes.length));
      passage.writeHead(this.#status, out);
      passage.bytesOut += bytes.length;
      response.end(bytes);
    } catch (error) {
      passage.refuse(error);
    }
  }

  async #decoded(raw: Buffer, coding: string | undefined): Promise<Buffer> {
    const { link, shared } = this.#passage;
    const limit = shared.settings.limits.responseBytes;
    const opened = link && (await openResponse(link, raw, coding, limit));
    if (opened) shared.metrics.peer('response', raw.length, opened.length);
    const body = opened ?? (coding === undefined ? raw : await decodeResponse(raw, coding, limit));
    if (body !== raw) this.#passage.hold(body.length);
    return body;
  }

  /** RFC 9110 §9.3.2: the length in an answer to HEAD is that of the body which GET would have. */
  #answerEmpty(): void {
    const { response, request } = this.#passage;
    const out = responseHeaders(this.#headers, false);
    const length = single(this.#headers['content-length']);
    if (request.method === 'HEAD' && length !== undefined) out.push('content-length', length);
    this.#passage.writeHead(this.#status, out);
    response.end();
  }
}

async function decodeResponse(raw: Buffer, coding: string, limit: number): Promise<Buffer> {
  try {
    return await decode(raw, coding, limit);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const code = error.reason === 'too_large' ? 'upstream_response_too_large' : 'upstream_invalid';
    throw new Problem(502, code, `the upstream's response cannot be decoded: ${error.reason.replace('_', ' ')}`);
  }
}

/** The value of a field that may stand only once; where it stands twice, there is none to be believed. */
function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'object' ? undefined : value;
}
