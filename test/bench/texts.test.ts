/** The evasion table stands on enough texts of every category, and on the same ones each time. */
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseTexts, type Texts } from '../../bench/evasion/texts.ts';
import { applies } from '../../bench/evasion/transform.ts';
import { TRANSFORMS } from '../../bench/evasion/transforms.ts';
import { CATEGORIES, ROLES } from '../../security/verdict.ts';
import { corpus } from '../scale.ts';

const dev = corpus('threats/dev.jsonl.gz');
const pool = dev && corpus('threats/authored') ? dirname(dev) : undefined;
const ABSENT = 'no threats/dev.jsonl.gz with threats/authored under M2M_DATA';
const texts: Texts = pool ? chooseTexts(pool) : { attacks: [], benign: [], notes: [] };

describe('the texts of the evasion table', () => {
  it('are the same each time', (ctx) => {
    if (!pool) return ctx.skip(ABSENT);
    expect(chooseTexts(pool)).toEqual(texts);
  });

  it('are at least 200 attacks and 500 benign texts under every transform', (ctx) => {
    if (!pool) return ctx.skip(ABSENT);
    for (const transform of TRANSFORMS) {
      const attacks = texts.attacks.filter((one) => applies(transform, one.text) && (transform.exact || !one.encoded));
      const benign = texts.benign.filter((one) => applies(transform, one.text));
      expect(attacks.length, transform.name).toBeGreaterThanOrEqual(200);
      expect(benign.length, transform.name).toBeGreaterThanOrEqual(500);
    }
  });

  it('hold every category and every kind of speaker', (ctx) => {
    if (!pool) return ctx.skip(ABSENT);
    for (const category of CATEGORIES) {
      expect(texts.attacks.filter((one) => one.label === category).length, category).toBeGreaterThanOrEqual(30);
    }
    const speakers = new Set([...texts.attacks, ...texts.benign].map((one) => one.role));
    expect(speakers).toEqual(new Set([undefined, ...ROLES]));
  });

  it('hold no text twice', (ctx) => {
    if (!pool) return ctx.skip(ABSENT);
    const all = [...texts.attacks, ...texts.benign].map((one) => one.id);
    expect(new Set(all).size).toBe(all.length);
  });
});
