import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Threat } from '../../security/index.ts';
import { Cuts } from '../../security/stream/cuts.ts';
import { slope } from './stream-rig.ts';

const threat = (start: number, end: number, score = 0.8): Threat => ({
  category: score > 0.8 ? 'jailbreak' : 'prompt_injection',
  score,
  name: 'n',
  span: [start, end],
  evidence: '',
  by: 'pattern',
  view: 'raw',
});

/** Milliseconds for as many cuts as a text of findings has, the least of nine: anything else is what else the machine does. */
function spent(count: number): number {
  const times = Array.from({ length: 9 }, () => {
    const cuts = new Cuts();
    const started = performance.now();
    for (let i = 0; i < count; i++) {
      if (!cuts.covers(i * 30, i * 30 + 20)) cuts.add(threat(i * 30, i * 30 + 20), 0);
      cuts.rewrite('x'.repeat(30), i * 30);
    }
    return performance.now() - started;
  });
  return Math.min(...times);
}

describe('cuts', () => {
  it('are what a mask over the characters says, in whatever order and pieces', () => {
    const span = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 12 }), fc.constantFrom(0.8, 0.9));
    fc.assert(
      fc.property(
        fc.array(span, { maxLength: 12 }),
        fc.nat(20),
        fc.integer({ min: 1, max: 9 }),
        (spans, safe, step) => {
          const text = Array.from({ length: 80 }, (_, i) => String.fromCharCode(0x4e00 + i)).join('');
          const cuts = new Cuts();
          const mask = new Set<number>();
          for (const [start, size, score] of spans) {
            cuts.add(threat(start, start + size, score), safe);
            for (let i = Math.max(start, safe); i < start + size; i++) mask.add(i);
          }
          const kept = [...text].filter((_, i) => !mask.has(i)).join('');
          let out = '';
          for (let at = 0; at < text.length; at += step) out += cuts.rewrite(text.slice(at, at + step), at);
          expect(out.replaceAll(/\[redacted:\w+\]/gu, '')).toBe(kept);
          for (let i = 0; i < 80; i++) expect(cuts.covers(i, i + 1)).toBe(mask.has(i));
        },
      ),
    );
  });

  it('name the worst of what overlaps, once', () => {
    const cuts = new Cuts();
    for (const [start, end, score] of [
      [0, 4, 0.8],
      [8, 12, 0.8],
      [2, 9, 0.9],
    ] as const)
      cuts.add(threat(start, end, score), 0);
    expect(cuts.rewrite('abcdefghijklmn', 0)).toBe('[redacted:jailbreak]mn');
  });

  it('cost no more each the more there are', () => {
    spent(64_000);
    const points = [8000, 16_000, 32_000, 64_000].map((n): [number, number] => [Math.log(n), Math.log(spent(n))]);
    expect(slope(points)).toBeLessThan(1.6);
  });
});
