import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../errors.ts';
import {
  type Classified,
  type ClassifierInput,
  SecurityScanner,
  type StreamOptions,
  scanStream,
} from '../../security/index.ts';
import { redact } from '../../security/redact.ts';
import { runs } from '../scale.ts';
import {
  ATTACKS,
  BENIGN,
  chunksOf,
  compare,
  Dice,
  deliver,
  deltas,
  eventsOf,
  randomStream,
  reasonOf,
  saidIn,
  streamOf,
  WIRES,
  type Wire,
} from './stream-kit.ts';

const scanner = new SecurityScanner();
const ATTACK = ATTACKS[0]!;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const prose = (length: number): string =>
  BENIGN.join('')
    .repeat(Math.ceil(length / 700))
    .slice(0, length);
const parts = (text: string, size = 4): string[] => text.match(new RegExp(`.{1,${size}}`, 'gsu')) ?? [];

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
  }, 120_000);
});

describe('a clean stream', () => {
  it.each(WIRES)('passes byte for byte (%s)', async (wire) => {
    const text = wire === 'tool' ? JSON.stringify({ note: prose(3000) }) : prose(3000);
    const bytes = streamOf(wire, [parts(text)]);
    const out = await deliver(scanner, chunksOf(bytes, new Dice(7)), wireOf(wire));
    expect(out.text).toBe(new TextDecoder().decode(bytes));
    expect(out.verdict?.verdict).toBe('allow');
  });

  it('lets comments pass at once while nothing is held', async () => {
    const out = await firstOut(': keep-alive\n\n');
    expect(out).toBe(': keep-alive\n\n');
  });

  it('holds a comment behind an event that is held', async () => {
    const out = await firstOut(`${chat(['Hello'])}: keep-alive\n\n`);
    expect(out).toBe('');
  });

  it('delays no character by more than the hold-back, one step and one event', async () => {
    const { push } = opened();
    const text = prose(6000).replaceAll('\n', ' ');
    let late = 0;
    let sent = 0;
    let out = '';
    for (const part of parts(text)) {
      out += await push(chat([part]));
      sent += part.length;
      late = Math.max(late, sent - (saidIn(eventsOf(out, 'chat'))[0] ?? '').length);
    }
    expect(late).toBeLessThanOrEqual(600 + 300 + 4);
  });

  it('joins a surrogate pair that two deltas share', async () => {
    const bytes = bytesOf(chat(['so nice \ud83d', '\ude00 today']) + DONE);
    expect((await deliver(scanner, [bytes])).verdict?.verdict).toBe('allow');
  });
});

