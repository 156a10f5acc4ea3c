/**
 * `#T1|` with the running original: what it writes we restore as it does, and what we write it restores exactly, because
 * a message that its rules would change is refused before it becomes a wire.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { t1 } from '../../codec/formats/t1/t1.ts';
import { runs } from '../scale.ts';
import { JSON_BODIES } from './bodies.ts';
import { build, Original } from './original.ts';

const found = await build();
let original: Original;

beforeAll(() => {
  if ('program' in found) original = new Original(found.program);
});
beforeEach((context) => {
  if ('missing' in found) context.skip(found.missing);
});
afterAll(() => original?.close());

const asked = { format: 't1' };
const LONG = 600_000;

/** JSON in which every rule of the format has something to do: long and short keys, roles, models, defaults, numbers. */
const KEYS = 'content c model M temperature T max_tokens x stream s stop S top_p p frequency_penalty f n role r messages m arguments a choices C delta D id note'.split(' '); // biome-ignore format: words
const key = fc.constantFrom(...KEYS);
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    1,
    -1,
    1.0004,
    0.5,
    {},
    [],
    'system',
    'S',
    'user',
    'A',
    'gpt-4o',
    'g4o',
  ),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs)),
  ),
}));
const request = fc
  .array(fc.tuple(key, value), { maxLength: 8 })
  .map((pairs) => Object.fromEntries(pairs) as Record<string, unknown>);
/** In the order of keys that the format leaves behind, and in its own. */
const message = fc.tuple(request, fc.boolean()).map(([json, sort]) => JSON.stringify(sort ? sorted(json) : json));

function sorted(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sorted);
  if (json === null || typeof json !== 'object') return json;
  const pairs = Object.entries(json).map(([name, one]) => [name, sorted(one)] as const);
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

async function ours(body: string): Promise<string | undefined> {
  try {
    return String(await t1.encode(body));
  } catch (error) {
    expect((error as Error).name).toBe('InvalidInputError');
    return undefined;
  }
}

describe('t1', () => {
  it('of ours is restored by the original, exactly', { timeout: LONG }, async () => {
    let written = 0;
    for (const body of JSON_BODIES) {
      const wire = await ours(body);
      if (wire === undefined) continue;
      written++;
      expect(await original.decode(wire, asked)).toBe(body);
      expect(await t1.decode(wire)).toBe(body);
    }
    expect(written).toBeGreaterThan(0);
  });

  it('of generated messages too', { timeout: LONG }, async () => {
    let written = 0;
    const property = fc.asyncProperty(message, async (body) => {
      const wire = await ours(body);
      if (wire === undefined) return;
      written++;
      expect(await original.decode(wire, asked)).toBe(body);
    });
    await fc.assert(property, { numRuns: runs(1_000, 50_000) });
    expect(written).toBeGreaterThan(runs(1_000, 50_000) / 100);
  });

  it('of the original means to us what it means to the original', { timeout: LONG }, async () => {
    for (const body of JSON_BODIES) {
      const wire = (await original.encode(body, asked)).toString();
      expect(JSON.parse(await t1.decode(wire))).toEqual(JSON.parse(await original.decode(wire, asked)));
    }
  });

  // The dialect is told: keys of the older ones, as names of somebody's own, look like those to who has to guess.
  it('of the original, generated', { timeout: LONG }, async () => {
    await fc.assert(
      fc.asyncProperty(message, async (body) => {
        const wire = (await original.encode(body, asked)).toString();
        const theirs = JSON.parse(await original.decode(wire, asked), rounded);
        expect(JSON.parse(await t1.decode(wire, { dialect: '0.3' }), rounded)).toEqual(theirs);
      }),
      { numRuns: runs(500, 20_000) },
    );
  });
});

/** The original reads numbers of more than 15 digits with an error in the last one (README.md, 15); six digits are safe from it. */
function rounded(_key: string, one: unknown): unknown {
  return typeof one === 'number' ? Number(one.toPrecision(6)) : one;
}
