/** Two peers, every kind of event, and a session in every phase, for the suites of this folder. */
import { type Capabilities, capabilitiesOf } from '../../transport/capabilities.ts';
import type { Content, Message } from '../../transport/message.ts';
import { step } from '../../transport/session.ts';
import { begin, type SessionEvent, type SessionState } from '../../transport/state.ts';

export const ID = 'sess_a1b2c3d4e5f6g7h8i9j0';
export const T = 1_795_000_000_000;

export const client: Capabilities = capabilitiesOf('agent-client');
export const server: Capabilities = capabilitiesOf('agent-server', { agentType: 'm2m-server' });

export const content: Content = { algorithm: 'tokennative', content: '#TK|C|sk0L/Q4A' };

/** One message of each type, of the session `ID`. */
export const messages: readonly Message[] = [
  { type: 'HELLO', capabilities: client, timestamp: T },
  { type: 'ACCEPT', session: ID, capabilities: server, timestamp: T },
  { type: 'REJECT', code: 'RATE_LIMITED', reason: 'later', timestamp: T },
  { type: 'DATA', session: ID, ...content, timestamp: T },
  { type: 'PING', session: ID, timestamp: T },
  { type: 'PONG', session: ID, timestamp: T },
  { type: 'CLOSE', session: ID, reason: 'NORMAL', timestamp: T },
];

/** One event of each kind, `received` once per type of message. */
export const events: readonly SessionEvent[] = [
  { type: 'open', at: T },
  { type: 'send', content, at: T },
  { type: 'ping', at: T },
  { type: 'close', reason: 'CLIENT_SHUTDOWN', at: T },
  { type: 'tick', at: T },
  { type: 'lost', at: T },
  ...messages.map((message): SessionEvent => ({ type: 'received', message, at: T })),
];

export function nameOf(event: SessionEvent): string {
  return event.type === 'received' ? event.message.type : event.type;
}

const initial = begin({ capabilities: client });
const helloSent = step(initial, { type: 'open', at: T }).state;
const established = step(helloSent, { type: 'received', message: messages[1] as Message, at: T }).state;
const closing = step(established, { type: 'close', at: T }).state;

type Phase = SessionState['phase'] | 'listening' | 'closed by the peer';

/** A session in each phase; `listening` is initial with an id to give. */
export const sessions: Readonly<Record<Phase, SessionState>> = {
  initial,
  listening: begin({ capabilities: server, id: ID }),
  stateless: begin({ capabilities: client, stateless: true }),
  'hello-sent': helloSent,
  established,
  closing,
  closed: step(closing, { type: 'received', message: messages[6] as Message, at: T }).state,
  'closed by the peer': step(established, { type: 'received', message: messages[6] as Message, at: T }).state,
};
