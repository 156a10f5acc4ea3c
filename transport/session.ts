/**
 * A session between two peers as a pure function: (state, event) → (state, actions). No clock, no socket, no randomness:
 * events bring the time, actions say what to send and to whom to hand what came in, and a refused event leaves the state
 * as it was, because nothing is changed in place.
 *
 *   initial ──open──▶ hello-sent ──ACCEPT──▶ established ──close──▶ closing ──CLOSE, time──▶ closed
 *      └────────HELLO (with an id to give)───────▲                      stateless: DATA without a session, nothing else
 *
 * Facts: the original's `protocol` module and §4, §6 of its documents. Stricter than it: a message belongs to a state and
 * to this session, REJECT closes only what was asked for, a server that rejects is done, and CLOSE is answered once.
 */
import type { FormatName } from '../codec/codec.ts';
import { detect } from '../codec/detect.ts';
import { within } from '../codec/limits.ts';
import { SessionError } from '../errors.ts';
import {
  type Agreement,
  type Algorithm,
  type Capabilities,
  type Mismatch,
  negotiate,
  payloadOf,
} from './capabilities.ts';
import type { Closing, Content, Message, Rejection } from './message.ts';
import type { Ending, Established, Local, SessionAction, SessionEvent, SessionState, Step } from './state.ts';

/** What begins like a format is a content of its algorithm: a `none` that did would be decoded, and nobody encoded it. */
const READ: Readonly<Partial<Record<FormatName, Algorithm>>> = {
  m2m: 'm2m',
  'token-native': 'tokennative',
  brotli: 'brotli',
};

/**
 * @throws SessionError        the state does not allow it: `illegal-event` of the caller; of the peer `unexpected-message`,
 *   `wrong-session`; of either `algorithm` (not agreed), `content` (no wire of its algorithm)
 * @throws LimitExceededError  a content larger than its receiver takes
 */
export function step(state: SessionState, event: SessionEvent): Step {
  if (event.type === 'tick') return tick(state, event.at);
  if (event.type === 'lost') return state.phase === 'closed' ? stay(state) : end(idOf(state), 'lost');
  switch (state.phase) {
    case 'initial':
      return fromInitial(state, event);
    case 'stateless':
      return inStateless(state, event);
    case 'hello-sent':
      return fromHelloSent(state, event);
    case 'established':
      return inEstablished(state, event);
    case 'closing':
      return fromClosing(state, event);
    case 'closed':
      return inClosed(state, event);
  }
}

type In<Phase extends SessionState['phase']> = Extract<SessionState, { phase: Phase }>;
type Wish = Exclude<SessionEvent, { type: 'tick' | 'lost' }>;

function fromInitial(state: In<'initial'>, event: Wish): Step {
  if (event.type === 'close') return end(undefined, 'local');
  if (event.type === 'open') {
    const message: Message = { type: 'HELLO', capabilities: state.local.capabilities, timestamp: event.at };
    return {
      state: { phase: 'hello-sent', local: state.local, since: event.at },
      actions: [{ type: 'send', message }],
    };
  }
  if (event.type !== 'received' || event.message.type !== 'HELLO' || state.id === undefined)
    throw refusal(state, event);
  const remote = event.message.capabilities;
  const agreed = negotiate(state.local.capabilities, remote);
  if (typeof agreed === 'string') {
    const message: Message = { type: 'REJECT', code: agreed, reason: mismatchOf(agreed, remote), timestamp: event.at };
    return end(undefined, 'mismatch', [{ type: 'send', message }], { code: agreed, reason: message.reason });
  }
  const message: Message = {
    type: 'ACCEPT',
    session: state.id,
    capabilities: state.local.capabilities,
    timestamp: event.at,
  };
  return establish(state.local, state.id, remote, agreed, event.at, [{ type: 'send', message }]);
}

