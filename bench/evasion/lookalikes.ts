/**
 * Letters of other alphabets and styles that look like Latin ones, and marks laid over the Latin ones.
 * The tables are chosen by eye from the Unicode charts, as an attacker would, and are not taken from confusables.txt.
 */
import { pick, type Random } from './random.ts';
import { exactAscii, lossyAscii, perChar, type Transform } from './transform.ts';

const CYRILLIC: Readonly<Record<string, string>> = {
  ...{ a: 'а', c: 'с', d: 'ԁ', e: 'е', h: 'һ', i: 'і', j: 'ј', k: 'к', l: 'ӏ', m: 'м', n: 'п', o: 'о', p: 'р', q: 'ԛ' },
  ...{ r: 'г', s: 'ѕ', t: 'т', u: 'и', v: 'ѵ', w: 'ԝ', x: 'х', y: 'у', A: 'А', B: 'В', C: 'С', E: 'Е', G: 'Ԍ', H: 'Н' },
  ...{ I: 'І', J: 'Ј', K: 'К', M: 'М', O: 'О', P: 'Р', Q: 'Ԛ', S: 'Ѕ', T: 'Т', V: 'Ѵ', W: 'Ԝ', X: 'Х', Y: 'У', Z: 'З' },
};
/** Cyrillic letters that differ from the Latin ones only by code point; the rest above are recognisable, not identical. */
const IDENTICAL = new Set('acdehijlopqsvwxyABCEGHIJKMOPQSTVWXY');

const GREEK: Readonly<Record<string, string>> = {
  ...{ a: 'α', i: 'ι', k: 'κ', n: 'η', o: 'ο', p: 'ρ', t: 'τ', u: 'υ', v: 'ν', w: 'ω', x: 'χ', y: 'γ', A: 'Α', B: 'Β' },
  ...{ E: 'Ε', H: 'Η', I: 'Ι', K: 'Κ', M: 'Μ', N: 'Ν', O: 'Ο', P: 'Ρ', T: 'Τ', X: 'Χ', Y: 'Υ', Z: 'Ζ' },
};
const ARMENIAN: Readonly<Record<string, string>> = {
  ...{ g: 'ց', h: 'հ', n: 'ո', o: 'օ', q: 'զ', u: 'ս', w: 'ա', L: 'Լ', O: 'Օ', S: 'Տ', U: 'Ս' },
};

const look = (
  text: string,
  share: number,
  random: Random,
  tables: readonly Readonly<Record<string, string>>[],
): string =>
  perChar(text, (char) => {
    const others = tables.flatMap((table) => table[char] ?? []);
    return others.length > 0 && random() < share ? pick(others, random) : char;
  });

const IDENTICAL_ONLY = Object.fromEntries(Object.entries(CYRILLIC).filter(([latin]) => IDENTICAL.has(latin)));

/** First code points of the capital, small and digit runs in the block Mathematical Alphanumeric Symbols; 0 = no digits. */
const STYLES: readonly (readonly [capital: number, small: number, digit: number])[] = [
  [0x1d400, 0x1d41a, 0x1d7ce], // bold
  [0x1d468, 0x1d482, 0], // bold italic
  [0x1d4d0, 0x1d4ea, 0], // bold script
  [0x1d56c, 0x1d586, 0], // bold Fraktur
  [0x1d5a0, 0x1d5ba, 0x1d7e2], // sans-serif
  [0x1d5d4, 0x1d5ee, 0x1d7ec], // sans-serif bold
  [0x1d670, 0x1d68a, 0x1d7f6], // monospace
];

function styled(text: string, [capital, small, digit]: readonly [number, number, number]): string {
  return text.replace(/[A-Za-z0-9]/g, (char) => {
    const code = char.charCodeAt(0);
    if (code >= 0x61) return String.fromCodePoint(small + code - 0x61);
    if (code >= 0x41) return String.fromCodePoint(capital + code - 0x41);
    return digit === 0 ? char : String.fromCodePoint(digit + code - 0x30);
  });
}

