/** The other side of every decoder, written from Buffer, TextEncoder and hand tables: nothing here is the product's. */

export interface Encoder {
  readonly name: string;
  encode(text: string): string;
  /** Whether the words are disguised, or merely written in another way. */
  readonly hidden: boolean;
  /** Characters of framing that may lie outside the span, in front and behind. */
  readonly head: number;
  readonly tail: number;
}

const bytes = (text: string): number[] => [...new TextEncoder().encode(text)];
const hex2 = (byte: number): string => byte.toString(16).padStart(2, '0');
const bits8 = (byte: number): string => byte.toString(2).padStart(8, '0');
const letters = (text: string, map: (index: number) => number): string =>
  text.replace(/[a-z]/gi, (c) => {
    const base = c >= 'a' ? 97 : 65;
    return String.fromCharCode(base + map(c.charCodeAt(0) - base));
  });

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
function base32(text: string): string {
  const bits = bytes(text).map(bits8).join('');
  const digits = (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]!);
  return digits.join('').padEnd(Math.ceil(digits.length / 8) * 8, '=');
}

function base85(text: string, digit: (value: number) => string): string {
  const all = bytes(text);
  let out = '';
  for (let i = 0; i < all.length; i += 4) {
    const four = all.slice(i, i + 4);
    let value = [0, 1, 2, 3].reduce((sum, k) => sum * 256 + (four[k] ?? 0), 0);
    let five = '';
    for (let k = 0; k < 5; k++) {
      five = digit(value % 85) + five;
      value = Math.floor(value / 85);
    }
    out += five.slice(0, four.length + 1);
  }
  return out;
}

const RFC1924 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';

function uuencode(text: string): string {
  const all = bytes(text);
  const lines: string[] = [];
  for (let i = 0; i < all.length; i += 45) {
    const row = all.slice(i, i + 45);
    let line = String.fromCharCode(32 + row.length);
    for (let k = 0; k < row.length; k += 3) {
      const bits = bits8(row[k]!) + bits8(row[k + 1] ?? 0) + bits8(row[k + 2] ?? 0);
      for (const six of bits.match(/.{6}/g)!)
        line += String.fromCharCode(32 + Number.parseInt(six, 2)).replace(' ', '`');
    }
    lines.push(line);
  }
  return `begin 644 note.txt\n${lines.join('\n')}\n\`\nend`;
}

const MORSE: Readonly<Record<string, string>> = {
  a: '.-', b: '-...', c: '-.-.', d: '-..', e: '.', f: '..-.', g: '--.', h: '....', i: '..', j: '.---', k: '-.-', l: '.-..',
  m: '--', n: '-.', o: '---', p: '.--.', q: '--.-', r: '.-.', s: '...', t: '-', u: '..-', v: '...-', w: '.--', x: '-..-',
  y: '-.--', z: '--..', ' ': '/',
}; // biome-ignore format: a table

const NATO =
  `Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo
Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu`.split(/\s+/);

const BRAILLE: Readonly<Record<string, string>> = Object.fromEntries(
  [...'⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵'].map((cell, i) => [String.fromCharCode(97 + i), cell]),
);

const CYRILLIC: Readonly<Record<string, string>> = { a: 'а', e: 'е', o: 'о', p: 'р', c: 'с', y: 'у', x: 'х', i: 'і' };
const LEET: Readonly<Record<string, string>> = { a: '4', e: '3', i: '1', o: '0', s: '5', t: '7' };

const selector = (byte: number): string => String.fromCodePoint(byte < 16 ? 0xfe00 + byte : 0xe0100 + byte - 16);
const each = (text: string, map: (char: string) => string): string => [...text].map(map).join('');

function pigLatin(text: string): string {
  return text.toLowerCase().replace(/[a-z]+/g, (word) => {
    const onset = /^[^aeiouy]*/.exec(word)![0];
    return onset ? `${word.slice(onset.length)}${onset}ay` : `${word}way`;
  });
}

const make = (name: string, encode: (text: string) => string, hidden = true, head = 0, tail = 0): Encoder => ({
  name,
  encode,
  hidden,
  head,
  tail,
});

