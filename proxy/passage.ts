/** What the parts of an exchange see of it; the whole is in exchange.ts, which brings them together. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Verdict } from '../security/index.ts';
import type { Budget } from './budget.ts';
import type { Guard, Judgement, Message } from './guard.ts';
import type { RawHeaders } from './headers.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Caller } from './peer/caller.ts';
import type { Reply } from './peer/door.ts';
import type { Host } from './peer/host.ts';
import type { Link } from './peer/link.ts';
import type { Settings } from './settings.ts';
import type { Route, Target } from './target.ts';

/** What all exchanges of a proxy share. */
export interface Shared {
  readonly settings: Settings;
  readonly target: Target;
  readonly pool: Dispatcher;
  readonly guard: Guard;
  readonly metrics: Metrics;
  readonly budget: Budget;
  readonly log: Log;
  /** The session with an upstream that is a peer. */
  readonly caller: Caller | undefined;
  /** The sessions of clients that are peers; set in an `m2m server`. */
  readonly host: Host | undefined;
  readonly upstreamKey: string | undefined;
  /** True from the first moment of close() on: answers then end their connection. */
  draining: boolean;
}

/** One exchange, as its upstream side sees it. */
export interface Passage {
  readonly shared: Shared;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: Route;
  /** Milliseconds of `performance.now()`: the request went upstream, and its answer was complete; 0 until then. */
  dispatched: number;
  answered: number;
  /** What reads the upstream's answer, where the upstream is a peer. */
  readonly link: Link | undefined;
  /** What writes the answer, where the client is a peer. */
  readonly reply: Reply | undefined;
  /** Body bytes sent to the client. */
  bytesOut: number;
  /** Writes the head of the answer, with what the proxy says of the scan. */
  writeHead(status: number, headers: RawHeaders): void;
  /** Takes note of bytes that are kept until the exchange is over. @throws Problem  503 there is no room for them */
  hold(bytes: number): void;
  /** As `Guard.judge`, for as long as the client is there. */
  judge(message: Message): Promise<Judgement>;
  /** Keeps a verdict for header, log and metrics. */
  note(verdict: Verdict): void;
  /** Keeps the reason why there is no verdict. */
  noteFailure(failure: string): void;
  /** Counts a judgement and its bytes. @throws Problem  where the message must not go on */
  settle(judgement: Judgement, message: Message): void;
  /** Ends the exchange with an error. */
  refuse(error: unknown): void;
}
