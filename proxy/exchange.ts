/**
 * One request and its answer, in the order of time: target and headers → body → scan → upstream → scan → client.
 * Every way out ends in one line of the log and one count in the metrics, written when the client's response closes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Verdict } from '../security/index.ts';
import { decodeRequest, receive } from './body.ts';
import { Forward } from './forward.ts';
import type { Judgement, Message } from './guard.ts';
import { headerSafe, type RawHeaders, type RequestHeaders, requestHeaders } from './headers.ts';
import { categoriesOf, round } from './log.ts';
import { requestKind } from './media.ts';
import type { Passage, Shared } from './passage.ts';
import { openRequest, type Reply } from './peer/door.ts';
import { CODING, type Link } from './peer/link.ts';
import { sealRequest } from './peer/toward.ts';
import { Problem } from './problem.ts';
import { blocked, internal, linger, placeOf, scanFailed } from './refusal.ts';
import type { Route } from './target.ts';
import { causeOf } from './upstream-problem.ts';

const NOWHERE: Route = { path: 'other', json: false };
/** TRACE would echo credentials; nothing else of HTTP's zoo is part of an API of this kind. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const RANK = { allow: 0, flag: 1, block: 2 } as const;

let count = 0;
const PREFIX = Math.random().toString(36).slice(2, 8);

export class Exchange implements Passage {
  readonly shared: Shared;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  route: Route = NOWHERE;
  /** Milliseconds of `performance.now()`. */
  readonly started: number = performance.now();
  received = 0;
  dispatched = 0;
  /** When the upstream's last byte came; 0 until then. */
  answered = 0;
  bytesIn = 0;
  bytesOut = 0;
  headers: RequestHeaders | undefined;
  /** Set while the upstream works for this exchange: the client's going ends it. */
  forward: Forward | undefined;
  link: Link | undefined;
  reply: Reply | undefined;
  #renewed = false;
  /** Bytes that this exchange holds, and judgements that still read them. */
  #held = 0;
  #judging = 0;
  #over = false;
  #id = '';
  #verdict: Verdict | undefined;
  #fallback: string | undefined;
  #error: string | undefined;
  /** The code of what made it fail, from the system or from TLS. */
  #cause: string | undefined;
  #failed = false;

  constructor(shared: Shared, request: IncomingMessage, response: ServerResponse) {
    this.shared = shared;
    this.request = request;
    this.response = response;
    shared.metrics.inflight.add(1);
    response.once('close', () => this.#closed());
  }

  /** Answers the request. Never rejects. */
  async run(): Promise<void> {
    try {
      await this.#pass();
    } catch (error) {
      this.refuse(error);
    }
  }

  async #pass(): Promise<void> {
    const { request, shared } = this;
    const { settings, target } = shared;
    if (!METHODS.has(request.method ?? '')) {
      throw new Problem(405, 'method_not_allowed', `expected one of ${[...METHODS].join(', ')}`);
    }
    const { route, path } = target.resolve(request.url ?? '');
    this.route = route;
    const accept = shared.caller ? CODING : undefined;
    const headers = requestHeaders(request.rawHeaders, target.host, shared.upstreamKey, accept);
    this.headers = headers;
    const kind = requestKind(headers.contentType, route);
    const limit = settings.limits.requestBytes;
    const raw = await receive(request, limit, (bytes) => this.hold(bytes));
    this.received = performance.now();
    this.bytesIn = raw?.length ?? 0;
    let body = await this.#opened(raw, headers, kind === 'json');
    if (body !== undefined) {
      const { contentType } = headers;
      const message: Message = { direction: 'request', body, kind, contentType, tokens: route.tokens };
      const judgement = await this.judge(message);
      this.settle(judgement, message);
      body = judgement.body;
    }
    if (this.response.destroyed) return;
    await this.#dispatch(path, headers.forwarded, body);
  }

  /** The body as plain text: out of its content coding, or out of the wire that a peer sent. */
  async #opened(raw: Buffer | undefined, headers: RequestHeaders, json: boolean): Promise<Buffer | undefined> {
    const { host, settings, metrics } = this.shared;
    const { contentEncoding, peer } = headers;
    const limit = settings.limits.requestBytes;
    const coded = contentEncoding !== undefined && !(host && contentEncoding === CODING);
    const bytes = raw === undefined || !coded ? raw : await decodeRequest(raw, contentEncoding, limit);
    if (bytes && bytes !== raw) this.hold(bytes.length);
    if (!host) return bytes;
    const asked = { method: this.request.method ?? '', target: this.request.url ?? '', peer, json, contentEncoding };
    const { body, reply } = await openRequest(host, asked, bytes, limit);
    this.reply = reply;
    if (body && body !== bytes) this.hold(body.length);
    if (reply && raw && body) metrics.peer('request', raw.length, body.length);
    return body;
  }

  async #dispatch(path: string, headers: RawHeaders, body: Buffer | undefined): Promise<void> {
    const { caller, metrics } = this.shared;
    if (!caller) {
      this.forward = new Forward(this);
      this.forward.send(path, headers, body);
      return;
    }
    const link = await caller.link();
    this.link = link;
    const sealed = await sealRequest(link, { method: this.request.method ?? '', path, headers, body });
    if (body && sealed.body) metrics.peer('request', sealed.body.length, body.length);
    if (this.response.destroyed) return;
    this.forward = new Forward(this, () => this.#renew(link, () => this.#dispatch(path, headers, body)));
    this.forward.send(path, sealed.headers, sealed.body);
  }

  /** The peer has forgotten the session, and did nothing with the request: it is sent once more, in a new one. */
  #renew(link: Link, again: () => Promise<void>): boolean {
    if (this.#renewed) return false;
    this.#renewed = true;
    this.shared.caller?.drop(link);
    void again().catch((error: unknown) => this.refuse(error));
    return true;
  }

  /**
   * Notes a judgement, counts what happens to the bytes, and stops the exchange where the policy says so.
   *
   * @throws Problem  400 content_filter, or 503 scan_failed
   */
  settle(judgement: Judgement, message: Message): void {
    const { metrics } = this.shared;
    const { outcome, verdict } = judgement;
    const { direction, body } = message;
    if (verdict) this.note(verdict);
    if (judgement.failure !== undefined) this.noteFailure(judgement.failure);
    if (outcome === 'pass') {
      metrics.forwarded.add(body.length, direction);
      return;
    }
    metrics.withheld.add(body.length, direction);
    throw outcome === 'block' ? blocked(verdict!, direction, this.headers?.secrets ?? []) : scanFailed(direction);
  }

  hold(bytes: number): void {
    if (this.#over) return; // what comes after the end is dropped
    this.shared.budget.take(bytes);
    this.#held += bytes;
  }

  async judge(message: Message): Promise<Judgement> {
    this.#judging++;
    try {
      return await this.shared.guard.judge({ ...message, departed: () => this.response.destroyed });
    } finally {
      this.#judging--;
      this.#release();
    }
  }

  /** A client that leaves does not end the scan that reads its body. */
  #release(): void {
    if (!this.#over || this.#judging > 0) return;
    this.shared.budget.give(this.#held);
    this.#held = 0;
  }

  noteFailure(failure: string): void {
    this.#failed = true;
    this.#error = failure;
  }

  /** Keeps the strongest verdict on this exchange. */
  note(verdict: Verdict): void {
    this.#fallback ??= verdict.fallback;
    if (this.#verdict === undefined || RANK[verdict.verdict] >= RANK[this.#verdict.verdict]) this.#verdict = verdict;
  }

  /** Writes the head of the answer: the upstream's headers and what the proxy says of the scan. */
  writeHead(status: number, headers: RawHeaders): void {
    const verdict = this.#verdict;
    if (verdict && (!this.#failed || verdict.verdict === 'block')) headers.push('x-m2m-verdict', verdict.verdict);
    if (this.#fallback !== undefined) headers.push('x-m2m-fallback', headerSafe(this.#fallback));
    if (this.#failed) headers.push('x-m2m-scan', 'failed');
    headers.push('x-m2m-request-id', this.id);
    if (this.shared.draining) headers.push('connection', 'close');
    this.response.writeHead(status, headers);
  }

  /** The client's request id, or one of ours. */
  get id(): string {
    if (this.#id === '') this.#id = this.headers?.id ?? `m2m-${PREFIX}-${(++count).toString(36)}`;
    return this.#id;
  }

  /** Ends the exchange with an error of ours; where the answer has begun, by cutting it off. */
  refuse(error: unknown): void {
    const problem = error instanceof Problem ? error : internal();
    this.#error = error instanceof Problem ? error.code : placeOf(error);
    this.#cause = error instanceof Problem ? causeOf(error.cause) : undefined;
    const { response } = this;
    this.forward?.abort();
    if (response.destroyed) return;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const body = Buffer.from(problem.toJSON());
    if (!this.reply?.secured) this.#say(problem, body);
    else void this.#sayProtected(problem, body, this.reply);
  }

  #say(problem: Problem, body: Buffer, coding: RawHeaders = []): void {
    const { request, response } = this;
    const headers: RawHeaders = ['content-type', 'application/json', 'content-length', String(body.length), ...coding];
    headers.push('x-m2m-problem', problem.code, ...problem.headers);
    const unread = !request.complete && (request.headers['content-length'] ?? request.headers['transfer-encoding']);
    if (unread) headers.push('connection', 'close');
    this.writeHead(problem.status, headers);
    this.bytesOut += body.length;
    if (unread) linger(request, response, body);
    else response.end(body);
  }

  async #sayProtected(problem: Problem, body: Buffer, reply: Reply): Promise<void> {
    try {
      this.#say(problem, (await reply.seal(body)) ?? body, ['content-encoding', CODING]);
    } catch {
      this.response.destroy(); // nothing unprotected leaves, and there is nothing else to say
    }
  }

  #closed(): void {
    const { metrics, log } = this.shared;
    this.forward?.abort();
    this.#over = true;
    this.#release();
    metrics.inflight.add(-1);
    metrics.bytesIn.add(this.bytesIn);
    metrics.bytesOut.add(this.bytesOut);
    const judged = this.#verdict?.verdict;
    // A request that was allowed says nothing of a response that nobody could scan.
    const verdict = this.#failed && judged !== 'block' ? 'error' : (judged ?? (this.#error ? 'rejected' : 'unscanned'));
    metrics.requests.add(1, `${this.route.path}\n${verdict}`);
    if (verdict === 'block') metrics.blocked.add(1, this.#verdict!.threats[0]?.category ?? 'malformed');
    const upstreamMs = this.answered > 0 ? this.answered - this.dispatched : undefined;
    const now = performance.now();
    if (upstreamMs !== undefined) {
      metrics.upstreamSeconds.observe(upstreamMs / 1000);
      metrics.overheadSeconds.observe(Math.max(0, now - this.received - upstreamMs) / 1000);
    }
    const { response } = this;
    const gone = !response.writableFinished;
    const status = response.headersSent ? response.statusCode : 499;
    log.add({
      level: status >= 500 ? 'error' : verdict === 'allow' || verdict === 'unscanned' ? 'info' : 'warn',
      msg: gone ? 'aborted' : 'request',
      id: this.id,
      method: this.request.method ?? '',
      route: this.route.path,
      status,
      verdict,
      ...(this.#verdict && verdict !== 'allow' ? { categories: categoriesOf(this.#verdict) } : {}),
      ...(this.#verdict ? { mode: this.#verdict.mode } : {}),
      ...(this.#fallback === undefined ? {} : { fallback: true }),
      ...(this.#error === undefined ? {} : { error: this.#error }),
      ...(this.#cause === undefined ? {} : { cause: this.#cause }),
      in: this.bytesIn,
      out: this.bytesOut,
      ms: round(now - this.started),
      ...(upstreamMs === undefined ? {} : { upstreamMs: round(upstreamMs) }),
    });
  }
}
