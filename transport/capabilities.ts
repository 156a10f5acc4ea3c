/**
 * What a peer can do, and what two peers agree on. Names and rules are those of the original's `protocol` module; where
 * its documents say otherwise (`TOKEN_NATIVE`, version 1.0), its running code is right (test/interop/README.md, 10).
 */
import { LIMITS } from '../codec/limits.ts';

/** Algorithms by their names in messages, best first. A HELLO with a name beside these is lost on the original. */
export const ALGORITHMS = ['m2m', 'tokennative', 'brotli', 'none'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Tokenizers by their names in messages. */
export const ENCODINGS = ['Cl100kBase', 'O200kBase', 'LlamaBpe', 'Heuristic'] as const;
export type Encoding = (typeof ENCODINGS)[number];

export const PROTOCOL_VERSION = '3.0';

export interface Compression {
  /** Best first. */
  readonly algorithms: readonly Algorithm[];
  /** Bytes of one content that this peer takes; 0 sets no limit of its own. */
  readonly maxPayload: number;
  readonly streaming: boolean;
  readonly mlRouting: boolean;
  readonly encodings: readonly Encoding[];
  readonly preferredEncoding: Encoding;
}

export interface Protection {
  readonly threatDetection: boolean;
  readonly modelVersion: string | null;
  readonly blockingMode: boolean;
  /** 0…1. */
  readonly blockThreshold: number;
}

export interface Capabilities {
  /** `major.minor`; peers of one major understand each other. */
  readonly version: string;
  readonly agentId: string;
  readonly agentType: string;
  readonly compression: Compression;
  readonly security: Protection;
  readonly extensions: ReadonlyMap<string, string>;
}

/** What two peers share. Both sides compute it for themselves. */
export interface Agreement {
  /** What this side sends unless it has a reason: its own first choice that the peer reads. */
  readonly algorithm: Algorithm;
  /** What either side may send, in this side's order. */
  readonly algorithms: readonly Algorithm[];
  /** The tokenizer this side writes with; the wire names it, so the peer may choose another. */
  readonly encoding: Encoding;
  readonly streaming: boolean;
  readonly mlRouting: boolean;
  /** Either side scans. */
  readonly threatDetection: boolean;
  /** Either side blocks. */
  readonly blockingMode: boolean;
  /** Bytes of one content: what the peer takes, what this side takes. */
  readonly maxSend: number;
  readonly maxReceive: number;
}

/** Why two peers have nothing to say to each other, in the words of REJECT. */
export type Mismatch = 'VERSION_MISMATCH' | 'NO_COMMON_ALGORITHM';

/** The capabilities of this package; `own` replaces parts. `agentId` is for the caller to choose, and to keep unique. */
export function capabilitiesOf(
  agentId: string,
  own: {
    readonly agentType?: string;
    readonly compression?: Partial<Compression>;
    readonly security?: Partial<Protection>;
    readonly extensions?: ReadonlyMap<string, string>;
  } = {},
): Capabilities {
  return {
    version: PROTOCOL_VERSION,
    agentId,
    agentType: own.agentType ?? 'm2m-typescript',
    compression: {
      algorithms: ALGORITHMS,
      maxPayload: LIMITS.wireBytes,
      streaming: true,
      mlRouting: false,
      encodings: ['Cl100kBase', 'O200kBase'],
      preferredEncoding: 'Cl100kBase',
      ...own.compression,
    },
    security: {
      threatDetection: false,
      modelVersion: null,
      blockingMode: false,
      blockThreshold: 0.8,
      ...own.security,
    },
    extensions: own.extensions ?? new Map(),
  };
}

/** What `local` and `remote` agree on, seen from `local`; or why they cannot. */
export function negotiate(local: Capabilities, remote: Capabilities): Agreement | Mismatch {
  if (majorOf(local) !== majorOf(remote)) return 'VERSION_MISMATCH';
  const algorithms = local.compression.algorithms.filter((name) => remote.compression.algorithms.includes(name));
  const [algorithm] = algorithms;
  if (algorithm === undefined) return 'NO_COMMON_ALGORITHM';
  return {
    algorithm,
    algorithms,
    encoding: encodingOf(local.compression, remote.compression),
    streaming: local.compression.streaming && remote.compression.streaming,
    mlRouting: local.compression.mlRouting && remote.compression.mlRouting,
    threatDetection: local.security.threatDetection || remote.security.threatDetection,
    blockingMode: local.security.blockingMode || remote.security.blockingMode,
    maxSend: payloadOf(remote),
    maxReceive: payloadOf(local),
  };
}

/** Bytes of one content that a peer takes; never more than a message may have at all. */
export function payloadOf(peer: Capabilities): number {
  const own = peer.compression.maxPayload;
  return own === 0 ? LIMITS.wireBytes : Math.min(own, LIMITS.wireBytes);
}

function majorOf(peer: Capabilities): string {
  return peer.version.split('.')[0] ?? '';
}

/** Every peer reads cl100k, whatever it says: the original falls back to it too. */
function encodingOf(local: Compression, remote: Compression): Encoding {
  const wanted = [local.preferredEncoding, ...local.encodings];
  return wanted.find((name) => remote.encodings.includes(name)) ?? 'Cl100kBase';
}
