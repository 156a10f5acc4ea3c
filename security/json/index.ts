/** Text that is or claims to be JSON → its value and its faults. Skeleton: replaced by the strict scan. */
import type { Fault } from './fault.ts';

export interface ReadJson {
  /** The parsed container; undefined where the text is no JSON container, or is broken. */
  readonly value?: unknown;
  readonly faults: readonly Fault[];
}

/** @param claimed  the sender says that it is JSON (a content type), so anything else is a fault */
export function readJson(text: string, claimed: boolean): ReadJson {
  if (!claimed && !/^\s{0,64}[[{]/u.test(text)) return { faults: [] };
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { value, faults: [] } : { faults: [] };
  } catch {
    return claimed
      ? { faults: [{ name: 'invalid-json', score: 0.9, span: [0, text.length], detail: 'not JSON' }] }
      : { faults: [] };
  }
}
