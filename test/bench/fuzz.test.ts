/** A taste of `npm run fuzz`: hostile texts, messages and streams end in an answer or in a documented error. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { TARGETS } from '../../bench/fuzz/targets.ts';
import { M2MError } from '../../errors.ts';
import { full, runs } from '../scale.ts';

describe('hostile input ends in nothing but a documented error', () => {
  it.each(TARGETS)('$name', async (target) => {
    await fc.assert(
      fc.asyncProperty(target.cases, async (one) => {
        try {
          await target.run(one);
        } catch (error) {
          if (!(error instanceof M2MError)) throw error;
        }
      }),
      // The full run looks for what nobody has seen yet; the short one must not fail by the luck of the draw.
      { numRuns: runs(500, 10_000), ...(full ? {} : { seed: 20261122 }) },
    );
  });
});
