import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { normalize } from '../../../security/normalize/index.ts';
import { corpus } from '../../scale.ts';

// Seeded bytes: SHA-256 of a counter, so that a failure repeats.
const noise = (size: number, seed = 1): Buffer =>
  Buffer.concat(
    Array.from({ length: Math.ceil(size / 32) }, (_, i) => createHash('sha256').update(`${seed}/${i}`).digest()),
  ).subarray(0, size);
const png = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), noise(600)]);
const hexdump = Array.from({ length: 8 }, (_, i) =>
  `${(i * 16).toString(16).padStart(8, '0')}  ${[...noise(16, i)].map((b) => b.toString(16).padStart(2, '0')).join(' ')}`,
).join('\n'); // biome-ignore format: one thing a line

const QUIET: readonly (readonly [string, string])[] = [
  ['a base64 image', `<img src="data:image/png;base64,${png.toString('base64')}">`],
  ['a certificate', `-----BEGIN CERTIFICATE-----\nMIID${noise(400).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----`],
  ['a signature', `sig: ${noise(64).toString('base64url')}`],
  ['a git log', `commit ${noise(20).toString('hex')}\nAuthor: A <a@b.c>\n\n    Fix the logo`],
  ['a UUID', 'id 45246cf1-a3fc-58f7-6a02-7695c9744cab, etag "45246cf1a3fc58f7"'],
  ['a hex dump', hexdump],
  ['emoji', 'Weekend! 👨🏿‍🔬 ❤️‍🔥 🏳️‍🌈 1️⃣'],
  ['Arabic', 'مرحبا (Kestrel 34) شكرا \u200f'],
  ['minified code', '!function(e,t){for(var n=8;n<t.length;n++)e[t[n]]=n}({},["a","b"]);const r=e=>e?.map(t=>t*2)??[]'],
  ['markdown rules', '# Title\n\n---------- | ----------\n\n-----\n\n* * * * *\n\n.......... 12\n\n- - - - - - - -'],
  ['ASCII art', ' /\\_/\\  \n( o.o ) \n > ^ <  \n|_____|-----|___|'],
  ['product codes', 'Order HX-2040-BLK, SKU 8F3K-22QZ-91LM and part 100-222-333; v2.10.3-rc1'],
  ['a table of numbers', '12 15 88 90 41\n33 44 55 66 77\n1024 2048 4096 8192'],
  ['a date and an address', '2024-11-22 10:30:15 from 192.168.10.24 port 443, tel. +49 30 1234 5678'],
  ['a colour list', '--c0: #9d6148; --c1: #6148d9; --c2: #48d91b; --c3: #d91ba7;'],
  ['a formula', '∑ᵢ xᵢ² ≤ ‖A‖·‖x‖, ∀x∈ℝⁿ; α≈0.8891, 5 µs, Δt = 3 Å'],
  ['a letter list', 'Choose A, B, C, D, E or F. Variables: x, y, z, a, b, c.'],
  ['German long words', 'Die Donaudampfschifffahrtsgesellschaft und die Rechtsschutzversicherungsgesellschaften'],
]; // biome-ignore format: one thing a line

describe('ordinary content', () => {
  it.each(QUIET)('has no hidden view: %s', (_, text) => {
    expect(
      normalize(text)
        .views.filter((view) => view.hidden)
        .map((view) => [view.name, view.text]),
    ).toEqual([]);
  });

  it('has no decoded view for 2,000 random byte strings in base64, base64url and hex', () => {
    for (let i = 0; i < 2000; i++) {
      const bytes = noise(16 + (i % 48), i + 100);
      const text = `${bytes.toString('base64')} ${bytes.toString('base64url')} ${bytes.toString('hex')}`;
      expect(
        normalize(text)
          .views.filter((view) => view.depth > 0)
          .map((view) => view.text),
        text,
      ).toEqual([]);
    }
  });

  it('keeps percent and JSON escapes visible, not hidden', () => {
    for (const text of [
      'https://a.example/q?x=caf%C3%A9%20noir',
      '{"log": "a\\nb \\"quoted\\""}',
      'caf&eacute; &amp; bar',
    ]) {
      const { views } = normalize(text);
      expect(views.length).toBeGreaterThan(1);
      expect(views.every((view) => !view.hidden)).toBe(true);
    }
  });

  it('shows the payload of a JWT but not its signature', () => {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const jwt = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: '1234', name: 'Jo Doe' })}.${noise(32).toString('base64url')}`;
    const decoded = normalize(jwt).views.filter((view) => view.depth > 0);
    expect(decoded.map((view) => view.text)).toEqual(['{"alg":"hs256","typ":"jwt"}\n{"sub":"1234","name":"jo doe"}']);
  });
});

it('gives fewer than 3 % of the benign authored texts a hidden view', (ctx) => {
  const path = corpus('threats/authored/benign.jsonl');
  if (!path) return ctx.skip('the authored texts are not in this clone');
  const rows = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text);
  const hidden = rows.filter((text) => normalize(text).views.some((view) => view.hidden));
  expect(hidden.length / rows.length).toBeLessThan(0.03);
});