function fromHelloSent(state: In<'hello-sent'>, event: Wish): Step {
  if (event.type === 'close') return end(undefined, 'local');
  if (event.type !== 'received') throw refusal(state, event);
  const { message } = event;
  if (message.type === 'REJECT') return end(undefined, 'rejected', [], { code: message.code, reason: message.reason });
  if (message.type !== 'ACCEPT') throw refusal(state, event);
  const agreed = negotiate(state.local.capabilities, message.capabilities);
  if (typeof agreed !== 'string') {
    return establish(state.local, message.session, message.capabilities, agreed, event.at, []);
  }
  // The peer believes in a session that cannot be: tell it, or it waits until its time is up.
  const goodbye = closeOf(message.session, 'ERROR', event.at);
  return end(message.session, 'mismatch', [goodbye], {
    code: agreed,
    reason: mismatchOf(agreed, message.capabilities),
  });
}

function inStateless(state: In<'stateless'>, event: Wish): Step {
  if (event.type === 'close') return end(undefined, 'local');
  const bytes = payloadOf(state.local.capabilities);
  const { algorithms } = state.local.capabilities.compression;
  if (event.type === 'send') {
    check(event.content, algorithms, bytes);
    return stay(state, [{ type: 'send', message: { type: 'DATA', ...event.content, timestamp: event.at } }]);
  }
  if (event.type !== 'received' || event.message.type !== 'DATA') throw refusal(state, event);
  if (event.message.session !== undefined) throw wrongSession(event.message.session, undefined);
  const content = contentOf(event.message);
  check(content, algorithms, bytes);
  return stay(state, [{ type: 'deliver', content }]);
}

function inEstablished(state: Established, event: Wish): Step {
  switch (event.type) {
    case 'open':
      throw refusal(state, event);
    case 'ping':
      return ping(state, event.at, state.missed);
    case 'close': {
      const next: SessionState = { phase: 'closing', local: state.local, id: state.id, since: event.at };
      return { state: next, actions: [closeOf(state.id, event.reason, event.at)] };
    }
    case 'send': {
      check(event.content, state.agreed.algorithms, state.agreed.maxSend);
      const message: Message = { type: 'DATA', session: state.id, ...event.content, timestamp: event.at };
      return stay({ ...state, activeAt: event.at }, [{ type: 'send', message }]);
    }
    case 'received':
      return hear(state, event.message, event.at);
  }
}

function hear(state: Established, message: Message, at: number): Step {
  if (message.type === 'HELLO' || message.type === 'ACCEPT' || message.type === 'REJECT') {
    throw refusal(state, { type: 'received', message, at });
  }
  if (message.session !== state.id) throw wrongSession(message.session, state.id);
  // Whatever comes shows that the peer is there.
  const alive = { ...state, activeAt: at, pingAt: undefined, missed: 0 };
  switch (message.type) {
    case 'DATA': {
      const content = contentOf(message);
      check(content, state.agreed.algorithms, state.agreed.maxReceive);
      return stay(alive, [{ type: 'deliver', content }]);
    }
    case 'PING':
      return stay(alive, [{ type: 'send', message: { type: 'PONG', session: state.id, timestamp: at } }]);
    case 'PONG':
      return stay(alive);
    case 'CLOSE':
      return end(state.id, 'peer', [closeOf(state.id, undefined, at)], message.reason && { reason: message.reason });
  }
}

function fromClosing(state: In<'closing'>, event: Wish): Step {
  if (event.type !== 'received') throw refusal(state, event);
  const { message } = event;
  if (message.type === 'HELLO' || message.type === 'ACCEPT' || message.type === 'REJECT') throw refusal(state, event);
  if (message.session !== state.id) throw wrongSession(message.session, state.id);
  return message.type === 'CLOSE' ? end(state.id, 'local') : stay(state, [{ type: 'ignored', message }]);
}

/** Where this side ended it, what the peer had sent before it knew may still come. After the peer's own CLOSE nothing may. */
function inClosed(state: In<'closed'>, event: Wish): Step {
  const over = state.id === undefined || state.ending === 'peer' || state.ending === 'lost';
  if (over || event.type !== 'received') throw refusal(state, event);
  const { message } = event;
  if (message.type === 'HELLO' || message.type === 'ACCEPT' || message.type === 'REJECT') throw refusal(state, event);
  if (message.session !== state.id) throw wrongSession(message.session, state.id);
  return stay(state, [{ type: 'ignored', message }]);
}

