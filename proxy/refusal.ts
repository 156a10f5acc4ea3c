/** How an exchange ends that may not go on: what is said, and how it is said to a client that is still sending. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Verdict } from '../security/index.ts';
import { detailOf, withoutNames } from './detail.ts';
import type { Direction } from './guard.ts';
import { Problem } from './problem.ts';

/** The refusal that tells of a blocked message. @param secrets  what the answer may not quote */
export function blocked(verdict: Verdict, direction: Direction, secrets: readonly string[]): Problem {
  const worst = verdict.threats[0];
  const found = worst ? `${worst.category} ${worst.score.toFixed(2)} (${worst.name})` : 'policy';
  return new Problem(400, 'content_filter', `The ${direction} was blocked: ${found}.`, {
    ...(worst?.path === undefined ? {} : { param: direction === 'request' ? worst.path : withoutNames(worst.path) }),
    detail: detailOf(verdict, direction, secrets),
  });
}

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
