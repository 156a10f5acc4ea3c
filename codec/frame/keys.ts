/**
 * Keys of agents and sessions from one master secret: HKDF-SHA256 (RFC 5869) without a salt, 32 bytes for each place in the
 * hierarchy `m2m/v1/{org}/{agent}/{purpose}`, and X25519 (RFC 7748) between agents that share no master.
 */
import { x25519 } from '@noble/curves/ed25519.js';
import { InvalidInputError, WireSecurityError } from '../../errors.ts';
import { bytesOf } from '../bytes.ts';

export const PURPOSES = ['identity', 'encryption', 'authentication', 'session'] as const;
export type Purpose = (typeof PURPOSES)[number];

const KEY_BYTES = 32;
/** RFC 5869 §2.3: 255 blocks of the hash. */
const LONGEST = 255 * 32;
const ID = /^[A-Za-z0-9_-]{1,128}$/u;

/** 32 bytes for `info`. @param salt  none where RFC 5869 leaves it out. @throws InvalidInputError  a length beyond 1…8,160 */
export async function hkdf(
  ikm: Uint8Array,
  info: string | Uint8Array,
  { salt = new Uint8Array(), length = KEY_BYTES }: { salt?: Uint8Array; length?: number } = {},
): Promise<Uint8Array> {
  if (!Number.isInteger(length) || length < 1 || length > LONGEST) {
    throw new InvalidInputError(`keys: a length from 1 to ${LONGEST}, found ${String(length)}`);
  }
  const copy = ikm.slice();
  const key = await crypto.subtle.importKey('raw', copy, 'HKDF', false, ['deriveBits']).finally(() => copy.fill(0));
  const bytes = typeof info === 'string' ? bytesOf(info) : info.slice();
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: salt.slice(), info: bytes as Uint8Array<ArrayBuffer> };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, length * 8));
}

/** The keys of one organisation. Keeps a copy of the master secret until `dispose`. */
export class KeyHierarchy {
  readonly #master: Uint8Array;
  readonly #org: string;
  #disposed = false;

  /** @throws InvalidInputError  a master of less than 16 bytes, or an id beyond [A-Za-z0-9_-]{1,128} */
  constructor(master: Uint8Array, org: string) {
    if (master.length < 16) throw new InvalidInputError(`keys: a master of 16 bytes and more, found ${master.length}`);
    this.#org = checkId(org, 'organisation');
    this.#master = master.slice();
  }

  org(): Promise<Uint8Array> {
    return this.#derive('');
  }

  /**
   * @throws InvalidInputError  an id or a purpose beyond the rules; the id `shared` without a purpose, whose key the
   *                            original makes the one that the whole organisation has
   */
  agent(agent: string, purpose?: Purpose): Promise<Uint8Array> {
    if (agent === 'shared' && purpose === undefined) {
      throw new InvalidInputError('keys: an agent of the name shared would have the key that everybody has');
    }
    if (purpose !== undefined && !PURPOSES.includes(purpose)) {
      throw new InvalidInputError(`keys: expected one of ${PURPOSES.join(', ')}, found ${String(purpose)}`);
    }
    return this.#derive(`/${checkId(agent, 'agent')}${purpose === undefined ? '' : `/${purpose}`}`);
  }

  /** The same key for both, whoever asks. */
  session(one: string, other: string, session: string): Promise<Uint8Array> {
    const pair = [checkId(one, 'agent'), checkId(other, 'agent')].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    return this.#derive(`/session/${pair.join(':')}/${checkId(session, 'session')}`);
  }

  shared(): Promise<Uint8Array> {
    return this.#derive('/shared');
  }

  /** Overwrites the copy of the master. Copies that the engine made on the way are out of reach. */
  dispose(): void {
    this.#master.fill(0);
    this.#disposed = true;
  }

  #derive(place: string): Promise<Uint8Array> {
    if (this.#disposed) throw new InvalidInputError('keys: this hierarchy is disposed of');
    return hkdf(this.#master, `m2m/v1/${this.#org}${place}`);
  }
}

/** A session key of the original's keyring, which numbers contexts instead of agents. */
export function keyringKey(master: Uint8Array, context: string, session: string): Promise<Uint8Array> {
  return hkdf(master, `m2m-v1|${context}|${checkId(session, 'session')}`);
}

export interface KeyPair {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** A fresh pair for one exchange. */
export function keyPair(): KeyPair {
  const { secretKey, publicKey } = x25519.keygen();
  return { secret: secretKey, publicKey };
}

/**
 * The key that two agents share; from @noble/curves, because the platforms take no raw secrets.
 *
 * @param context  what the key is for, `m2m-session-v1`
 * @throws InvalidInputError  keys that are no 32 bytes; WireSecurityError  a public key of small order (RFC 7748 §6.1)
 */
export async function exchange(secret: Uint8Array, publicKey: Uint8Array, context: string): Promise<Uint8Array> {
  if (secret.length !== KEY_BYTES || publicKey.length !== KEY_BYTES) {
    throw new InvalidInputError('keys: X25519 keys have 32 bytes');
  }
  let shared: Uint8Array;
  try {
    shared = x25519.getSharedSecret(secret, publicKey);
  } catch (error) {
    throw new WireSecurityError('keys: the public key of the other side is no good one', { cause: error });
  }
  try {
    return await hkdf(shared, context);
  } finally {
    shared.fill(0);
  }
}

function checkId(id: string, what: string): string {
  if (!ID.test(id))
    throw new InvalidInputError(`keys: ${what}: expected [A-Za-z0-9_-]{1,128}, found ${JSON.stringify(id)}`);
  return id;
}