describe('a blocked stream', () => {
  it.each(WIRES)('ends in the form its client understands (%s)', async (wire) => {
    const text = wire === 'tool' ? JSON.stringify({ note: ATTACK }) : `${prose(1500)}. ${ATTACK} ${prose(900)}`;
    const out = await deliver(scanner, [streamOf(wire, [parts(text)])], wireOf(wire));
    expect(out.verdict?.verdict).toBe('block');
    const events = eventsOf(out.text, wire);
    expect(reasonOf(events, wire)).toBe(wire === 'responses' ? 'incomplete' : 'content_filter');
    expect(out.text).toContain('"m2m":{"verdict":"block","category":"prompt_injection"');
    expect(out.text.toLowerCase()).not.toContain('ignore all');
  });

  it.each(WIRES)('ends with an error frame when strict (%s)', async (wire) => {
    const out = await deliver(scanner, [streamOf(wire, [parts(ATTACK)])], { ...wireOf(wire), strict: true });
    const last = eventsOf(out.text, wire).at(-1) as { error?: unknown; type?: string };
    expect(last.error !== undefined || last.type === 'error').toBe(true);
  });

  it('gives the role to a client that has seen no chunk of the choice', async () => {
    const out = await deliver(scanner, [streamOf('chat', [[ATTACK]])]);
    const [end, done] = eventsOf(out.text, 'chat') as [{ choices: { delta: object }[] }, string];
    expect(end.choices[0]!.delta).toEqual({ role: 'assistant', content: '' });
    expect(done).toBe('[DONE]');
  });

  it('names no text of the attack in its ending', async () => {
    const out = await deliver(scanner, [streamOf('chat', [[ATTACK]])]);
    expect(out.text).not.toMatch(/evidence|ignore/i);
  });

  it('ends every open choice, and marks the blocked one', async () => {
    const clean = parts(prose(2500));
    const out = await deliver(
      scanner,
      chunksOf(streamOf('chat', [clean, parts(`${prose(1200)}. ${ATTACK}`)]), new Dice(3)),
    );
    const end = eventsOf(out.text, 'chat').at(-2) as {
      choices: { index: number; finish_reason: string; m2m?: object }[];
    };
    expect(end.choices.map((c) => [c.index, c.finish_reason, c.m2m !== undefined])).toEqual([
      [0, 'content_filter', false],
      [1, 'content_filter', true],
    ]);
  });

  it('is cut off before the upstream ends', async () => {
    const { push, closed } = opened();
    let out = '';
    for (const part of parts(ATTACK + prose(3000), 40)) {
      if (closed()) break;
      out += await push(chat([part]));
    }
    expect(closed()).toBe(true);
    expect(out).toContain('content_filter');
  });

  it('keeps what .done and .completed repeat', async () => {
    const all = new TextDecoder().decode(streamOf('responses', [[ATTACK]]));
    const repeats = all.split('\n\n').filter((event) => !event.includes('output_text.delta') && event !== '');
    const out = await deliver(scanner, [bytesOf(`${repeats.join('\n\n')}\n\n`)]);
    expect(out.text).not.toContain('Ignore all');
    expect(reasonOf(eventsOf(out.text, 'responses'), 'responses')).toBe('incomplete');
  });

  it('keeps every string of an event it does not know', async () => {
    for (const event of [{ note: { deep: [ATTACK] } }, { type: 'x.delta', delta: ATTACK }, [ATTACK], ATTACK]) {
      const out = await deliver(scanner, [bytesOf(`data: ${JSON.stringify(event)}\n\n`)]);
      expect(out.verdict?.verdict).toBe('block');
      expect(out.text).not.toContain('gnore');
    }
  });

  it('joins the pieces of dialects it does not know', async () => {
    const say = (text: string): string =>
      `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })}\n\n`;
    const out = await deliver(scanner, [bytesOf(parts(ATTACK, 5).map(say).join(''))]);
    expect(out.verdict?.verdict).toBe('block');
    expect(out.text).toMatch(/^data: \{"error":/);
  });

  it('refuses text after a choice has ended', async () => {
    const out = await deliver(scanner, [bytesOf(chat(['Hello.']) + STOP), bytesOf(chat([' More.']) + DONE)]);
    expect(out.verdict?.threats[0]?.name).toBe('stream-format');
    expect(saidIn(eventsOf(out.text, 'chat'))).toEqual(['Hello.']);
  });

  it('does not take a finish_reason that comes with text for the end', async () => {
    const each = parts(ATTACK, 6).map((content) => chat([content], 'stop'));
    const out = await deliver(scanner, each.map(bytesOf));
    expect(out.verdict?.verdict).toBe('block');
    expect(saidIn(eventsOf(out.text, 'chat'))).toEqual(['']);
  });
});

describe('a finished choice', () => {
  it('is judged and sent while another one goes on', async () => {
    const { push } = opened();
    await push(chat(['Short answer.']));
    const out = await push(STOP);
    expect(saidIn(eventsOf(out, 'chat'))).toEqual(['Short answer.']);
  });
});

describe('policies', () => {
  const text = `${prose(900)}. ${ATTACK} ${prose(900)}`;
  const stream = streamOf('chat', [parts(text)]);

  it('flag lets everything pass and tells', async () => {
    const flagging = new SecurityScanner({ categories: { prompt_injection: { action: 'flag' } } });
    const out = await deliver(flagging, [stream]);
    expect(Buffer.from(stream).equals(out.bytes)).toBe(true);
    expect(out.verdict?.verdict).toBe('flag');
  });

  it('monitor never blocks, and holds nothing back', async () => {
    const monitor = new SecurityScanner({ monitor: true });
    const { push } = opened(monitor);
    expect(await push(chat([ATTACK]))).toBe(chat([ATTACK]));
    expect(await push('data: {broken\n\n')).toBe('data: {broken\n\n');
    const out = await deliver(monitor, [stream]);
    expect(Buffer.from(stream).equals(out.bytes)).toBe(true);
    expect(out.verdict?.verdict).toBe('flag');
  });

  it.each(['chat', 'responses', 'ollama'] as const)(
    'redact delivers what redact() makes of the whole text (%s)',
    async (wire) => {
      const redacting = new SecurityScanner({ categories: { prompt_injection: { action: 'redact' } } });
      const whole = await redacting.scan(text, { role: 'assistant' });
      expect(whole.redactions).toBeDefined();
      for (let seed = 1; seed <= 20; seed++) {
        const dice = new Dice(seed);
        const bytes = streamOf(wire, [deltas(text, dice)]);
        const out = await deliver(redacting, chunksOf(bytes, dice), wireOf(wire));
        expect(saidIn(eventsOf(out.text, wire))).toEqual([redact(text, whole)]);
        expect(out.text).not.toContain('gnore all');
      }
    },
  );

  it('redact rewrites a JSON document string by string', async () => {
    const redacting = new SecurityScanner({ categories: { prompt_injection: { action: 'redact' } } });
    const json = JSON.stringify({ a: `So: ${ATTACK}`, b: 'fine' });
    const out = await deliver(redacting, [streamOf('tool', [parts(json)])]);
    const [said] = saidIn(eventsOf(out.text, 'tool'));
    expect(JSON.parse(said!)).toEqual({ a: expect.stringContaining('[redacted:prompt_injection]'), b: 'fine' });
  });

  it('leaves events alone that no redaction touches', async () => {
    const redacting = new SecurityScanner({ categories: { prompt_injection: { action: 'redact' } } });
    const out = await deliver(redacting, [stream]);
    const before = new Set(new TextDecoder().decode(stream).split('\n\n'));
    const changed = out.text.split('\n\n').filter((event) => !before.has(event));
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.length).toBeLessThanOrEqual(Math.ceil(ATTACK.length / 4) + 1);
  });
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

describe('with a classifier', () => {
  const stub = (hostile: RegExp, fails = false) => ({
    classify: async (texts: readonly ClassifierInput[]): Promise<readonly Classified[]> => {
      if (fails) throw new Error('no weights');
      return texts.map(({ text }) => {
        const p = hostile.test(text) ? 0.95 : 0.02;
        return { scores: { benign: 1 - p, prompt_injection: p, jailbreak: 0, data_exfiltration: 0, malformed: 0 } };
      });
    },
  });

  it('releases text only after the classifier has seen it', async () => {
    const judged = new SecurityScanner({ classifier: stub(/purple monkey/) });
    const stream = streamOf('chat', [parts(`${prose(1500)} purple monkey ${prose(3000)}`)]);
    const out = await deliver(judged, chunksOf(stream, new Dice(5)));
    expect(out.verdict).toMatchObject({ verdict: 'block', mode: 'neural' });
    expect(saidIn(eventsOf(out.text, 'chat'))[0]).not.toContain('purple');
  });

  it('falls back aloud in auto, and ends the stream in neural', async () => {
    const stream = streamOf('chat', [parts(prose(1500))]);
    const auto = await deliver(new SecurityScanner({ classifier: stub(/x/, true) }), [stream]);
    expect(Buffer.from(stream).equals(auto.bytes)).toBe(true);
    expect(auto.verdict?.fallback).toContain('no weights');
    const neural = await deliver(new SecurityScanner({ classifier: stub(/x/, true), mode: 'neural' }), [stream]);
    expect(neural.verdict?.threats[0]?.name).toBe('scan-failed');
    expect(reasonOf(eventsOf(neural.text, 'chat'), 'chat')).toBe('content_filter');
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
  }, 120_000);
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
  }, 120_000);

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

const STOP = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`;
const DONE = 'data: [DONE]\n\n';

function chat(contents: readonly string[], finish_reason: string | null = null): string {
  const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
  return contents
    .map(
      (content) =>
        `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`,
    )
    .join('');
}

function wireOf(wire: Wire): { wire: 'sse' | 'ndjson' } {
  return { wire: wire === 'ollama' ? 'ndjson' : 'sse' };
}

function slices(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

function randomBase64(length: number): string {
  const dice = new Dice(99);
  return Buffer.from(Array.from({ length: (length * 3) >> 2 }, () => dice.int(0, 255))).toString('base64');
}

function slope(points: readonly [number, number][]): number {
  const n = points.length;
  const mean = (i: 0 | 1): number => points.reduce((sum, p) => sum + p[i], 0) / n;
  const [x, y] = [mean(0), mean(1)];
  const up = points.reduce((sum, p) => sum + (p[0] - x) * (p[1] - y), 0);
  return up / points.reduce((sum, p) => sum + (p[0] - x) ** 2, 0);
}

/** A stream fed by hand: `push` gives what came out because of that push. */
function opened(
  by: SecurityScanner = scanner,
  options: StreamOptions = {},
): { push(text: string): Promise<string>; closed(): boolean } {
  const { readable, writable } = scanStream(by, options);
  const writer = writable.getWriter();
  const reader = readable.getReader();
  let out = '';
  let done = false;
  const decoder = new TextDecoder();
  const drain = async (): Promise<void> => {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      out += decoder.decode(next.value, { stream: true });
    done = true;
  };
  const drained = drain();
  void drained;
  return {
    async push(text) {
      const before = out.length;
      await writer.write(bytesOf(text));
      await new Promise((resolve) => setImmediate(resolve));
      return out.slice(before);
    },
    closed: () => done,
  };
}

async function firstOut(text: string): Promise<string> {
  return opened().push(text);
}
