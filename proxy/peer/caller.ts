/** The session with an upstream that is a peer: says HELLO when it is first needed, PING when it is idle, CLOSE at the end. */
import type { Dispatcher } from 'undici';
import { M2MError } from '../../errors.ts';
import { begin, type Message, readMessage, type SessionAction, TIMING, writeMessage } from '../../transport/index.ts';
import { Problem } from '../problem.ts';
import { upstreamProblem } from '../upstream-problem.ts';
import { Link } from './link.ts';
import type { Terms } from './terms.ts';

const TICK_MS = 5000;
/** Bytes of an answer to HELLO; capabilities are one kilobyte. */
const LONGEST = 65_536;

const UNLIKE = 'The upstream protects its wires in another way: peer.security has to be the same on both sides.';

export class Caller {
  readonly #pool: Dispatcher;
  readonly #path: string;
  readonly #terms: Terms;
  readonly #timer: NodeJS.Timeout;
  #link: Link | undefined;
  #greeting: Promise<Link> | undefined;

  /** @param path  where the peer takes messages of the session's own */
  constructor(pool: Dispatcher, path: string, terms: Terms) {
    this.#pool = pool;
    this.#path = path;
    this.#terms = terms;
    this.#timer = setInterval(() => void this.#tick(), TICK_MS).unref();
  }

  /** The link to send with. @throws Problem  502 the upstream is no peer, or refuses; 504 */
  async link(): Promise<Link> {
    if (this.#link?.open) return this.#link;
    this.#greeting ??= this.#greet().finally(() => {
      this.#greeting = undefined;
    });
    return this.#greeting;
  }

  /** Gives up a session that the peer no longer knows. Answers that are still on their way under it are read. */
  drop(link: Link): void {
    if (this.#link === link) this.#link = undefined;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    // A HELLO that is on its way would leave a session behind that nobody closes.
    await this.#greeting?.catch(() => undefined);
    const link = this.#link;
    if (link?.session === undefined) return;
    try {
      await this.#send(link.take({ type: 'close', reason: 'CLIENT_SHUTDOWN', at: Date.now() }), TIMING.close);
    } catch (error) {
      // The peer is gone too, and forgets the session by itself.
      if (!(error instanceof Problem || error instanceof M2MError)) throw error;
    }
  }

  async #greet(): Promise<Link> {
    const { capabilities, stateless } = this.#terms;
    if (stateless) {
      this.#link = new Link(begin({ capabilities, stateless }), await this.#terms.security());
      return this.#link;
    }
    const opening = new Link(begin({ capabilities }), { mode: 'none' });
    const reply = await this.#send(opening.take({ type: 'open', at: Date.now() }));
    if (reply?.type !== 'ACCEPT' && reply?.type !== 'REJECT') throw noPeer();
    const received = { type: 'received', message: reply, at: Date.now() } as const;
    const actions = opening.take(received);
    if (reply.type === 'REJECT' || !opening.open) throw rejected(actions);
    if (!this.#terms.fits(reply.capabilities)) throw new Problem(502, 'upstream_rejects', UNLIKE);
    const security = await this.#terms.security({ id: reply.session, peer: reply.capabilities.agentId });
    this.#link = opening.under(security);
    return this.#link;
  }

  async #tick(): Promise<void> {
    const link = this.#link;
    if (!link?.open) return;
    const at = Date.now();
    const actions = link.take({ type: 'tick', at });
    if (!actions.some(({ type }) => type === 'send')) return;
    try {
      const message = await this.#send(actions);
      if (message && link.open) link.take({ type: 'received', message, at: Date.now() });
    } catch (error) {
      if (error instanceof Problem || error instanceof M2MError) this.drop(link);
      else throw error;
    }
  }

  /** Sends what the session asks for, and reads the answer. @throws Problem */
  async #send(actions: readonly SessionAction[], waitMs = TIMING.hello): Promise<Message | undefined> {
    const action = actions.find(({ type }) => type === 'send');
    if (action?.type !== 'send') return undefined;
    let answer: Dispatcher.ResponseData;
    try {
      answer = await this.#pool.request({
        path: this.#path,
        method: 'POST',
        headersTimeout: waitMs,
        bodyTimeout: waitMs,
        headers: { 'content-type': 'application/json', 'accept-encoding': 'identity' },
        body: writeMessage(action.message),
      });
    } catch (error) {
      throw upstreamProblem(error as Error);
    }
    const text = await textOf(answer);
    if (answer.statusCode !== 200) throw noPeer();
    try {
      return readMessage(text);
    } catch (error) {
      if (error instanceof M2MError) throw noPeer(error);
      throw error;
    }
  }
}

async function textOf({ body }: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += (chunk as Buffer).length;
      if (size > LONGEST) throw noPeer();
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    throw error instanceof Problem ? error : upstreamProblem(error as Error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function noPeer(cause?: unknown): Problem {
  const message = 'The upstream does not speak M2M: it answered HELLO with something else. A plain one is http://…';
  return new Problem(502, 'upstream_no_peer', message, { cause });
}

function rejected(actions: readonly SessionAction[]): Problem {
  const closed = actions.find(({ type }) => type === 'closed');
  const code = closed?.type === 'closed' ? closed.code : undefined;
  return new Problem(502, 'upstream_rejects', `The upstream refuses a session: ${code ?? 'no reason given'}.`);
}
