/** How many bytes of bodies the proxy holds at once, over all exchanges; one body's own limit says nothing of a thousand. */
import type { Gauge } from './metrics.ts';
import { Problem } from './problem.ts';

export class Budget {
  readonly #limit: number;
  readonly #held: Gauge;

  constructor(limit: number, held: Gauge) {
    this.#limit = limit;
    this.#held = held;
  }

  /** @throws Problem  503, with the advice to come again */
  take(bytes: number): void {
    if (this.#held.value() + bytes > this.#limit) {
      const message = 'The proxy holds as many bytes as it may; send the request again in a moment.';
      throw new Problem(503, 'overloaded', message, { headers: ['retry-after', '1'] });
    }
    this.#held.add(bytes);
  }

  give(bytes: number): void {
    this.#held.add(-bytes);
  }
}
