/**
 * How frames are protected: not at all, with HMAC-SHA256 (RFC 2104), or with ChaCha20-Poly1305 (RFC 8439). Which of them
 * is the receiver's decision: a frame that comes in another mode is refused, whatever its own header says (the original
 * follows the frame, so that an attacker can take the protection off).
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { InvalidInputError, WireSecurityError } from '../../errors.ts';

export type Security =
  | { readonly mode: 'none' }
  /** A key of 16 bytes and more. */
  | { readonly mode: 'hmac'; readonly key: Uint8Array }
  /** A key of 32 bytes. */
  | { readonly mode: 'aead'; readonly key: Uint8Array };

/** The byte of each mode in the fixed header. */
export const MODES: Readonly<Record<Security['mode'], number>> = { none: 0, hmac: 1, aead: 2 };
export const TAG_BYTES: Readonly<Record<Security['mode'], number>> = { none: 0, hmac: 32, aead: 28 };
const NONCE = 12;

/** @throws InvalidInputError  a key that is too short */
export function checkKey(security: Security): void {
  if (security.mode === 'none') return;
  const { mode, key } = security;
  const right = mode === 'hmac' ? key.length >= 16 : key.length === 32;
  if (right) return;
  throw new InvalidInputError(
    `m2m: ${mode} needs a key of ${mode === 'hmac' ? '16 bytes and more' : '32 bytes'}, found ${key.length}`,
  );
}

/** Headers and body as they travel. @param nonce  for tests with published vectors alone; random otherwise */
export async function seal(
  headers: Uint8Array,
  body: Uint8Array,
  security: Security,
  nonce: Uint8Array = crypto.getRandomValues(new Uint8Array(NONCE)),
): Promise<Uint8Array> {
  switch (security.mode) {
    case 'none':
      return concat(headers, body);
    case 'hmac': {
      const frame = concat(headers, body);
      const tag = await crypto.subtle.sign('HMAC', await hmacKey(security.key, 'sign'), frame);
      return concat(frame, new Uint8Array(tag));
    }
    case 'aead':
      return concat(headers, nonce, chacha20poly1305(security.key, nonce, headers).encrypt(body));
  }
}

/**
 * The body behind the headers, verified before anything of it is read.
 *
 * @throws WireSecurityError  it does not verify; never says why
 */
export async function open(frame: Uint8Array, headerLength: number, security: Security): Promise<Uint8Array> {
  const rest = frame.subarray(headerLength);
  if (rest.length < TAG_BYTES[security.mode]) throw refused();
  switch (security.mode) {
    case 'none':
      return rest;
    case 'hmac': {
      const [signed, tag] = [frame.slice(0, -32), frame.slice(-32)];
      const key = await hmacKey(security.key, 'verify');
      if (!(await crypto.subtle.verify('HMAC', key, tag, signed))) throw refused();
      return rest.subarray(0, -32);
    }
    case 'aead': {
      const headers = frame.subarray(0, headerLength);
      try {
        return chacha20poly1305(security.key, rest.subarray(0, NONCE), headers).decrypt(rest.subarray(NONCE));
      } catch (error) {
        throw refused(error);
      }
    }
  }
}

/** Why a frame in the wrong mode is refused. */
export function wrongMode(expected: Security['mode']): WireSecurityError {
  return new WireSecurityError(`m2m: the policy here is ${expected}, and the frame is not of that kind`);
}

function refused(cause?: unknown): WireSecurityError {
  return new WireSecurityError('m2m: the frame does not verify', cause === undefined ? undefined : { cause });
}

async function hmacKey(key: Uint8Array, use: 'sign' | 'verify'): Promise<CryptoKey> {
  const copy = key.slice();
  try {
    return await crypto.subtle.importKey('raw', copy, { name: 'HMAC', hash: 'SHA-256' }, false, [use]);
  } finally {
    copy.fill(0);
  }
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
