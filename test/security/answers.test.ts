import { describe, expect, it } from 'vitest';
import { ClassifierUnavailableError } from '../../errors.ts';
import { Answers } from '../../security/answers.ts';
import type { Classified, ClassifierInput } from '../../security/index.ts';
import { SecurityScanner } from '../../security/index.ts';

const answer = (benign: number): Classified => ({
  scores: { benign, prompt_injection: 1 - benign, jailbreak: 0, data_exfiltration: 0, malformed: 0 },
});

/** Answers by the length of the text, and writes down what it was asked. */
function counting() {
  const asked: ClassifierInput[][] = [];
  const model = { id: 'stub', sha256: 'a'.repeat(64), device: 'none' };
  const classify = async (texts: readonly ClassifierInput[]): Promise<Classified[]> => {
    asked.push([...texts]);
    return texts.map(({ text }) => answer(1 / (1 + text.length)));
  };
  return { asked, classifier: { model, classify } };
}

describe('answers of a classifier', () => {
  it('come from memory for a text and role that were asked before', async () => {
    const { asked, classifier } = counting();
    const answers = new Answers(classifier, 100_000);
    const first = await answers.classify([{ text: 'one' }, { text: 'three' }]);
    const second = await answers.classify([{ text: 'three' }, { text: 'seven' }, { text: 'one' }]);
    expect(second).toEqual([first[1], answer(1 / 6), first[0]]);
    expect(asked).toEqual([[{ text: 'one' }, { text: 'three' }], [{ text: 'seven' }]]);
  });

  it('are kept apart by role', async () => {
    const { asked, classifier } = counting();
    const answers = new Answers(classifier, 100_000);
    await answers.classify([{ text: 'one', role: 'user' }]);
    await answers.classify([{ text: 'one', role: 'tool' }, { text: 'one' }]);
    expect(asked.flat()).toEqual([{ text: 'one', role: 'user' }, { text: 'one', role: 'tool' }, { text: 'one' }]);
  });

  it('are asked for once where a text stands twice in a call', async () => {
    const { asked, classifier } = counting();
    expect(await new Answers(classifier, 100_000).classify([{ text: 'ab' }, { text: 'ab' }])).toHaveLength(2);
    expect(asked).toEqual([[{ text: 'ab' }]]);
  });

  it('are forgotten in the order of their last use', async () => {
    const { asked, classifier } = counting();
    const answers = new Answers(classifier, 4 * 1100);
    const text = (i: number) => ({ text: `${i}`.padEnd(700, '.') });
    for (let i = 0; i < 40; i++) await answers.classify([text(i), text(0)]);
    expect(asked.flat().filter(({ text }) => text.startsWith('0'))).toHaveLength(1);
    await answers.classify([text(1)]);
    expect(asked.at(-1)).toEqual([text(1)]);
  });

  it('are not kept where they are none', async () => {
    let calls = 0;
    const broken = {
      classify: async (texts: readonly unknown[]) => {
        calls++;
        return texts.map(() => ({}) as Classified);
      },
    };
    const answers = new Answers(broken, 1000);
    await answers.classify([{ text: 'a' }]);
    await answers.classify([{ text: 'a' }]);
    expect(calls).toBe(2);
  });

  it('are refused where their number is wrong', async () => {
    const short = { classify: async () => [] };
    await expect(new Answers(short, 1000).classify([{ text: 'a' }])).rejects.toThrow(ClassifierUnavailableError);
  });
});

describe('a scanner with a classifier', () => {
  it('asks it only about what is new in a conversation', async () => {
    const { asked, classifier } = counting();
    const scanner = new SecurityScanner({ classifier });
    const turns = [{ role: 'user', content: 'What is the tallest tree?' }];
    const before = await scanner.scan(turns);
    const again = await scanner.scan([...turns, { role: 'user', content: 'And the oldest one?' }]);
    expect(asked.map((texts) => texts.map(({ text }) => text))).toEqual([
      ['What is the tallest tree?'],
      ['And the oldest one?'],
    ]);
    expect(again.model).toEqual(before.model);
  });

  it('asks about everything again where nothing is to be kept', async () => {
    const { asked, classifier } = counting();
    const scanner = new SecurityScanner({ classifier, recallChars: 0 });
    await scanner.scan('the same words');
    await scanner.scan('the same words');
    expect(asked).toHaveLength(2);
  });
});
