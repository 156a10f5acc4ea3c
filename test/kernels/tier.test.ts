/** The choice of a tier: what the engine computes wrongly is never taken, forced or not. */
import { describe, expect, it } from 'vitest';
import { chooseTier, type Instantiate, TIERS } from '../../kernels/tier.ts';

/** The two relaxed instructions as bytes, and others of the same signature and length in their place. */
const DOT32 = [0xfd, 0x93, 0x02];
const DOT16 = [0xfd, 0x92, 0x02];
const BITSELECT = [0xfd, 0xd2, 0x00];
/** i16x8.mul */
const MULTIPLY = [0xfd, 0x95, 0x01];

/** An engine that takes one instruction for another. */
function mistaken(...swaps: [from: number[], to: number[]][]): Instantiate {
  return (bytes, imports) => {
    const patched = bytes.slice();
    for (const [from, to] of swaps) {
      for (let i = 0; i + 2 < patched.length; i++) {
        if (from.every((byte, j) => patched[i + j] === byte)) patched.set(to, i);
      }
    }
    return new WebAssembly.Instance(new WebAssembly.Module(patched), imports);
  };
}

describe('chooseTier', () => {
  it('takes a tier that answers rightly, and lists all three by speed', () => {
    const { tier, found } = chooseTier();
    expect(found.map((finding) => finding.tier).toSorted()).toEqual([...TIERS].toSorted());
    expect(found.find((finding) => finding.answer === 'right')?.tier).toBe(tier);
    const speeds = found.map(({ callsPerMs }) => callsPerMs as number);
    expect(speeds).toEqual(speeds.toSorted((a, b) => b - a));
    expect(Math.min(...speeds)).toBeGreaterThan(0);
  });

  it.each(TIERS)('takes %s where it is forced', (tier) => {
    expect(chooseTier(tier)).toEqual({ tier, found: [{ tier, callsPerMs: 'not timed', answer: 'right' }] });
  });

  it('refuses relaxed dot products that are computed wrongly', () => {
    const wrong = mistaken([DOT32, BITSELECT], [DOT16, MULTIPLY]);
    const { tier, found } = chooseTier(undefined, wrong);
    expect(tier).toBe('swar');
    expect(found.filter(({ answer }) => answer === 'right')).toHaveLength(1);
    expect(() => chooseTier('dot32', wrong)).toThrow('dot32 gives wrong sums on this engine; leave the tier out');
    expect(() => chooseTier('dot16', wrong)).toThrow(expect.objectContaining({ name: 'ClassifierUnavailableError' }));
    expect(chooseTier('swar', wrong).tier).toBe('swar');
  });

  it('does not fall back in silence when every tier is wrong', () => {
    // i32x4.dot_i16x8_s is read as i32x4.mul.
    const wrong = mistaken(
      [DOT32, BITSELECT],
      [DOT16, MULTIPLY],
      [
        [0xfd, 0xba, 0x01],
        [0xfd, 0xb5, 0x01],
      ],
    );
    expect(() => chooseTier(undefined, wrong)).toThrow(/gives wrong sums.*use device "reference"/);
  });
});
