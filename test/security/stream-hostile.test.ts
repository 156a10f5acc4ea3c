import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../errors.ts';
import { SecurityScanner } from '../../security/index.ts';
import { corpus, runs } from '../scale.ts';
import { BENIGN, chunksOf, Dice, deliver, eventsOf, saidIn, streamOf, WIRES } from './stream-kit.ts';
import { compare, type Pool, randomStream } from './stream-mixtures.ts';
import {
  ATTACK,
  bytesOf,
  chat,
  DONE,
  opened,
  parts,
  prose,
  randomBase64,
  STOP,
  slices,
  slope,
  wireOf,
} from './stream-rig.ts';

const scanner = new SecurityScanner();

describe('random chunkings', () => {
  const total = runs(500, 10_000);
  it(`${total} streams deliver no flagged character and get the verdict of the unstreamed scan`, async () => {
    const seen = { block: 0, flag: 0, allow: 0 };
    for (let seed = 1; seed <= total; seed++) {
      const stream = randomStream(seed);
      const { expected, leaked, mismatch } = await compare(scanner, stream, { readOn: seed % 2 === 0 });
      expect({ seed, leaked, mismatch }).toEqual({ seed, leaked: 0, mismatch: '' });
      seen[expected]++;
    }
    // A rule set that finds nothing would pass the comparison above.
    expect(seen.block).toBeGreaterThan(total / 10);
    expect(seen.allow).toBeGreaterThan(total / 10);
  }, 600_000);

  const authored = runs(100, 3000);
  it(`${authored} streams of individually written texts do the same`, async (ctx) => {
    const file = corpus('threats/authored/tools.jsonl');
    if (file === undefined) return ctx.skip('no threats/authored under M2M_DATA');
    const rows = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    const texts = rows.map((row) => JSON.parse(row) as { text: string; label: string });
    const pool: Pool = {
      attacks: texts.filter((row) => row.label !== 'benign').map((row) => row.text),
      benign: texts.filter((row) => row.label === 'benign').map((row) => row.text),
    };
    for (let seed = 1; seed <= authored; seed++) {
      const { leaked, mismatch } = await compare(scanner, randomStream(seed, pool), { readOn: seed % 2 === 0 });
      expect({ seed, leaked, mismatch }).toEqual({ seed, leaked: 0, mismatch: '' });
    }
  }, 600_000);
});

describe('what cannot be read', () => {
  const broken: readonly [string, string | Uint8Array][] = [
    ['JSON that is none', 'data: {"choices":[\n\n'],
    ['bytes that are not UTF-8', new Uint8Array([...bytesOf('data: {"a":"'), 0xff, 0xc0, ...bytesOf('"}\n\n')])],
    ['nesting without end', `data: ${'['.repeat(5000)}${']'.repeat(5000)}\n\n`],
    ['an event longer than the limit', `data: "${'x'.repeat(70_000)}`],
    ['an event that the end cuts off', 'data: {"choices":[{"index":0,"delta":{"content":"Ign'],
  ];
  it.each(broken)('blocks %s', async (_, bad) => {
    const chunk = typeof bad === 'string' ? bytesOf(bad) : bad;
    const out = await deliver(scanner, [bytesOf(chat(['Hello'])), chunk], { maxFrame: 65_536 });
    expect(out.verdict?.verdict).toBe('block');
    expect(out.verdict?.threats[0]).toMatchObject({ category: 'malformed', name: 'stream-format' });
    expect(eventsOf(out.text, 'chat').length).toBeGreaterThan(0);
  });

  // Deep nesting is readable all the same, and the scanner blocks it for what it is.
  it.each(broken.filter(([name]) => !name.startsWith('nesting')))('passes %s on when it fails open', async (_, bad) => {
    const chunk = typeof bad === 'string' ? bytesOf(bad) : bad;
    const out = await deliver(scanner, [bytesOf(chat(['Hello'])), chunk], { maxFrame: 65_536, failOpen: true });
    expect(Buffer.concat([bytesOf(chat(['Hello'])), chunk]).equals(out.bytes)).toBe(true);
  });

  it('a stream cut at any byte ends: clean events pass, a torn one is refused', async () => {
    const whole = chat(['Hello ', 'wörld']) + STOP + DONE;
    const bytes = bytesOf(whole);
    for (let at = 0; at <= bytes.length; at++) {
      const out = await deliver(scanner, [bytes.subarray(0, at)]);
      const unchanged = Buffer.from(bytes.subarray(0, at)).equals(out.bytes);
      const ended = out.text.includes('"name":"stream-format"');
      expect({ at, defined: unchanged !== ended }).toEqual({ at, defined: true });
      expect(out.verdict).toBeDefined();
    }
  });

  it('ends a text that would have to be held without end', async () => {
    const json = `[${'"a", '.repeat(2000)}`;
    const out = await deliver(scanner, slices(streamOf('chat', [parts(json)]), 1000), { maxHeld: 4096 });
    expect(out.verdict?.threats[0]?.name).toBe('held-too-long');
  });

  it('an aborted signal errors the stream', async () => {
    const abort = new AbortController();
    abort.abort(new Error('gone'));
    await expect(deliver(scanner, [streamOf('chat', [['Hello']])], { signal: abort.signal })).rejects.toThrow('gone');
  });

  it('refuses settings that are none', () => {
    expect(() => opened(scanner, { holdBack: 0 })).toThrow(InvalidInputError);
  });
});

