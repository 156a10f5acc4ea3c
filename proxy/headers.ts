/**
 * Which headers cross the proxy, in each direction. Works on raw name-value lists, so that repeated headers stay
 * repeated and no header name ever becomes a property name (CVE-2026-21710: `__proto__` against `headersDistinct`).
 */
import type { IncomingHttpHeaders } from 'undici/types/header.js';
import type { PeerHeaders } from './peer/door.ts';
import { CODING, PROOF_HEADER, SESSION_HEADER } from './peer/link.ts';
import { Problem } from './problem.ts';

/** Names and values in turn, as `rawHeaders` of node:http and the header arrays of undici have them. */
export type RawHeaders = string[];

// RFC 9110 §7.6.1: for this hop alone. content-length and expect are this hop's framing and are made anew by undici:
// two spellings of content-length that both reach it are CVE-2026-1525.
const HOP_BY_HOP: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'content-length',
];
// Bodies are decoded for the scan and go on as identity; the proxy says by itself what it accepts.
const REQUEST_DROPPED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'host',
  'expect',
  'accept-encoding',
  'content-encoding',
]);
// CORS is off: whatever the upstream allows, a page of another origin may not read through the proxy.
const RESPONSE_DROPPED: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'content-encoding', 'alt-svc']);
/** Headers that say something about the exact bytes of a body, and lie once it was decoded or edited. */
const ABOUT_BYTES: ReadonlySet<string> = new Set(['content-md5', 'digest', 'content-digest', 'repr-digest', 'etag']);
/** Two of these and two readers may each take another one. */
const SINGLE: ReadonlySet<string> = new Set([
  'host',
  'content-type',
  'content-encoding',
  'content-length',
  'transfer-encoding',
  'authorization',
  SESSION_HEADER,
  PROOF_HEADER,
]);
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'api-key', 'x-api-key']);

/** What the proxy itself needs to know of a request's headers. */
export interface RequestHeaders {
  /** What goes upstream. */
  readonly forwarded: RawHeaders;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  /** The client's own request id, when it is one that can be logged as it is. */
  readonly id: string | undefined;
  /** What a peer says of itself. */
  readonly peer: PeerHeaders;
  /** Values that must never be seen in an answer, a log or a metric. */
  readonly secrets: readonly string[];
}

/**
 * Filters a request's headers.
 *
 * @param raw  `rawHeaders` of the request
 * @param key     the upstream's own key; replaces whatever credentials the client sent
 * @param accept  the content coding that the upstream may answer in
 * @throws Problem  400 a header that may stand only once stands twice; 403 a page of another origin asks; 501 another
 *                  protocol is asked for
 */
export function requestHeaders(
  raw: readonly string[],
  host: string,
  key: string | undefined,
  accept = 'identity',
): RequestHeaders {
  const forwarded: RawHeaders = ['host', host];
  const named = namedByConnection(raw);
  const seen = new Set<string>();
  let contentType: string | undefined;
  let origin: string | undefined;
  let asked = '';
  let contentEncoding: string | undefined;
  let id: string | undefined;
  let session: string | undefined;
  let proof: string | undefined;
  let accepts = false;
  const secrets: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const value = raw[i + 1]!;
    if (SINGLE.has(name)) {
      if (seen.has(name)) throw new Problem(400, 'duplicate_header', `the header ${name} stands twice`);
      seen.add(name);
    }
    if (name === 'content-type') contentType = value;
    else if (name === 'content-encoding') contentEncoding = value.trim().toLowerCase();
    else if (name === 'host') asked = value;
    else if (name === 'origin') origin = value;
    else if (name === 'upgrade') refuseUpgrade(value);
    else if (name === 'transfer-encoding') refuseTransferCoding(value);
    else if (name === 'x-request-id' && /^[\w.-]{1,64}$/u.test(value)) id = value;
    else if (name === 'accept-encoding') accepts ||= list(value).includes(CODING);
    else if (name === SESSION_HEADER) session = value;
    else if (name === PROOF_HEADER) proof = value;
    if (CREDENTIALS.has(name)) {
      secrets.push(value.replace(/^bearer\s+/iu, ''));
      if (key !== undefined) continue;
    }
    // x-m2m-* is what the proxy says; nobody else may say it.
    if (REQUEST_DROPPED.has(name) || named?.has(name) || name.startsWith('x-m2m-')) continue;
    forwarded.push(name, value);
  }
  if (origin !== undefined) refuseForeign(origin, asked);
  if (key !== undefined) {
    forwarded.push('authorization', `Bearer ${key}`);
    secrets.push(key);
  }
  forwarded.push('accept-encoding', accept);
  return { forwarded, contentType, contentEncoding, id, peer: { session, proof, accepts }, secrets };
}

/**
 * Filters a response's headers.
 *
 * @param changed  the body is not byte for byte what the upstream sent: decoded, edited, or to be scanned as a stream
 */
export function responseHeaders(headers: IncomingHttpHeaders, changed: boolean): RawHeaders {
  const connection = headers.connection;
  const named = connection === undefined ? undefined : new Set(list(String(connection)));
  const kept: RawHeaders = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || RESPONSE_DROPPED.has(name) || named?.has(name)) continue;
    if (name.startsWith('x-m2m-') || name.startsWith('access-control-')) continue;
    if (changed && ABOUT_BYTES.has(name)) continue;
    if (typeof value === 'string') kept.push(name, value);
    else for (const one of value) kept.push(name, one);
  }
  return kept;
}

/** RFC 9110 §5.3: the fields of one name, joined; two content codings are one that nobody here can undo. */
export function joined(value: string | string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}

/** A value that may stand in a header: visible ASCII, at most 200 characters. */
export function headerSafe(value: string): string {
  return value
    .replace(/[^\x20-\x7e]/gu, ' ')
    .slice(0, 200)
    .trim();
}

// Java's HttpClient offers h2c on every cleartext request and goes on in HTTP/1.1; RFC 9110 §7.8 lets a server ignore it.
function refuseUpgrade(value: string): void {
  if (list(value).every((protocol) => protocol === 'h2c')) return;
  throw new Problem(
    501,
    'upgrade_unsupported',
    'this proxy speaks HTTP/1.1 requests and responses only; leave Upgrade out',
  );
}

// llhttp takes `gzip, chunked` and undoes the last coding alone: what is left is no text, and nobody would name it to the
// upstream. RFC 9112 §6.1: a server that does not understand a transfer coding should answer 501.
function refuseTransferCoding(value: string): void {
  if (value.trim().toLowerCase() === 'chunked') return;
  throw new Problem(501, 'transfer_coding_unsupported', 'expected transfer-encoding chunked alone');
}

/**
 * CORS is off, and a browser's "simple" request needs no CORS to be sent: any page could spend the operator's key on the
 * loopback port. Clients that are no browsers send no Origin.
 */
function refuseForeign(origin: string, host: string): void {
  const from = origin.replace(/^[a-z][a-z0-9+.-]*:\/\//iu, '').toLowerCase();
  if (from === host.toLowerCase()) return;
  throw new Problem(403, 'cross_origin', 'this proxy answers no pages of other origins');
}

function namedByConnection(raw: readonly string[]): Set<string> | undefined {
  let named: Set<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]!.length !== 10 || raw[i]!.toLowerCase() !== 'connection') continue;
    if (raw[i + 1] === 'keep-alive' || raw[i + 1] === 'close') continue;
    named ??= new Set();
    for (const name of list(raw[i + 1]!)) named.add(name);
  }
  return named;
}

function list(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((one) => one.trim());
}
