/**
 * Characters that nobody sees: between the letters, instead of the letters, or turning their order around.
 * Sources: Boucher et al. "Bad Characters" (2106.09898); embracethered.com on tags and sneaky bits; Paul Butler on
 * variation selectors; garak's `smuggling` resources.
 */
import { pick, type Random } from './random.ts';
import { exact, exactAscii, lossy, perChar, type Transform } from './transform.ts';

const ZERO_WIDTH = ['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u180e', '\u2063', '\u034f'];

/** Sentences that nobody would stop, to hide a payload in; `*` is the place. */
const INNOCUOUS = [
  'Thanks for the lovely weekend 😊*, see you again in spring.',
  'The library opens at nine 📚* and closes at six on weekdays.',
  'Could you tell me what the weather in Turku will be like tomorrow? 🌦️*',
  'Great photo 👍* of the lake, I will print it for the kitchen.',
];

const hidden = (payload: string, random: Random): string => pick(INNOCUOUS, random).replace('*', () => payload);

const tagged = (text: string): string => perChar(text, (char) => String.fromCodePoint(0xe0000 + char.codePointAt(0)!));

const bytes = (text: string): number[] => [...new TextEncoder().encode(text)];

/** Sixteen selectors of the first block and 240 of the second: paulbutler.org, "Smuggling arbitrary data through an emoji". */
const selectors = (text: string): string =>
  bytes(text)
    .map((byte) => String.fromCodePoint(byte < 16 ? 0xfe00 + byte : 0xe0100 + byte - 16))
    .join('');

/** The second block alone, offset by the byte itself: garak's `variant_smuggling`. */
const supplementOnly = (text: string): string =>
  perChar(text, (c) => String.fromCodePoint(0xe0100 + c.codePointAt(0)!));

/** U+2062 for 0 and U+2064 for 1, eight to a byte. */
const sneakyBits = (text: string): string =>
  bytes(text)
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
    .replace(/[01]/g, (bit) => (bit === '0' ? '\u2062' : '\u2064'));

const reversed = (text: string): string => Array.from(text).reverse().join('');

/** Two characters stored in the wrong order and shown in the right one (Boucher et al., "reorderings"). */
const swapped = (first: string, second: string): string =>
  `\u202d\u2066\u202e\u2066${second}\u2069\u2066${first}\u2069\u202c\u2069\u202c`;

/** In every word of four letters or more, one neighbouring pair. */
function reorder(text: string, random: Random): string {
  return text.replace(/\p{L}{4,}/gu, (word) => {
    const at = 1 + Math.floor(random() * (word.length - 2));
    return word.slice(0, at) + swapped(word[at]!, word[at + 1]!) + word.slice(at + 2);
  });
}

/** A letter too much and a backspace after it, about once in four characters. */
function backspaced(text: string, random: Random): string {
  const letters = Array.from('abcdefghijklmnopqrstuvwxyz');
  return perChar(text, (char) => (random() < 0.25 ? `${pick(letters, random)}\b${char}` : char));
}

export const INVISIBLE: readonly Transform[] = [
  exact('zero-width', (text) => Array.from(text).join('\u200b')),
  exact('zero-width-mixed', (text, random) =>
    perChar(text, (char) => (random() < 0.6 ? char + pick(ZERO_WIDTH, random) : char)),
  ),
  exactAscii('tags-hidden', (text, random) => hidden(tagged(text), random)),
  exactAscii('tags-whole', (text) => tagged(text)),
  exact('selectors-hidden', (text, random) => hidden(selectors(text), random)),
  exactAscii('selectors-supplement', (text, random) => hidden(supplementOnly(text), random)),
  exact('sneaky-bits', (text, random) => hidden(sneakyBits(text), random)),
  exact('bidi-override', (text) => `\u202e${reversed(text)}\u202c`),
  lossy('bidi-override-words', (text, random) =>
    text.replace(/\p{L}{4,}/gu, (word) => (random() < 0.5 ? `\u202e${reversed(word)}\u202c` : word)),
  ),
  exact('bidi-reorder', reorder),
  exact('backspace', backspaced),
];
