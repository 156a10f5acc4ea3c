/** What a failed request to the upstream becomes for the client; the reason is a code, since messages may name hosts. */
import { Problem } from './problem.ts';

const SLOW: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);
const AWAY: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
/** OpenSSL's and Node's names for certificates and handshakes that fail. */
const TLS = /^(?:CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH$|INVALID_CA$)|SELF_SIGNED/u;

/** The code of a failure, as it may be logged; undefined where it has none or one that is no code. */
export function causeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/u.test(code) ? code : undefined;
}

export function upstreamProblem(error: Error): Problem {
  if (error instanceof Problem) return error;
  const code = causeOf(error) ?? '';
  const because = (status: number, name: string, message: string): Problem =>
    new Problem(status, name, message, { cause: error });
  if (SLOW.has(code)) return because(504, 'upstream_timeout', 'The upstream did not answer in time.');
  if (AWAY.has(code)) return because(502, 'upstream_unreachable', 'The upstream cannot be reached.');
  if (TLS.test(code)) {
    return because(502, 'upstream_tls', 'No trusted TLS connection to the upstream; the log names the reason.');
  }
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return because(503, 'draining', 'The proxy is shutting down.');
  }
  return because(502, 'upstream_error', 'The upstream broke off or answered with something that is no HTTP.');
}
