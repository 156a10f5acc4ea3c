/** What this side brings to every peer: its name, what it reads, and the protection that it demands. */
import { KeyHierarchy, type Security } from '../../codec/index.ts';
import { ConfigError, InvalidInputError } from '../../errors.ts';
import { type Capabilities, capabilitiesOf } from '../../transport/index.ts';

export const SECURITIES = ['none', 'hmac', 'aead'] as const;

/** The extension in capabilities that says which protection a side demands. */
const PROTECTION = 'm2m.security';

/** How peers of ours are spoken to: upstreams of the scheme m2m+http, clients of an `m2m server`. */
export interface PeerOptions {
  /** This side's name in sessions and in their keys, [A-Za-z0-9_-]{1,128}; default `m2m-proxy` or `m2m-server`. */
  readonly agent?: string;
  /** The organisation whose keys these are; default `default`. */
  readonly org?: string;
  /** What every wire must be protected by, in both directions; default `none`. The others need a key. */
  readonly security?: (typeof SECURITIES)[number];
  /** Towards an upstream: false sends each request by itself, without a HELLO. Default true. */
  readonly session?: boolean;
}

export interface Terms {
  readonly capabilities: Capabilities;
  readonly stateless: boolean;
  /** Whether a peer protects its wires as this side does; one that does not say (the original) shows it with the first. */
  fits(peer: Capabilities): boolean;
  /** The protection of one session, or of stateless messages. @throws InvalidInputError  a name that no key can be made for */
  security(session?: { readonly id: string; readonly peer: string }): Promise<Security>;
  /** Overwrites the secret that all keys come from. */
  dispose(): void;
}

/**
 * @param key  the secret that both organisations share, 16 bytes and more
 * @throws ConfigError  a protection without a key, a key without a protection, a name beyond the rules
 */
export function termsOf(options: PeerOptions, key: Uint8Array | undefined, agent: string, blocking: boolean): Terms {
  const { security: mode = 'none', org = 'default', session = true } = options;
  const name = options.agent ?? agent;
  if (!/^[A-Za-z0-9_-]{1,128}$/u.test(name)) throw new ConfigError('peer.agent: expected [A-Za-z0-9_-]{1,128}');
  if (mode !== 'none' && !key) throw new ConfigError(`peer.security ${mode}: no key; set the variable M2M_PEER_KEY`);
  if (mode === 'none' && key) {
    throw new ConfigError(
      'a key for peers is set, but peer.security is none: choose hmac or aead, or unset M2M_PEER_KEY',
    );
  }
  const capabilities = capabilitiesOf(name, {
    compression: { algorithms: mode === 'none' ? ['m2m', 'tokennative', 'brotli', 'none'] : ['m2m'] },
    security: { threatDetection: true, blockingMode: blocking },
    extensions: new Map([[PROTECTION, mode]]),
  });
  const keys = key && hierarchy(key, org);
  return {
    capabilities,
    stateless: !session,
    fits: (peer) => (peer.extensions.get(PROTECTION) ?? mode) === mode,
    async security(with_) {
      if (mode === 'none' || !keys) return { mode: 'none' };
      return { mode, key: await (with_ ? keys.session(name, with_.peer, with_.id) : keys.shared()) };
    },
    dispose: () => keys?.dispose(),
  };
}

function hierarchy(key: Uint8Array, org: string): KeyHierarchy {
  try {
    return new KeyHierarchy(key, org);
  } catch (error) {
    if (error instanceof InvalidInputError) throw new ConfigError(`peer: ${error.message}`, { cause: error });
    throw error;
  }
}
