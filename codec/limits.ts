/** How much a message may be, on the wire and decoded. Every decoder holds to it while it works, not afterwards. */
import { InvalidInputError, LimitExceededError } from '../errors.ts';

export interface Limits {
  /** Bytes on the wire; a text counts its UTF-8 bytes. */
  readonly wireBytes: number;
  /** Bytes of the decoded message. */
  readonly bytes: number;
  /** Levels of nested containers, where a format has them. */
  readonly depth: number;
  /** Elements of one array: messages, stop sequences. */
  readonly elements: number;
}

/** 16 MiB either way, 32 levels, 10,000 elements: §3.8 of the original specification. */
export const LIMITS: Limits = { wireBytes: 16 * 1_048_576, bytes: 16 * 1_048_576, depth: 32, elements: 10_000 };

/** @throws InvalidInputError  a limit that is no positive integer */
export function limitsOf(own: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(own)) {
    if (!(name in LIMITS)) throw new InvalidInputError(`limits: unknown limit ${name}`);
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InvalidInputError(`limits.${name}: expected a positive integer, found ${String(value)}`);
    }
  }
  return { ...LIMITS, ...own };
}

/** @throws LimitExceededError  names what grew too large, and the limit */
export function within(size: number, limit: number, what: string): void {
  if (size > limit) throw new LimitExceededError(`${what}: ${size} is more than the limit of ${limit}`);
}
