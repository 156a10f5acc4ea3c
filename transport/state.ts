/** The states of a session, the events that it knows, and the actions that it asks for; session.ts has the steps between. */
import { InvalidInputError } from '../errors.ts';
import type { Agreement, Capabilities } from './capabilities.ts';
import type { Closing, Content, Message, Rejection } from './message.ts';

/** Milliseconds, except `missed`. */
export interface Timing {
  /** From HELLO to its answer. */
  readonly hello: number;
  /** Without a message of either side, then the session ends. */
  readonly idle: number;
  /** Without a message of either side, then a PING is sent. */
  readonly ping: number;
  /** From PING to PONG. */
  readonly pong: number;
  /** So many PONGs missed in a row end the session. */
  readonly missed: number;
  /** From CLOSE to the peer's. */
  readonly close: number;
}

/** §4.3.1, §6.4.2 and §6.6.1 of the original's documents. */
export const TIMING: Timing = { hello: 30_000, idle: 300_000, ping: 60_000, pong: 10_000, missed: 3, close: 5_000 };

/** What a side brings along from state to state. */
export interface Local {
  readonly capabilities: Capabilities;
  readonly timing: Timing;
}

/** Why a session is over. `peer`: it sent CLOSE; `silent`: an answer did not come; `lost`: the connection went. */
export type Ending = 'local' | 'peer' | 'rejected' | 'mismatch' | 'silent' | 'idle' | 'lost';

/** The phase in which messages flow. */
export interface Established {
  readonly phase: 'established';
  readonly local: Local;
  readonly id: string;
  readonly remote: Capabilities;
  readonly agreed: Agreement;
  /** When the last message came or DATA went. */
  readonly activeAt: number;
  /** When the PING that waits for its PONG was sent. */
  readonly pingAt: number | undefined;
  /** PONGs missed in a row. */
  readonly missed: number;
}

/** Where a session stands; each phase has what it needs and no more. */
export type SessionState =
  | { readonly phase: 'initial'; readonly local: Local; readonly id: string | undefined }
  | { readonly phase: 'stateless'; readonly local: Local }
  | { readonly phase: 'hello-sent'; readonly local: Local; readonly since: number }
  | Established
  | { readonly phase: 'closing'; readonly local: Local; readonly id: string; readonly since: number }
  | { readonly phase: 'closed'; readonly id: string | undefined; readonly ending: Ending };

/** `at` is Unix time in milliseconds. Events beside `received`, `lost` and `tick` are wishes of the caller. */
export type SessionEvent = { readonly at: number } & (
  | { readonly type: 'open' }
  | { readonly type: 'ping' }
  | { readonly type: 'tick' }
  | { readonly type: 'lost' }
  | { readonly type: 'close'; readonly reason?: Closing }
  | { readonly type: 'send'; readonly content: Content }
  | { readonly type: 'received'; readonly message: Message }
);

/** What the caller has to do, in this order. */
export type SessionAction =
  | { readonly type: 'send'; readonly message: Message }
  /** Decode it as what `content.algorithm` says, then scan it. */
  | { readonly type: 'deliver'; readonly content: Content }
  | { readonly type: 'established'; readonly id: string; readonly agreed: Agreement }
  /** A message that was on its way when this side closed. */
  | { readonly type: 'ignored'; readonly message: Message }
  | { readonly type: 'closed'; readonly ending: Ending; readonly code?: Rejection; readonly reason?: string };

/** What an event made of a state. */
export interface Step {
  readonly state: SessionState;
  readonly actions: readonly SessionAction[];
}

/** How a session begins. */
export interface SessionOptions {
  readonly capabilities: Capabilities;
  /** The id that this side gives to a session when a HELLO comes: unique, from a CSPRNG. Without one it takes no HELLO. */
  readonly id?: string;
  /** DATA without a handshake: no negotiation, no keep-alive. */
  readonly stateless?: boolean;
  readonly timing?: Partial<Timing>;
}

/** @throws InvalidInputError  a time that is no positive number; an id together with `stateless` */
export function begin(options: SessionOptions): SessionState {
  const timing = { ...TIMING, ...options.timing };
  for (const [name, value] of Object.entries(timing)) {
    if (!(value > 0)) throw new InvalidInputError(`timing.${name}: expected a positive number, found ${value}`);
  }
  const local = { capabilities: options.capabilities, timing };
  if (!options.stateless) return { phase: 'initial', local, id: options.id };
  if (options.id === undefined) return { phase: 'stateless', local };
  throw new InvalidInputError('a stateless session has no id');
}
