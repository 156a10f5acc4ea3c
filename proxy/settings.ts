/** What a proxy can be told, what holds where it is not told, and what is refused. Reading it from places: config.ts. */
import * as v from 'valibot';
import { ConfigError } from '../errors.ts';
import type { Mode, Policy, ScannerOptions } from '../security/index.ts';
import { type PeerOptions, SECURITIES } from './peer/terms.ts';

/** Bounds on memory and sockets. */
export interface Limits {
  /** A request's body, before and after decoding; default 16 MiB. Longer is answered 413. */
  readonly requestBytes: number;
  /** A response that is scanned as a whole; default 64 MiB. Longer is answered 502. */
  readonly responseBytes: number;
  /** All bodies that are held at one time, both ways; default 1 GiB. More is answered 503. */
  readonly bufferedBytes: number;
  /** Connections of one client address; default 2,048. Further ones are closed at once. */
  readonly socketsPerAddress: number;
  /** Connections to the upstream; default 1,024. Further requests wait for one. */
  readonly upstreamSockets: number;
  /** Sessions of a server's peers; default 10,000. Beyond it the one that was silent for longest ends. */
  readonly sessions: number;
}

/** Milliseconds. */
export interface Timeouts {
  /** For a client to send a request's headers; default 10,000, or `requestMs` where that is less. */
  readonly headersMs: number;
  /** For a client to send the whole request; default 60,000. */
  readonly requestMs: number;
  /** For a connection to the upstream; default 10,000. */
  readonly connectMs: number;
  /** For the upstream to begin its answer; default 300,000, since a whole completion may be made before the first byte. */
  readonly upstreamMs: number;
  /** Between two chunks of the upstream's answer; default 300,000. */
  readonly idleMs: number;
  /** For the requests in flight when close() is called; default 30,000. */
  readonly drainMs: number;
}

/** Thresholds, categories, allow-list and `monitor` are the scanner's policy; see security/policy.ts. */
export interface ProxyConfig extends Policy {
  /** `http(s)://host[:port][/path]`, the same behind `m2m+` for a peer, or `demo`; the mapping of paths is in target.ts. */
  readonly upstream: string;
  /** Sent upstream as `authorization: Bearer …` in place of what the client sent; default: the client's goes on. */
  readonly upstreamKey?: string;
  /** Default 127.0.0.1: reachable from this machine alone. */
  readonly host?: string;
  /** Default 8080; 0 takes any free one. */
  readonly port?: number;
  /** Default: `auto` with a classifier, else `patterns`. */
  readonly mode?: Mode;
  /** Milliseconds that a scan waits for the classifier. */
  readonly deadlineMs?: number;
  /** Let a message pass when its scan fails; default: only in monitor mode. */
  readonly failOpen?: boolean;
  /** Default true. */
  readonly scanRequests?: boolean;
  /** Default true. */
  readonly scanResponses?: boolean;
  readonly limits?: Partial<Limits>;
  readonly timeouts?: Partial<Timeouts>;
  /** How peers are spoken to: an `m2m+http` upstream, the clients of a server. */
  readonly peer?: PeerOptions;
  /** The secret behind `peer.security`, 16 bytes and more; the same on both sides. */
  readonly peerKey?: Uint8Array;
  /** Takes the log, one or more JSON lines at a time; default: stderr. */
  readonly log?: (lines: string) => void;
}

