/** The proxy's own pages, for those who run it: health, readiness, metrics. Everything else is traffic. */
import type { Shared } from './passage.ts';

/** A whole answer of the proxy's own. */
export interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const TEXT = 'text/plain; charset=utf-8';

/**
 * The page at a request target, if it is one of ours. `/readyz` says whether this proxy takes requests; it does not ask
 * the upstream, whose failures are its clients' 502.
 */
export function pageOf({ draining, metrics }: Shared, url: string | undefined): Page | undefined {
  switch (url) {
    case '/healthz':
      return { status: 200, type: TEXT, body: 'ok\n' };
    case '/readyz':
      return { status: draining ? 503 : 200, type: TEXT, body: draining ? 'draining\n' : 'ready\n' };
    case '/metrics':
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: metrics.text() };
    default:
      return undefined;
  }
}