export const ENCODERS: readonly Encoder[] = [
  make('base64', (t) => Buffer.from(t).toString('base64'), true, 0, 3),
  make('base64 without padding', (t) => Buffer.from(t).toString('base64').replace(/=+$/, '')),
  make('base64url', (t) => Buffer.from(t).toString('base64url')),
  make('base64 in MIME lines', (t) => Buffer.from(t).toString('base64').replace(/.{40}/g, '$&\r\n'), true, 0, 3),
  make('base64 of UTF-16', (t) => Buffer.from(t, 'utf16le').toString('base64'), true, 0, 4),
  make('base32', base32, true, 0, 8),
  make('base32 in small letters', (t) => base32(t).toLowerCase().replace(/=+$/, ''), true, 0, 1),
  make('hex', (t) => Buffer.from(t).toString('hex')),
  make('hex with spaces', (t) => bytes(t).map(hex2).join(' ')),
  make('hex with colons', (t) => bytes(t).map(hex2).join(':')),
  make('hex with 0x', (t) => bytes(t).map((b) => `0x${hex2(b)}`).join(', '), true, 2),
  make('hex with \\x', (t) => bytes(t).map((b) => `\\x${hex2(b)}`).join(''), true, 2),
  make('binary', (t) => bytes(t).map(bits8).join(' ')),
  make('binary in one run', (t) => bytes(t).map(bits8).join('')),
  make('decimal codes', (t) => bytes(t).join(' ')),
  make('decimal codes with commas', (t) => bytes(t).join(',')),
  make('octal codes', (t) => bytes(t).map((b) => b.toString(8)).join(' ')),
  make('ascii85', (t) => base85(t, (v) => String.fromCharCode(33 + v))),
  make('ascii85 in Adobe frames', (t) => `<~${base85(t, (v) => String.fromCharCode(33 + v))}~>`, true, 2, 2),
  make('base85 of RFC 1924', (t) => base85(t, (v) => RFC1924[v]!)),
  make('percent', (t) => bytes(t).map((b) => `%${hex2(b)}`).join('')),
  make('percent as URLs have it', (t) => encodeURIComponent(t), false),
  make('percent twice', (t) => encodeURIComponent(bytes(t).map((b) => `%${hex2(b)}`).join(''))),
  make('\\u escapes', (t) => each(t, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)),
  make('\\u{} escapes', (t) => each(t, (c) => `\\u{${c.charCodeAt(0).toString(16)}}`)),
  make('octal escapes', (t) => each(t, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`), true, 1),
  make('decimal entities', (t) => each(t, (c) => `&#${c.charCodeAt(0)};`)),
  make('hex entities', (t) => each(t, (c) => `&#x${c.charCodeAt(0).toString(16)};`)),
  make('named entities', (t) => t.replace(/ /g, '&nbsp;'), false),
  make('quoted-printable', (t) => bytes(t).map((b) => `=${hex2(b).toUpperCase()}`).join('')),
  make('uuencode', uuencode, true, 20, 8),
  make('rot13', (t) => letters(t, (i) => (i + 13) % 26)),
  make('Caesar 7', (t) => letters(t, (i) => (i + 7) % 26)),
  make('Atbash', (t) => letters(t, (i) => 25 - i)),
  make('Morse', (t) => each(t.toLowerCase(), (c) => `${MORSE[c]} `).trim()),
  make('Morse with bars', (t) => each(t.toLowerCase(), (c) => `${(MORSE[c] ?? '').replace('/', '|')} `).trim()),
  make('braille', (t) => each(t.toLowerCase(), (c) => BRAILLE[c] ?? '⠀')),
  make('NATO', (t) => t.toLowerCase().split(' ').map((w) => [...w].map((c) => NATO[c.charCodeAt(0) - 97]).join(' ')).join(' / ')),
  make('reversed', (t) => [...t].reverse().join('')),
  make('reversed words', (t) => t.split(' ').map((w) => [...w].reverse().join('')).join(' ')),
  make('pig Latin', pigLatin),
  make('Unicode tags', (t) => `Hi${each(t, (c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0)))}`, true, 2),
  make('variation selectors', (t) => `😀${bytes(t).map(selector).join('')}`, true, 2, 1),
  make('variation selectors from VS17', (t) => `😀${bytes(t).map((b) => String.fromCodePoint(0xe0100 + b)).join('')}`, true, 2, 1),
  make('variation selectors as half bytes', (t) => `😀${bytes(t).map((b) => String.fromCharCode(0xfe00 + (b >> 4), 0xfe00 + (b & 15))).join('')}`, true, 2, 1),
  make('sneaky bits', (t) => each(bytes(t).map(bits8).join(''), (b) => (b === '1' ? '\u2064' : '\u2062')), true, 0, 8),
  make('zero-width bits', (t) => each(bytes(t).map(bits8).join(''), (b) => (b === '1' ? '\u200c' : '\u200b')), true, 0, 8),
  make('right-to-left override', (t) => `\u202e${[...t].reverse().join('')}\u202c`, true, 1, 1),
  make('right-to-left isolate', (t) => `\u2067${[...t].reverse().join('')}\u2069`, true, 1, 1),
  make('backspaces', (t) => each(t, (c) => (c === ' ' ? c : `${c}x\b`)), true, 0, 2),
  make('homoglyphs', (t) => t.replace(/[aeopcyxi]/g, (c) => CYRILLIC[c]!)),
  make('leetspeak', (t) => t.replace(/[aeiost]/g, (c) => LEET[c]!)),
  make('letters apart', (t) => [...t].join(' ')),
  make('letters apart, words by a slash', (t) => t.split(' ').map((w) => [...w].join(' ')).join(' / ')),
  make('dots between letters', (t) => t.split(' ').map((w) => [...w].join('.')).join(' ')),
  make('hyphens between letters, no words', (t) => [...t.replaceAll(' ', '')].join('-')),
  make('junk between letters', (t) => t.replace(/([a-z])([a-z])/gi, '$1*$2|'), true, 0, 1),
  make('words run together', (t) => t.replaceAll(' ', '')),
  make('letters doubled', (t) => t.replace(/[a-z]/gi, '$&$&')),
  make('scrambled inner letters', (t) => t.replace(/\b([a-z])([a-z]{3,})([a-z])\b/gi, (_, a, b, c) => a + b.slice(2) + b[1] + b[0] + c)),
]; // biome-ignore format: one encoder a line

/** Disguises that the plain view undoes by itself. */
export const FOLDED: readonly Encoder[] = [
  make('fullwidth', (t) => each(t, (c) => (c === ' ' ? '\u3000' : String.fromCharCode(c.charCodeAt(0) + 0xfee0)))),
  make('bold', (t) => each(t, (c) => (/[a-z]/.test(c) ? String.fromCodePoint(0x1d41a + c.charCodeAt(0) - 97) : c))),
  make('circled', (t) => each(t, (c) => (/[a-z]/.test(c) ? String.fromCodePoint(0x24d0 + c.charCodeAt(0) - 97) : c))),
  make('dark squares', (t) => each(t.toUpperCase(), (c) => (/[A-Z]/.test(c) ? String.fromCodePoint(0x1f170 + c.charCodeAt(0) - 65) : c))),
  make('small capitals', (t) => each(t.toLowerCase(), (c) => 'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ'[c.charCodeAt(0) - 97] ?? c)),
  make('zero-width spaces', (t) => [...t].join('\u200b')),
  make('word joiners', (t) => [...t].join('\u2060')),
  make('soft hyphens', (t) => [...t].join('\u00ad')),
  make('NUL', (t) => [...t].join('\0')),
  make('Zalgo', (t) => each(t, (c) => `${c}\u0336\u0321\u0301`)),
  make('underline', (t) => each(t, (c) => `${c}\u0332`)),
  make('diacritics', (t) => t.replace(/[aeiou]/g, (c) => `${c}\u0308`.normalize('NFC'))),
  make('direction marks', (t) => [...t].join('\u200e')),
  make('single variation selectors', (t) => [...t].join('\ufe0f')),
]; // biome-ignore format: one encoder a line