/** A configuration with every default filled in. */
export interface Settings {
  readonly upstream: string;
  readonly host: string;
  readonly port: number;
  readonly failOpen: boolean;
  readonly scanRequests: boolean;
  readonly scanResponses: boolean;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly peer: PeerOptions;
}

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const millis = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(86_400_000));
const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_073_741_824));
const text = v.pipe(v.string(), v.nonEmpty());
const some = v.exactOptional;
const category = some(
  v.strictObject({
    flagAt: some(share),
    blockAt: some(share),
    action: some(v.picklist(['block', 'flag', 'redact', 'ignore'])),
  }),
);
const shape = v.strictObject({
  upstream: some(text),
  host: some(text),
  port: some(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))),
  mode: some(v.picklist(['auto', 'neural', 'patterns'])),
  deadlineMs: some(millis),
  monitor: some(v.boolean()),
  flagAt: some(share),
  blockAt: some(share),
  categories: some(
    v.strictObject({
      prompt_injection: category,
      jailbreak: category,
      data_exfiltration: category,
      malformed: category,
    }),
  ),
  allow: some(v.strictObject({ names: some(v.array(text)), phrases: some(v.array(text)), paths: some(v.array(text)) })),
  failOpen: some(v.boolean()),
  scanRequests: some(v.boolean()),
  scanResponses: some(v.boolean()),
  limits: some(
    v.strictObject({
      requestBytes: some(count),
      responseBytes: some(count),
      bufferedBytes: some(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 40))),
      socketsPerAddress: some(count),
      upstreamSockets: some(count),
      sessions: some(count),
    }),
  ),
  timeouts: some(
    v.strictObject({
      headersMs: some(millis),
      requestMs: some(millis),
      connectMs: some(millis),
      upstreamMs: some(millis),
      idleMs: some(millis),
      drainMs: some(millis),
    }),
  ),
  peer: some(
    v.strictObject({
      agent: some(text),
      org: some(text),
      security: some(v.picklist(SECURITIES)),
      session: some(v.boolean()),
    }),
  ),
});

/** A configuration as JSON can tell it: no functions and, so that no key lies in a file, no keys. */
export type PlainConfig = Partial<Omit<ProxyConfig, 'log' | 'upstreamKey' | 'peerKey'>>;

/**
 * Checks every name and value.
 *
 * @param origin  tells where a setting was read, from its path: `m2m.config.json`, `the flag --port` …
 * @throws ConfigError  the first setting that is unknown or malformed, with its origin
 */
export function checkSettings(value: unknown, origin: (path: string) => string): PlainConfig {
  const result = v.safeParse(shape, value);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue) ?? 'the configuration';
  const unknown = issue.type === 'strict_object' && issue.expected === 'never';
  const known = unknown ? 'is no setting' : `expected ${issue.expected ?? 'another value'}, found ${issue.received}`;
  throw new ConfigError(`${path}${unknown ? ' ' : ': '}${known} (${origin(path)})`);
}

/** Fills in the defaults. @throws ConfigError  a setting is unknown, malformed or against another, or there is no upstream */
export function complete({ log: _log, upstreamKey, peerKey: _key, ...plain }: ProxyConfig): Settings {
  const config = checkSettings(plain, () => 'createProxy');
  if (config.upstream === undefined) {
    throw new ConfigError('upstream: none is set; expected a URL such as http://localhost:11434/v1, or demo');
  }
  if (upstreamKey !== undefined && !/^[\x21-\x7e]+$/u.test(upstreamKey)) {
    throw new ConfigError('upstreamKey: expected visible ASCII characters only, found others');
  }
  const requestMs = config.timeouts?.requestMs ?? 60_000;
  const headersMs = config.timeouts?.headersMs ?? Math.min(10_000, requestMs);
  if (headersMs > requestMs) {
    throw new ConfigError(
      `timeouts: headersMs (${headersMs}) is above requestMs (${requestMs}), which it is a part of`,
    );
  }
  return {
    upstream: config.upstream,
    host: config.host ?? '127.0.0.1',
    port: config.port ?? 8080,
    failOpen: config.failOpen ?? config.monitor ?? false,
    scanRequests: config.scanRequests ?? true,
    scanResponses: config.scanResponses ?? true,
    limits: {
      requestBytes: 16_777_216,
      responseBytes: 67_108_864,
      bufferedBytes: 1_073_741_824,
      socketsPerAddress: 2048,
      upstreamSockets: 1024,
      sessions: 10_000,
      ...config.limits,
    },
    timeouts: {
      connectMs: 10_000,
      upstreamMs: 300_000,
      idleMs: 300_000,
      drainMs: 30_000,
      ...config.timeouts,
      headersMs,
      requestMs,
    },
    peer: config.peer ?? {},
  };
}

/** What a scanner needs of a configuration. */
export function policyOf(config: PlainConfig): ScannerOptions {
  const { flagAt, blockAt, categories, allow, monitor, mode, deadlineMs } = config;
  const given = Object.entries({ flagAt, blockAt, categories, allow, monitor, mode, deadlineMs });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