describe('encodings longer than any window', () => {
  const story = (length: number): string => {
    let text = '';
    for (let i = 0; text.length < length; i++) text += `Item ${i} of the list: ${BENIGN[i % 3]}`;
    return text.slice(0, length);
  };
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const hidden = `${story(15_000)}. ${ATTACK} ${story(6_000)}`;
  const cases: Readonly<Record<string, string>> = {
    base64: base64(hidden + story(20_000)),
    'base64 twice': base64(base64(hidden)),
    'wrapped base64': `\n${base64(hidden + story(20_000)).replace(/.{76}/g, '$&\n')}`,
    'one run of hex': Buffer.from(hidden).toString('hex'),
    'hex pairs': Buffer.from(hidden).toString('hex').replace(/../g, '$& '),
    'text after an image': `![chart](data:image/png;base64,${randomBase64(60_000)}) done. ${ATTACK}`,
    'a text too long to be kept': `${story(1_100_000)}. ${ATTACK} ${story(2_000)}`,
  };
  it.each(Object.keys(cases))('hide nothing (%s)', async (name) => {
    const text = `See: ${cases[name]}`;
    const size = text.length > 100_000 ? 900 : 30;
    const bytes = streamOf('chat', [parts(text, size)]);
    const stream = { wire: 'chat' as const, texts: [text], bytes, chunks: slices(bytes, 3000) };
    const { expected, leaked, mismatch } = await compare(scanner, stream, {});
    expect({ expected, leaked, mismatch }).toEqual({ expected: 'block', leaked: 0, mismatch: '' });
  });
});

describe('hostile streams', () => {
  it('end with every byte forwarded or in a defined form, whatever was done to them', async () => {
    const valid = WIRES.map((wire) => streamOf(wire, [parts(`${prose(300)}. ${ATTACK}`, 9)]));
    const mutation = fc.record({
      base: fc.nat(valid.length - 1),
      edits: fc.array(fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 6 }), fc.nat(12)), { maxLength: 4 }),
      sizes: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 }),
    });
    const property = fc.asyncProperty(mutation, async ({ base, edits, sizes }) => {
      let bytes = Buffer.from(valid[base]!);
      for (const [at, put, drop] of edits) {
        const i = at % bytes.length;
        bytes = Buffer.concat([bytes.subarray(0, i), put, bytes.subarray(i + drop)]);
      }
      const chunks: Uint8Array[] = [];
      for (let i = 0, k = 0; i < bytes.length; k++) {
        const size = sizes[k % sizes.length]!;
        chunks.push(bytes.subarray(i, i + size));
        i += size;
      }
      const wire = wireOf(WIRES[base]!);
      const out = await deliver(scanner, chunks, wire);
      expect(out.verdict).toBeDefined();
      if (out.verdict!.verdict !== 'block') expect(Buffer.concat(chunks).equals(out.bytes)).toBe(true);
      else expect(out.text).toMatch(/"m2m":\{"verdict":"block"[\s\S]*\}\n(?:\ndata: \[DONE\]\n)?\n?$/);
    });
    await fc.assert(property, { numRuns: runs(150, 10_000) });
  }, 600_000);
});

describe('cost', () => {
  it('is linear in the text, byte by byte identical over 5 MB', async () => {
    const time = async (length: number): Promise<number> => {
      const bytes = streamOf('chat', [parts(prose(length).replaceAll('\n', ' '), 64)]);
      const chunks = chunksOf(bytes, new Dice(1)).length === 1 ? [bytes] : slices(bytes, 4096);
      const started = performance.now();
      const out = await deliver(scanner, chunks);
      const spent = performance.now() - started;
      expect(Buffer.from(bytes).equals(out.bytes)).toBe(true);
      return spent;
    };
    const sizes = [runs(64_000, 640_000), runs(128_000, 1_280_000), runs(256_000, 2_560_000), runs(512_000, 5_120_000)];
    await time(sizes[0]!);
    const points: [number, number][] = [];
    for (const size of sizes) {
      const tries = [await time(size), await time(size), await time(size)].sort((a, b) => a - b);
      points.push([Math.log(size), Math.log(tries[1]!)]);
    }
    expect(slope(points)).toBeLessThan(1.35); // 1.0 is linear; garbage collection adds some at these sizes
  }, 600_000);

  it('lets a long base64 image flow in bounded memory', async () => {
    const { push } = opened();
    const image = `Here it is: ![chart](data:image/png;base64,${randomBase64(200_000)})`;
    let sent = 0;
    let held = 0;
    let said = 0;
    for (const part of parts(image, 2000)) {
      const out = await push(chat([part]));
      sent += part.length;
      said += (saidIn(eventsOf(out, 'chat'))[0] ?? '').length;
      held = Math.max(held, sent - said);
    }
    expect(held).toBeLessThan(40_000);
  });
});
