/**
 * One request and its answer, in the order of time: target and headers → body → scan → upstream → scan → client.
 * Every way out ends in one line of the log and one count in the metrics, written when the client's response closes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Verdict } from '../security/index.ts';
import { DecodeError, decode, receive, tooLarge } from './body.ts';
import { detailOf, withoutNames } from './detail.ts';
import { Forward } from './forward.ts';
import type { Direction, Judgement, Message } from './guard.ts';
import { headerSafe, type RawHeaders, type RequestHeaders, requestHeaders } from './headers.ts';
import { requestKind } from './media.ts';
import type { Passage, Shared } from './passage.ts';
import { Problem } from './problem.ts';
import type { Route } from './target.ts';

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
  #id = '';
  #verdict: Verdict | undefined;
  #fallback: string | undefined;
  #error: string | undefined;
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
    const { settings, target, guard } = shared;
    if (!METHODS.has(request.method ?? '')) {
      throw new Problem(405, 'method_not_allowed', `expected one of ${[...METHODS].join(', ')}`);
    }
    const { route, path } = target.resolve(request.url ?? '');
    this.route = route;
    const headers = requestHeaders(request.rawHeaders, target.host, shared.upstreamKey);
    this.headers = headers;
    const kind = requestKind(headers.contentType, route);
    const limit = settings.limits.requestBytes;
    const raw = await receive(request, limit);
    this.received = performance.now();
    let body = raw;
    if (raw !== undefined) {
      this.bytesIn = raw.length;
      body = headers.contentEncoding === undefined ? raw : await decodeRequest(raw, headers.contentEncoding, limit);
      const message: Message = {
        direction: 'request',
        body,
        kind,
        contentType: headers.contentType,
        tokens: route.tokens,
      };
      const judgement = await guard.judge(message);
      this.settle(judgement, message);
      body = judgement.body;
    }
    if (this.response.destroyed) return;
    this.forward = new Forward(this);
    this.forward.send(path, headers.forwarded, body);
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
    throw outcome === 'block' ? this.blocked(verdict!, direction) : scanFailed(direction);
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

  /** The refusal that tells of a blocked message. */
  blocked(verdict: Verdict, direction: Direction): Problem {
    const worst = verdict.threats[0];
    const found = worst ? `${worst.category} ${worst.score.toFixed(2)} (${worst.name})` : 'policy';
    return new Problem(400, 'content_filter', `The ${direction} was blocked: ${found}.`, {
      ...(worst?.path === undefined ? {} : { param: direction === 'request' ? worst.path : withoutNames(worst.path) }),
      detail: detailOf(verdict, direction, this.headers?.secrets ?? []),
    });
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
    const { request, response } = this;
    this.forward?.abort();
    if (response.destroyed) return;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const body = Buffer.from(problem.toJSON());
    const headers: RawHeaders = ['content-type', 'application/json', 'content-length', String(body.length)];
    const unread = !request.complete && (request.headers['content-length'] ?? request.headers['transfer-encoding']);
    if (unread) headers.push('connection', 'close');
    this.writeHead(problem.status, headers);
    this.bytesOut += body.length;
    if (unread) linger(request, response, body);
    else response.end(body);
  }

  #closed(): void {
    const { metrics, log } = this.shared;
    this.forward?.abort();
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
      in: this.bytesIn,
      out: this.bytesOut,
      ms: round(now - this.started),
      ...(upstreamMs === undefined ? {} : { upstreamMs: round(upstreamMs) }),
    });
  }
}

async function decodeRequest(raw: Buffer, coding: string, limit: number): Promise<Buffer> {
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

/** The refusal where a scan gave no verdict and the policy is closed. */
export function scanFailed(direction: Direction): Problem {
  return new Problem(
    503,
    'scan_failed',
    `The ${direction} could not be scanned, and this proxy passes nothing unscanned.`,
  );
}

function internal(): Problem {
  return new Problem(500, 'internal_error', 'The proxy failed; its log names the error.');
}

/**
 * Answers a client that is still sending. Closing at once would reset the connection, and the reset would overtake the
 * answer; so the rest is read and dropped for a second, or until it ends.
 */
function linger(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  response.write(body);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, 1000);
  request.removeAllListeners('data');
  request.once('end', end);
  request.once('error', end);
  request.once('close', end);
  request.resume();
}

/** A programming error by its class and place alone: its message may quote what it stumbled over. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const place = /([\w.-]+:\d+):\d+\)?$/mu.exec(error.stack ?? '');
  return place ? `${error.name} at ${place[1]}` : error.name;
}

function categoriesOf(verdict: Verdict): string[] {
  return [...new Set(verdict.threats.map((threat) => threat.category))];
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
