/** How an exchange ends that may not go on: what is said, and how it is said to a client that is still sending. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Direction } from './guard.ts';
import { Problem } from './problem.ts';

/** The refusal where a scan gave no verdict and the policy is closed. */
export function scanFailed(direction: Direction): Problem {
  return new Problem(
    503,
    'scan_failed',
    `The ${direction} could not be scanned, and this proxy passes nothing unscanned.`,
  );
}

/** What is said of an error that nobody foresaw. */
export function internal(): Problem {
  return new Problem(500, 'internal_error', 'The proxy failed; its log names the error.');
}

/**
 * Answers a client that is still sending. Closing at once would reset the connection, and the reset would overtake the
 * answer; so the rest is read and dropped for a second, or until it ends.
 */
export function linger(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  response.write(body);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, 1000);
  request.removeAllListeners('data');
  request.once('end', end);
  request.once('error', end);
  request.once('close', end);
  request.resume();
}

/** A programming error by its class and place alone: its message may quote what it stumbled over. */
export function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const place = /([\w.-]+:\d+):\d+\)?$/mu.exec(error.stack ?? '');
  return place ? `${error.name} at ${place[1]}` : error.name;
}
