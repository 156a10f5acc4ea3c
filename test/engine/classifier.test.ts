/** Texts to judgements: windows put together again, the worst one reported, batches that change nothing. */
import { beforeAll, describe, expect, it } from 'vitest';
import { HydraClassifier, type Input } from '../../engine/classifier.ts';
import { Forward } from '../../engine/forward.ts';
import { calibrate, threatProbability } from '../../engine/heads.ts';
import { roleToken, splitWindows } from '../../engine/windows.ts';
import { ClassifierUnavailableError, InvalidInputError } from '../../errors.ts';
import { createReference } from '../../kernels/reference.ts';
import type { HydraModel } from '../../models/hydra.ts';
import { randomModel, TINY } from '../models/random-model.ts';

/** A token for every two UTF-16 units. */
const encoder = {
  encode: (text: string) => {
    const starts = Array.from({ length: Math.ceil(text.length / 2) }, (_, i) => 2 * i);
    return { ids: starts.map((at) => (7 * text.charCodeAt(at) + 3 * (text.charCodeAt(at + 1) || 0)) % 64), starts };
  },
};

const TEXTS: readonly Input[] = [
  { text: 'a short one', role: 'user' },
  { text: '' },
  { text: 'x' },
  { text: 'The quick brown fox jumps over the lazy dog, again and again, until the window is full.', role: 'tool' },
  { text: 'A window holds forty-six of these characters and no more than that.', role: 'nobody' },
];

describe('the classifier', () => {
  let model: HydraModel;
  let classifier: HydraClassifier;
  beforeAll(() => {
    model = randomModel(TINY, 9);
    classifier = new HydraClassifier(model, createReference(), encoder, { rows: 60, windows: 4 });
  });

  it('answers for each text, in order, whatever stands beside it', async () => {
    const together = await classifier.classify(TEXTS);
    const alone = [];
    for (const text of TEXTS) alone.push(...(await classifier.classify([text])));
    expect(together).toEqual(alone);
    expect(new Set(together.map(({ scores }) => scores.benign)).size).toBe(TEXTS.length);
    expect(await classifier.classify([])).toEqual([]);
  });

  it('answers calls that overlap as if they had not', async () => {
    const one = await classifier.classify(TEXTS);
    const two = await classifier.classify(TEXTS.toReversed());
    const refused = classifier.classify([{ text: 'x' }], { signal: AbortSignal.abort(new Error('late')) });
    const both = Promise.all([classifier.classify(TEXTS), classifier.classify(TEXTS.toReversed())]);
    await expect(refused).rejects.toThrow('late');
    expect(await both).toEqual([one, two]);
  });

  it('gives a probability for each label, and a kind and a codec', async () => {
    for (const { scores, route, codec } of await classifier.classify(TEXTS)) {
      expect(Object.keys(scores)).toEqual(model.heads.threat.labels);
      expect(Object.values(scores).reduce((a, b) => a + b)).toBeCloseTo(1, 9);
      expect(model.heads.route.labels).toContain(route);
      expect(model.heads.codec.labels).toContain(codec);
    }
  });

  it('reports the worst window of a long text by its place in the text', async () => {
    const text = TEXTS[3]!.text.repeat(3);
    const [answer] = await classifier.classify([{ text, role: 'tool' }]);
    const { ids } = encoder.encode(text);
    const forward = new Forward(createReference(), model, { rows: 24, windows: 1 });
    const windows = splitWindows(0, ids.length, TINY);
    const threats: number[] = [];
    for (const { from, to } of windows) {
      const rows = Int32Array.from([roleToken(TINY, 'tool'), ...ids.slice(from, to)]);
      threats.push(threatProbability((await forward.run(rows, Int32Array.of(0, rows.length))).subarray(0, 5), 0));
    }
    const worst = windows[threats.indexOf(Math.max(...threats))]!;
    expect(windows.length).toBeGreaterThan(5);
    expect(1 - answer!.scores.benign!).toBeCloseTo(Math.max(...threats), 12);
    expect(answer!.span).toEqual([2 * worst.from, Math.min(2 * worst.to, text.length)]);
  });

  it('leaves the span out where one window is the whole text', async () => {
    for (const { text } of TEXTS.slice(0, 3)) {
      expect((await classifier.classify([{ text }]))[0]).not.toHaveProperty('span');
    }
  });

  it('hears the role', async () => {
    const roles = ['user', 'tool', 'document', 'system', 'assistant', 'unknown', 'another', undefined];
    const answers = await classifier.classify(
      roles.map((role) => ({ text: 'the same text', ...(role === undefined ? {} : { role }) })),
    );
    const scores = answers.map((answer) => answer.scores.benign);
    expect(new Set(scores.slice(0, 6)).size).toBe(6);
    expect(scores[6]).toBe(scores[5]);
    expect(scores[7]).toBe(scores[5]);
  });

  it('applies the calibration of the model', async () => {
    const knots = [
      [0, 0],
      [0.5, 0.1],
      [1, 1],
    ] as const;
    const lenient = new HydraClassifier({ ...model, calibration: { knots } }, createReference(), encoder);
    const [before] = await classifier.classify([TEXTS[0]!]);
    const [after] = await lenient.classify([TEXTS[0]!]);
    const score = 1 - before!.scores.benign!;
    expect(score).toBeGreaterThan(0.5);
    expect(1 - after!.scores.benign!).toBeCloseTo(calibrate({ knots }, score), 12);
    expect(after!.scores.jailbreak! / before!.scores.jailbreak!).toBeCloseTo(calibrate({ knots }, score) / score, 12);
  });

  it('stops between batches when it is told to', async () => {
    const controller = new AbortController();
    const many = classifier.classify(
      Array.from({ length: 40 }, () => TEXTS[3]!),
      { signal: controller.signal },
    );
    controller.abort(new Error('enough'));
    await expect(many).rejects.toThrow('enough');
    expect((await classifier.classify([TEXTS[0]!])).length).toBe(1);
  });

  it('refuses the ids of another tokenizer', async () => {
    const other = { encode: () => ({ ids: [64], starts: [0] }) };
    const confused = new HydraClassifier(model, createReference(), other);
    await expect(confused.classify([{ text: 'x' }])).rejects.toThrow(InvalidInputError);
  });

  it('does not judge by what is no number', async () => {
    const bias = new Float32Array(5).fill(3e38);
    const weight = new Float32Array(5 * TINY.dim).fill(3e38);
    const broken: HydraModel = { ...model, heads: { ...model.heads, threat: { ...model.heads.threat, bias, weight } } };
    const classifier = new HydraClassifier(broken, createReference(), encoder);
    await expect(classifier.classify([TEXTS[0]!])).rejects.toThrow(ClassifierUnavailableError);
  });
});