const circled = (text: string): string =>
  text.replace(/[A-Za-z]/g, (char) => {
    const code = char.charCodeAt(0);
    return String.fromCodePoint(code >= 0x61 ? 0x24d0 + code - 0x61 : 0x24b6 + code - 0x41);
  });

const SMALL_CAPITALS = Array.from('ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ');
const smallCapitals = (text: string): string =>
  text.replace(/[a-z]/g, (char) => SMALL_CAPITALS[char.charCodeAt(0) - 0x61]!);

const fullwidth = (text: string): string =>
  perChar(text, (char) => {
    if (char === ' ') return '\u3000';
    return char > ' ' ? String.fromCharCode(char.charCodeAt(0) + 0xfee0) : char;
  });

// Grave, acute, circumflex, tilde, diaeresis, ring, caron: what keyboards of Latin languages offer.
const ACCENTS = ['\u0300', '\u0301', '\u0302', '\u0303', '\u0308', '\u030a', '\u030c'];

/** An accent over every vowel and over some consonants, composed where Unicode has the letter. */
function accented(text: string, random: Random): string {
  const marked = text.replace(/[A-Za-z]/g, (char) =>
    /[aeiouy]/i.test(char) || random() < 0.3 ? char + pick(ACCENTS, random) : char,
  );
  return marked.normalize('NFC');
}

const stacked = (text: string, random: Random): string =>
  text.replace(/[A-Za-z]/g, (char) => {
    const marks = Array.from({ length: 2 + Math.floor(random() * 4) }, () =>
      String.fromCharCode(0x0300 + Math.floor(random() * 0x50)),
    );
    return char + marks.filter((mark) => mark !== '\u034f').join('');
  });

const underlined = (text: string): string => text.replace(/[A-Za-z0-9]/g, (char) => `${char}\u0332`);
const struck = (text: string): string => text.replace(/[A-Za-z0-9]/g, (char) => `${char}\u0336`);

/** garak's six substitutions, and the wider alphabet that people write. */
const LEET: Readonly<Record<string, string>> = { i: '1', e: '3', a: '4', o: '0', s: '5', t: '7' };
const HEAVY: Readonly<Record<string, readonly string[]>> = {
  ...{ a: ['4', '@'], b: ['8'], e: ['3'], g: ['9', '6'], i: ['1', '!'], l: ['1', '|'], o: ['0'], s: ['5', '$'] },
  ...{ t: ['7', '+'], z: ['2'] },
};
const leet = (text: string, share: number, random: Random): string =>
  perChar(text, (char) => (random() < share ? (LEET[char.toLowerCase()] ?? char) : char));

export const LOOKALIKES: readonly Transform[] = [
  lossyAscii('homoglyph-30', (text, random) => look(text, 0.3, random, [IDENTICAL_ONLY])),
  lossyAscii('homoglyph-full', (text, random) => look(text, 1, random, [IDENTICAL_ONLY])),
  lossyAscii('homoglyph-rough', (text, random) => look(text, 1, random, [CYRILLIC])),
  lossyAscii('homoglyph-scripts', (text, random) => look(text, 0.6, random, [CYRILLIC, GREEK, ARMENIAN])),
  exactAscii('fullwidth', fullwidth),
  exactAscii('math-bold', (text) => styled(text, STYLES[0]!)),
  exactAscii('math-styles', (text, random) => text.replace(/\S+/g, (word) => styled(word, pick(STYLES, random)))),
  exactAscii('circled', circled),
  lossyAscii('small-capitals', smallCapitals),
  exactAscii('diacritics', accented),
  exactAscii('zalgo', stacked),
  exactAscii('underline', underlined),
  exactAscii('strike-through', struck),
  lossyAscii('leet-half', (text, random) => leet(text, 0.5, random)),
  lossyAscii('leet', (text, random) => leet(text, 1, random)),
  lossyAscii('leet-heavy', (text, random) =>
    perChar(text, (char) => {
      const others = HEAVY[char.toLowerCase()];
      return others && random() < 0.9 ? pick(others, random) : char;
    }),
  ),
];
