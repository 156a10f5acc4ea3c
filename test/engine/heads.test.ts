/** From logits to scores. */
import { describe, expect, it } from 'vitest';
import { best, calibrate, threatProbability, threatScores } from '../../engine/heads.ts';

const LABELS = ['injection', 'benign', 'jailbreak'];
const IDENTITY = {
  knots: [
    [0, 0],
    [1, 1],
  ],
} as const;
const STEP = {
  knots: [
    [0, 0],
    [0.2, 0.5],
    [0.6, 0.8],
    [1, 1],
  ],
} as const;

describe('threatProbability', () => {
  it('is 1 − p(benign)', () => {
    const p = threatProbability(Float32Array.of(1, 2, 3), 1);
    expect(p).toBeCloseTo(1 - Math.exp(2) / (Math.exp(1) + Math.exp(2) + Math.exp(3)), 6);
  });

  it('keeps the digits of small values', () => {
    expect(threatProbability(Float32Array.of(-40, 0, -80), 1) / Math.exp(-40)).toBeCloseTo(1, 5);
  });

  it('is no number where a logit is none', () => {
    expect(threatProbability(Float32Array.of(Number.NaN, 0, 0), 1)).toBeNaN();
    expect(threatProbability(Float32Array.of(Infinity, 0, 0), 1)).toBeNaN();
  });
});

describe('calibrate', () => {
  it.each([
    [0, 0],
    [0.1, 0.25],
    [0.2, 0.5],
    [0.4, 0.65],
    [0.6, 0.8],
    [1, 1],
  ])('maps %f to %f', (p, score) => expect(calibrate(STEP, p)).toBeCloseTo(score, 12));

  it('never falls', () => {
    let last = 0;
    for (let i = 0; i <= 1000; i++) {
      const score = calibrate(STEP, i / 1000);
      expect(score).toBeGreaterThanOrEqual(last);
      last = score;
    }
  });
});

describe('threatScores', () => {
  it('add up to 1, benign being what calibration leaves', () => {
    const logits = Float32Array.of(1, 2, 3);
    const scores = threatScores(logits, LABELS, STEP);
    expect(Object.values(scores).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(1 - scores.benign!).toBeCloseTo(calibrate(STEP, threatProbability(logits, 1)), 12);
    expect(scores.jailbreak! / scores.injection!).toBeCloseTo(Math.exp(2), 5);
  });

  it('stand for nothing where nothing but benign is left', () => {
    expect(threatScores(Float32Array.of(-200, 0, -200), LABELS, IDENTITY)).toEqual({
      injection: 0,
      benign: 1,
      jailbreak: 0,
    });
  });
});

describe('best', () => {
  it('is the first of the greatest', () => {
    expect(best([1, 3, 3], LABELS)).toBe('benign');
    expect(best([-1, -2, -3], LABELS)).toBe('injection');
  });
});
