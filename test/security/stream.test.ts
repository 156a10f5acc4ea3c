import { describe, expect, it } from 'vitest';
import { type Classified, type ClassifierInput, SecurityScanner } from '../../security/index.ts';
import { redact } from '../../security/redact.ts';
import { chunksOf, Dice, deliver, deltas, eventsOf, reasonOf, saidIn, streamOf, WIRES } from './stream-kit.ts';
import { ATTACK, bytesOf, chat, DONE, firstOut, opened, parts, prose, STOP, wireOf } from './stream-rig.ts';

const scanner = new SecurityScanner();

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