function tick(state: SessionState, at: number): Step {
  switch (state.phase) {
    case 'hello-sent':
      return at - state.since >= state.local.timing.hello ? end(undefined, 'silent') : stay(state);
    case 'closing':
      return at - state.since >= state.local.timing.close ? end(state.id, 'local') : stay(state);
    case 'established':
      return tickEstablished(state, at);
    default:
      return stay(state);
  }
}

function tickEstablished(state: Established, at: number): Step {
  const { timing } = state.local;
  const expired = (ending: Ending) => end(state.id, ending, [closeOf(state.id, 'TIMEOUT', at)]);
  if (at - state.activeAt >= timing.idle) return expired('idle');
  if (state.pingAt === undefined) return at - state.activeAt >= timing.ping ? ping(state, at, 0) : stay(state);
  if (at - state.pingAt < timing.pong) return stay(state);
  const missed = state.missed + 1;
  return missed >= timing.missed ? expired('silent') : ping(state, at, missed);
}

function ping(state: Established, at: number, missed: number): Step {
  const message: Message = { type: 'PING', session: state.id, timestamp: at };
  return stay({ ...state, pingAt: at, missed }, [{ type: 'send', message }]);
}

function establish(
  local: Local,
  id: string,
  remote: Capabilities,
  agreed: Agreement,
  at: number,
  actions: readonly SessionAction[],
): Step {
  const state: Established = {
    phase: 'established',
    local,
    id,
    remote,
    agreed,
    activeAt: at,
    pingAt: undefined,
    missed: 0,
  };
  return { state, actions: [...actions, { type: 'established', id, agreed }] };
}

/** Over; `id` is kept, for a CLOSE may still be on its way. */
function end(
  id: string | undefined,
  ending: Ending,
  actions: readonly SessionAction[] = [],
  why: { readonly code?: Rejection; readonly reason?: string } = {},
): Step {
  return { state: { phase: 'closed', id, ending }, actions: [...actions, { type: 'closed', ending, ...why }] };
}

function stay(state: SessionState, actions: readonly SessionAction[] = []): Step {
  return { state, actions };
}

function closeOf(session: string, reason: Closing | undefined, timestamp: number): SessionAction {
  return { type: 'send', message: { type: 'CLOSE', session, ...(reason && { reason }), timestamp } };
}

function contentOf(message: Extract<Message, { type: 'DATA' }>): Content {
  const { type: _type, session: _session, timestamp: _timestamp, ...content } = message;
  return content;
}

function check({ algorithm, content }: Content, algorithms: readonly Algorithm[], bytes: number): void {
  if (!algorithms.includes(algorithm)) {
    throw new SessionError('algorithm', `DATA in ${algorithm}: agreed on ${algorithms.join(', ')}`);
  }
  // A text has at least as many UTF-8 bytes as code units: the long ones need not be encoded to be refused.
  within(content.length, bytes, 'code units of a content');
  if (typeof content === 'string') within(new TextEncoder().encode(content).length, bytes, 'bytes of a content');
  const begins = READ[detect(content)] ?? 'none';
  if (begins === algorithm) return;
  throw new SessionError('content', `DATA in ${algorithm}: the content begins like ${begins}`);
}

function mismatchOf(mismatch: Mismatch, remote: Capabilities): string {
  if (mismatch === 'NO_COMMON_ALGORITHM') return 'no algorithm that both sides read';
  return `version ${remote.version.slice(0, 32)} is not understood here`;
}

function wrongSession(found: string | undefined, own: string | undefined): SessionError {
  return new SessionError('wrong-session', `a message of session ${found ?? '(none)'}, this is ${own ?? 'stateless'}`);
}

function refusal(state: SessionState, event: SessionEvent): SessionError {
  if (event.type === 'received') {
    return new SessionError(
      'unexpected-message',
      `${event.message.type} is not expected in a session that is ${state.phase}`,
    );
  }
  return new SessionError('illegal-event', `${event.type} is not possible in a session that is ${state.phase}`);
}

function idOf(state: SessionState): string | undefined {
  return state.phase === 'established' || state.phase === 'closing' ? state.id : undefined;
}
