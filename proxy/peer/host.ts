/**
 * The sessions of an `m2m server`. A client says HELLO and gets an id; what it sends with that id is read by what was
 * agreed. The table is bounded: the session that was silent for longest makes room, and its client says HELLO again.
 */
import { randomUUID } from 'node:crypto';
import { M2MError } from '../../errors.ts';
import { begin, type Message, readMessage, type SessionAction, writeMessage } from '../../transport/index.ts';
import type { Gauge } from '../metrics.ts';
import { Problem } from '../problem.ts';
import { Link } from './link.ts';
import type { Terms } from './terms.ts';

/** Milliseconds between two looks at sessions that have been idle for too long. */
const TICK_MS = 5000;

export class Host {
  readonly #terms: Terms;
  readonly #limit: number;
  readonly #count: Gauge;
  /** In the order of last use. */
  readonly #links = new Map<string, Link>();
  readonly #timer: NodeJS.Timeout;
  #stateless: Promise<Link> | undefined;

  constructor(terms: Terms, limit: number, count: Gauge) {
    this.#terms = terms;
    this.#limit = limit;
    this.#count = count;
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** The answer to a message of the session's own: HELLO, PING, CLOSE. @throws Problem  400, 404 */
  async answer(text: string): Promise<string> {
    let message: Message;
    try {
      message = readMessage(text);
    } catch (error) {
      throw error instanceof M2MError ? new Problem(400, 'invalid_message', error.message, { cause: error }) : error;
    }
    if (message.type === 'HELLO') return this.#welcome(message);
    if (message.type !== 'PING' && message.type !== 'CLOSE') {
      throw new Problem(400, 'unexpected_message', `expected HELLO, PING or CLOSE, found ${message.type}`);
    }
    const link = this.#known(message.session);
    const actions = link.take({ type: 'received', message, at: Date.now() });
    if (!link.open) this.#forget(message.session);
    return sent(actions);
  }

  /** The link of a request. @throws Problem  409 where its session is not known here, or not any more */
  async link(session: string | undefined): Promise<Link> {
    if (session !== undefined) return this.#known(session);
    this.#stateless ??= this.#terms
      .security()
      .then((security) => new Link(begin({ capabilities: this.#terms.capabilities, stateless: true }), security));
    return this.#stateless;
  }

  close(): void {
    clearInterval(this.#timer);
    for (const id of [...this.#links.keys()]) this.#forget(id);
  }

  async #welcome(message: Extract<Message, { type: 'HELLO' }>): Promise<string> {
    const id = randomUUID();
    const peer = message.capabilities.agentId;
    if (!this.#terms.fits(message.capabilities)) return reject('another protection of wires is demanded here');
    // A client cannot be called from here: it is the one that asks whether the other side is still there.
    const timing = { ping: Number.POSITIVE_INFINITY };
    let link: Link;
    try {
      link = new Link(
        begin({ capabilities: this.#terms.capabilities, id, timing }),
        await this.#terms.security({ id, peer }),
      );
    } catch (error) {
      if (!(error instanceof M2MError)) throw error;
      return reject('agent_id: expected [A-Za-z0-9_-]{1,128}');
    }
    const actions = link.take({ type: 'received', message, at: Date.now() });
    if (link.open) {
      for (const oldest of this.#links.keys()) {
        if (this.#links.size < this.#limit) break;
        this.#forget(oldest);
      }
      this.#links.set(id, link);
      this.#count.add(1);
    }
    return sent(actions);
  }

  #known(session: string): Link {
    const link = this.#links.get(session);
    if (!link) throw unknownSession();
    this.#links.delete(session);
    this.#links.set(session, link);
    return link;
  }

  #forget(session: string): void {
    if (this.#links.delete(session)) this.#count.add(-1);
  }

  #tick(): void {
    for (const [id, link] of this.#links) {
      link.take({ type: 'tick', at: Date.now() });
      if (!link.open) this.#forget(id);
    }
  }
}

/** The code of a refusal after which the client may say HELLO and send the same again: nothing was done with it. */
export const UNKNOWN_SESSION = 'unknown_session';

function unknownSession(): Problem {
  return new Problem(409, UNKNOWN_SESSION, 'No such session: say HELLO, and send the request again.');
}

function reject(reason: string): string {
  return writeMessage({ type: 'REJECT', code: 'SECURITY_POLICY', reason, timestamp: Date.now() });
}

function sent(actions: readonly SessionAction[]): string {
  const action = actions.find(({ type }) => type === 'send');
  return action?.type === 'send' ? writeMessage(action.message) : '';
}
