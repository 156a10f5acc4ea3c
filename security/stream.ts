/**
 * scanStream: the answer of a model, scanned while it streams.
 *
 * bytes → frames (sse.ts) → texts (stream/event.ts) → channels (stream/channel.ts) → frames that may go on.
 * No byte of a span that the policy blocks is ever passed on: text waits until no later text can make it part of one.
 * This holds for what has a place, which is everything that scores 0.5 or more; a `blockAt` below that also blocks on
 * sums over a whole text (score.ts), whose first words have gone on by then.
 */
import { InvalidInputError } from '../errors.ts';
import { MAX_MATCH } from './match.ts';
import type { SecurityScanner } from './scanner.ts';
import { Session, type SessionOptions } from './stream/session.ts';
import type { Role, Verdict } from './verdict.ts';

export interface StreamOptions {
  /** Who speaks; default `assistant`. */
  readonly role?: Role;
  /** `sse` (OpenAI and everything like it, default) or `ndjson` (Ollama's native API). */
  readonly wire?: 'sse' | 'ndjson';
  /** Called once: when the stream is blocked, or at its end. */
  readonly onVerdict?: (verdict: Verdict) => void;
  /** Pass on what cannot be read or judged, instead of ending the stream; the verdict's `fallback` says so. Default false. */
  readonly failOpen?: boolean;
  /** End a blocked stream with an error frame, which clients throw, instead of `finish_reason: "content_filter"`. Default false. */
  readonly strict?: boolean;
  /** After a block, read the upstream to its end, so that the verdict covers all of it. Default false: the upstream is cancelled. */
  readonly readOn?: boolean;
  /** Characters that a finding may span; less than the default trades the guarantee for latency. */
  readonly holdBack?: number;
  /** Characters that one text may hold before the stream is ended, default 1,048,576: JSON documents are held whole. */
  readonly maxHeld?: number;
  /** Bytes of one event, default 16 MiB. */
  readonly maxFrame?: number;
  readonly signal?: AbortSignal;
}

/**
 * A transform from an upstream's stream to the client's. Clean streams pass byte for byte; a blocked one ends in the form
 * its client understands (stream/ending.ts), the readable side closes, and the writable side errors, which cancels a
 * piped upstream.
 *
 *     upstream.body.pipeThrough(scanStream(scanner, { onVerdict: (v) => log(v.verdict) }))
 *
 * @throws InvalidInputError  `holdBack`, `maxHeld` or `maxFrame` is no positive integer
 */
export function scanStream(
  scanner: SecurityScanner,
  options: StreamOptions = {},
): TransformStream<Uint8Array, Uint8Array> {
  const session = new Session(scanner, resolve(options));
  let reported = false;
  const report = (verdict: Verdict): void => {
    if (!reported) options.onVerdict?.(verdict);
    reported = true;
  };
  return new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      options.signal?.throwIfAborted();
      for (const bytes of await session.push(chunk)) controller.enqueue(bytes);
      if (!session.stopped || options.readOn) return;
      report(session.stopped);
      controller.terminate();
    },
    async flush(controller) {
      options.signal?.throwIfAborted();
      for (const bytes of await session.end()) controller.enqueue(bytes);
      report(await session.verdict());
    },
  });
}

function resolve(options: StreamOptions): SessionOptions {
  return {
    wire: options.wire ?? 'sse',
    role: options.role ?? 'assistant',
    failOpen: options.failOpen ?? false,
    readOn: options.readOn ?? false,
    strict: options.strict ?? false,
    holdBack: positive(options.holdBack ?? MAX_MATCH, 'holdBack'),
    maxHeld: positive(options.maxHeld ?? 1_048_576, 'maxHeld'),
    maxFrame: positive(options.maxFrame ?? 16_777_216, 'maxFrame'),
    signal: options.signal,
  };
}

function positive(value: number, name: string): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidInputError(`${name}: expected a positive integer, found ${String(value)}`);
}
