/** Ciphers and signalling alphabets for people: each keeps letters (and where it can digits) and drops the rest. */
import { rot13 } from './encodings.ts';
import { exact, exactAscii, lossy, lossyAscii, perChar, type Transform } from './transform.ts';

const atbash = (text: string): string =>
  text.replace(/[A-Za-z]/g, (char) => String.fromCharCode((char <= 'Z' ? 155 : 219) - char.charCodeAt(0)));

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

// ITU-R M.1677-1 §1.1: letters, figures and signs; then the five signs that are in every encoder's table and not in it.
const MORSE_SIGNS = `${LETTERS}0123456789.,:?'-/()"=+@!&;_$`;
const MORSE = (
  '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. ' +
  '----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. ' +
  '.-.-.- --..-- ---... ..--.. .----. -....- -..-. -.--. -.--.- .-..-. -...- .-.-. .--.-. ' +
  '-.-.-- .-... -.-.-. ..--.- ...-..-'
).split(' ');

/** One space between letters, ` / ` between words; signs without a code are left out. */
function morse(text: string): string {
  return text
    .toUpperCase()
    .split(/\s+/)
    .map((word) => Array.from(word, (sign) => MORSE[MORSE_SIGNS.indexOf(sign)]).filter((code) => code !== undefined))
    .filter((codes) => codes.length > 0)
    .map((codes) => codes.join(' '))
    .join(' / ');
}

// English braille, grade 1: the dots of a to z as offsets into the block Braille Patterns.
const BRAILLE = [
  0x01, 0x03, 0x09, 0x19, 0x11, 0x0b, 0x1b, 0x13, 0x0a, 0x1a, 0x05, 0x07, 0x0d, 0x1d, 0x15, 0x0f, 0x1f, 0x17, 0x0e,
  0x1e, 0x25, 0x27, 0x3a, 0x2d, 0x3d, 0x35,
];
const PUNCTUATION: Readonly<Record<string, number>> = {
  ...{ ',': 0x02, ';': 0x06, ':': 0x12, '.': 0x32, '!': 0x16, '?': 0x26, "'": 0x04, '-': 0x24, '/': 0x0c },
};
const cell = (dots: number): string => String.fromCharCode(0x2800 + dots);

/** Capitals behind the sign U+2820, runs of digits behind U+283C (a = 1 … j = 0); other characters stay as they are. */
const braille = (text: string): string =>
  text.replace(/[0-9]+|[\s\S]/g, (part) => {
    if (/[0-9]/.test(part)) return cell(0x3c) + Array.from(part, (d) => cell(BRAILLE[(Number(d) + 9) % 10]!)).join('');
    if (/[a-z]/.test(part)) return cell(BRAILLE[part.charCodeAt(0) - 97]!);
    if (/[A-Z]/.test(part)) return cell(0x20) + cell(BRAILLE[part.charCodeAt(0) - 65]!);
    return part in PUNCTUATION ? cell(PUNCTUATION[part]!) : part;
  });

// ICAO Annex 10, volume II, 5.2.1.3; figures as in its table; the names of signs as they are spoken in an address.
const SPELLING = (
  'Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo ' +
  'Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu ' +
  'Zero One Two Three Four Five Six Seven Eight Nine Stop Comma Dash Slant Colon At Underscore Equals Query ' +
  'Plus Dollar Percent Hash Pipe Tilde'
).split(' ');
const SPELLED = `${LETTERS}0123456789.,-/:@_=?+$%#|~`;

/** Words kept apart by `gap`; signs without a name are left out. garak's `InjectNato` leaves out figures and all signs. */
const nato = (text: string, gap: string): string =>
  text
    .toUpperCase()
    .split(/\s+/)
    .map((word) => Array.from(word, (sign) => SPELLING[SPELLED.indexOf(sign)]).filter((name) => name !== undefined))
    .filter((names) => names.length > 0)
    .map((names) => names.join(' '))
    .join(gap);

export const CIPHERS: readonly Transform[] = [
  exactAscii('rot13', rot13),
  exactAscii('atbash', atbash),
  lossyAscii('morse', morse),
  lossyAscii('braille', braille),
  lossyAscii('nato', (text) => nato(text, ' / ')),
  lossyAscii('nato-gapless', (text) => nato(text, ' ')),
  exact('reversed', (text) => Array.from(text).reverse().join('')),
  exactAscii('reversed-letters', (text) => text.replace(/[A-Za-z']+/g, (word) => Array.from(word).reverse().join(''))),
  lossy('reversed-words', (text) => text.split(/\s+/).reverse().join(' ')),
  exact('vertical', (text) => perChar(text, (char) => `${char}\n`)),
];
