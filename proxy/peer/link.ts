/**
 * One side of what two peers have agreed on: turns messages into wires and back, and asks the session's state machine
 * before each of them. HTTP is the carrier: a body whose content coding is `m2m` is the content of a DATA message, the
 * header `x-m2m-session` is its session; everything but DATA goes to `/message` as JSON.
 */
import {
  auto,
  type Algorithm as CodecName,
  decode,
  detect,
  encode,
  type Form,
  type Security,
  type Wire,
} from '../../codec/index.ts';
import { InvalidInputError, LimitExceededError, WireSecurityError } from '../../errors.ts';
import {
  type Algorithm,
  type Content,
  type SessionAction,
  type SessionEvent,
  type SessionState,
  step,
} from '../../transport/index.ts';

/** The header that names the session of a request; without it the request is stateless. */
export const SESSION_HEADER = 'x-m2m-session';
/** The header of a request without a body where everything has to be protected; see door.ts. */
export const PROOF_HEADER = 'x-m2m-proof';
/** The content coding of bodies that are wires, and of event streams whose events are. */
export const CODING = 'm2m';
/** Where HELLO, PING and CLOSE go, below the root of the peer; the same place as with the original. */
export const MESSAGE_PATH = '/message';

const CODEC: Readonly<Record<Exclude<Algorithm, 'none'>, CodecName>> = {
  m2m: 'm2m',
  tokennative: 'token-native',
  brotli: 'brotli',
};
const NAMES: Readonly<Partial<Record<string, Algorithm>>> = {
  m2m: 'm2m',
  'token-native': 'tokennative',
  brotli: 'brotli',
};
/** Brotli's default of 11 takes 3 ms for two kilobytes, 5 takes a tenth of one. */
const QUALITY = 5;
/** Characters from which on ids do not beat Brotli any more (no body of the corpus): with a frame as text, in binary. */
const LONG = { text: 16_384, framed: 1024 };

export class Link {
  readonly #security: Security;
  #state: SessionState;

  constructor(state: SessionState, security: Security) {
    this.#state = state;
    this.#security = security;
  }

  /** The session's id; undefined in stateless mode. */
  get session(): string | undefined {
    return this.#state.phase === 'established' ? this.#state.id : undefined;
  }

  /** False once either side has ended it. */
  get open(): boolean {
    return this.#state.phase === 'established' || this.#state.phase === 'stateless';
  }

  /** Whether nothing may pass that is not verified. */
  get secured(): boolean {
    return this.#security.mode !== 'none';
  }

  /** The same link with the protection that its session turned out to need. */
  under(security: Security): Link {
    return new Link(this.#state, security);
  }

  /** Moves the session on. Throws as `step` does, and stays as it was then. */
  take(event: SessionEvent): readonly SessionAction[] {
    const { state, actions } = step(this.#state, event);
    this.#state = state;
    return actions;
  }

  /**
   * The smallest wire that the peer reads.
   *
   * @param only  the one algorithm that the peer is known to read; the message is then never sent as it is
   * @returns undefined where the message travels best as it is
   * @throws InvalidInputError   a message that has to be protected, and that no frame carries: it is no JSON
   * @throws LimitExceededError  the same, because it is too long
   */
  async pack(message: string, form: Form, only?: CodecName): Promise<Wire | undefined> {
    try {
      const wire = await this.#wire(message, form, only);
      if (wire === undefined) return undefined;
      this.take({ type: 'send', content: contentOf(wire), at: Date.now() });
      return wire;
    } catch (error) {
      if (this.secured || !(error instanceof InvalidInputError || error instanceof LimitExceededError)) throw error;
      return undefined;
    }
  }

  /**
   * The message of a wire that came from the peer.
   *
   * @throws WireFormatError, WireSecurityError, LimitExceededError, SessionError
   */
  async unpack(wire: Wire, limit: number): Promise<string> {
    if (this.secured && detect(wire) !== 'm2m') throw new WireSecurityError('expected a protected frame');
    const session = this.session;
    const message = {
      type: 'DATA',
      ...contentOf(wire),
      ...(session !== undefined && { session }),
      timestamp: 0,
    } as const;
    this.take({ type: 'received', message, at: Date.now() });
    return decode(wire, { security: this.#security, limits: { wireBytes: limit, bytes: limit } });
  }

  #wire(message: string, form: Form, only: CodecName | undefined): Promise<Wire | undefined> {
    if (this.secured) return encode(message, 'm2m', { form, security: this.#security });
    return only ? encode(message, only, { form, quality: QUALITY }) : this.#smallest(message, form);
  }

  async #smallest(message: string, form: Form): Promise<Wire | undefined> {
    const names = this.#algorithms();
    // In binary a frame has what Brotli has, and no base64; as text its headers cost an event more than they tell.
    const framed = form === 'binary' && names.includes('m2m') && isObject(message);
    const among = names.filter((name) => {
      if (name === 'm2m') return framed;
      return name === 'brotli' ? !framed : message.length < (framed ? LONG.framed : LONG.text);
    });
    const { format, wire } = await auto(message, { among: among.map((name) => CODEC[name]), form, quality: QUALITY });
    return format === 'raw' ? undefined : wire;
  }

  #algorithms(): readonly Exclude<Algorithm, 'none'>[] {
    const state = this.#state;
    const own = 'local' in state ? state.local.capabilities.compression.algorithms : [];
    const names = state.phase === 'established' ? state.agreed.algorithms : own;
    return names.filter((name) => name !== 'none');
  }
}

function contentOf(wire: Wire): Content {
  return { algorithm: NAMES[detect(wire)] ?? 'none', content: wire };
}

/** By its first sign; what is none after all is refused by the frame. */
function isObject(message: string): boolean {
  return /^\s*\{/u.test(message);
}
