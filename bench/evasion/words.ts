/** Slips, spacing and wrapping: what a typing person, a typesetter or a template does to words. */
import { pick, type Random, shuffled } from './random.ts';
import { exact, lossy, perChar, perWord, type Transform } from './transform.ts';

/** Letters of a word `joint` apart, words `gap` apart. */
const spaced = (text: string, joint: string, gap: string): string =>
  text
    .trim()
    .split(/\s+/)
    .map((word) => Array.from(word).join(joint))
    .join(gap);

/** First and last letter stay, the others change places ("typoglycemia"). */
const scrambled = (word: string, random: Random): string => {
  const letters = Array.from(word);
  if (letters.length < 4) return word;
  const inner = shuffled(letters.slice(1, -1), random);
  return letters[0] + inner.join('') + letters.at(-1);
};

/** `slip` on one word in six of those with four letters or more. */
const slips = (text: string, random: Random, slip: (letters: string[], at: number) => string[]): string =>
  perWord(text, (word) => {
    const letters = Array.from(word);
    if (letters.length < 4 || random() >= 1 / 6) return word;
    return slip(letters, 1 + Math.floor(random() * (letters.length - 2))).join('');
  });

const swap = (letters: string[], at: number): string[] => [
  ...letters.slice(0, at),
  letters[at + 1]!,
  letters[at]!,
  ...letters.slice(at + 2),
];
const double = (letters: string[], at: number): string[] => letters.toSpliced(at, 0, letters[at]!);

const GAPS = ['  ', '   ', '\n', '\n\n', '\t', ' \n ', '\u00a0', '\u2003', ' \t '];

const escaped = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const splitByTag = (text: string, tag: string): string =>
  perWord(text, (word) => {
    const half = Math.ceil(word.length / 2);
    return word.length < 4 ? word : word.slice(0, half) + tag + word.slice(half);
  });

export const WORDS: readonly Transform[] = [
  lossy('spaced', (text) => spaced(text, ' ', '  ')),
  lossy('spaced-triple-gap', (text) => spaced(text, ' ', '   ')),
  lossy('spaced-gapless', (text) => spaced(text, ' ', ' ')),
  lossy('dotted', (text) => spaced(text, '.', ' ')),
  lossy('hyphenated', (text) => spaced(text, '-', ' ')),
  lossy('underscored', (text) => spaced(text, '_', ' ')),
  lossy('spaced-gaps-too', (text) => spaced(text, '.', '. .')),
  lossy('typoglycemia', (text, random) => perWord(text, (word) => scrambled(word, random))),
  lossy('swaps', (text, random) => slips(text, random, swap)),
  lossy('drops', (text, random) => slips(text, random, (letters, at) => letters.toSpliced(at, 1))),
  lossy('doubles', (text, random) => slips(text, random, double)),
  lossy('random-case', (text, random) =>
    perChar(text, (char) => (random() < 0.5 ? char.toUpperCase() : char.toLowerCase())),
  ),
  lossy('whitespace', (text, random) => text.replace(/\s+/g, () => pick(GAPS, random))),
  exact('markdown-bold', (text) => text.replace(/\S+/g, (word, at: number) => (at % 3 === 0 ? `**${word}**` : word))),
  exact('markdown-quote', (text) => text.replace(/^/gm, '> ')),
  exact('html-inline', (text) => perWord(text, (word, i) => (i % 2 === 0 ? `<b>${word}</b>` : `<span>${word}</span>`))),
  exact('html-split', (text) => splitByTag(text, '<wbr>')),
  exact('html-comment', (text) => `<p>Opening hours are on the door.</p>\n<!-- ${text} -->`),
  exact('json-escaped', (text) => `payload: "${escaped(text)}"`),
  exact('json-field', (text) => JSON.stringify({ id: 7, note: text, ok: true })),
  exact('code-fence', (text) => `\`\`\`text\n${text}\n\`\`\``),
  exact('code-comment', (text) => text.replace(/^/gm, '# ')),
];
