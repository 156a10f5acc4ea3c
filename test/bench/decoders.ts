/**
 * The way back from every exact transform, from Buffer, JSON, NFKC, hand-written tables: nothing here shares code with
 * the encoders of bench/evasion or with security/normalize.
 */
const text = (bytes: readonly number[]): string => Buffer.from(bytes).toString('utf8');
const points = (shown: string): number[] => Array.from(shown, (char) => char.codePointAt(0)!);
const bits = (digits: string): string => text((digits.match(/[01]{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
const backwards = (shown: string): string => Array.from(shown).reverse().join('');
const letters = (shown: string, from: string, to: string): string =>
  shown.replace(/[A-Za-z]/g, (char) => to[from.indexOf(char)]!);
const LATIN = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function base32(shown: string): string {
  const digits = Array.from(shown.replaceAll('=', ''), (char) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0'),
  ).join('');
  return bits(digits.slice(0, digits.length - (digits.length % 8)));
}

/** Five digits → four bytes, the last group filled up with the highest digit and cut (btoa's own rule). */
function base85(shown: string, alphabet: string): string {
  const out: number[] = [];
  const full = shown.replaceAll('z', alphabet[0] === '!' ? '!!!!!' : 'z');
  for (let at = 0; at < full.length; at += 5) {
    const group = full.slice(at, at + 5);
    let value = 0n;
    for (const char of group.padEnd(5, alphabet[84]!)) value = value * 85n + BigInt(alphabet.indexOf(char));
    for (let i = 0; i < group.length - 1; i++) out.push(Number((value >> BigInt(24 - 8 * i)) & 0xffn));
  }
  return text(out);
}
const ASCII85 = String.fromCharCode(...Array.from({ length: 85 }, (_, i) => 33 + i));
const RFC1924 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';

function uudecode(shown: string): string {
  const out: number[] = [];
  for (const row of shown.split('\n').filter((line) => line.length > 1)) {
    const value = (char: string): number => (char.charCodeAt(0) - 32) % 64;
    const digits = Array.from(row.slice(1), (char) => value(char).toString(2).padStart(6, '0')).join('');
    const bytes = (digits.match(/[01]{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
    out.push(...bytes.slice(0, value(row[0]!)));
  }
  return text(out);
}

/** Two letters shown in the order opposite to the stored one: Boucher et al., figure "reordering". */
const REORDERED = /\u202d\u2066\u202e\u2066(.)\u2069\u2066(.)\u2069\u202c\u2069\u202c/gu;

const SELECTOR = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;
/** The carrier sentences use one real emoji selector, directly behind the cloud; the payload follows it. */
const selected = (shown: string): number[] => points((shown.replace('🌦\ufe0f', '').match(SELECTOR) ?? []).join(''));

/** By the transform's name: what was shown → what was written. */
export const DECODERS: Readonly<Record<string, (shown: string) => string>> = {
  'zero-width': (s) => s.replaceAll('\u200b', ''),
  'zero-width-mixed': (s) => s.replace(/[\p{Cf}\u034f]/gu, ''),
  'tags-hidden': (s) =>
    String.fromCodePoint(...points((s.match(/[\u{e0000}-\u{e007f}]/gu) ?? []).join('')).map((p) => p - 0xe0000)),
  'tags-whole': (s) => String.fromCodePoint(...points(s).map((p) => p - 0xe0000)),
  'selectors-hidden': (s) => text(selected(s).map((p) => (p < 0xe0100 ? p - 0xfe00 : p - 0xe0100 + 16))),
  'selectors-supplement': (s) => text(selected(s).map((p) => p - 0xe0100)),
  'sneaky-bits': (s) => bits((s.match(/[\u2062\u2064]/g) ?? []).map((c) => (c === '\u2062' ? '0' : '1')).join('')),
  'bidi-override': (s) => backwards(s.slice(1, -1)),
  'bidi-reorder': (s) => s.replace(REORDERED, '$2$1'),
  backspace: (s) => s.replace(/.\u0008/gsu, ''),
  fullwidth: (s) => s.normalize('NFKC'),
  'math-bold': (s) => s.normalize('NFKC'),
  'math-styles': (s) => s.normalize('NFKC'),
  circled: (s) => s.normalize('NFKC'),
  diacritics: (s) => s.normalize('NFD').replace(/\p{M}/gu, ''),
  zalgo: (s) => s.normalize('NFD').replace(/\p{M}/gu, ''),
  underline: (s) => s.replace(/\p{M}/gu, ''),
  'strike-through': (s) => s.replace(/\p{M}/gu, ''),
  'markdown-bold': (s) => s.replaceAll('**', ''),
  'markdown-quote': (s) => s.replace(/^> /gm, ''),
  'html-inline': (s) => s.replace(/<[^>]*>/g, ''),
  'html-split': (s) => s.replaceAll('<wbr>', ''),
  'html-comment': (s) => /<!-- ([\s\S]*) -->$/.exec(s)![1]!,
  'json-escaped': (s) => JSON.parse(s.slice('payload: '.length)) as string,
  'json-field': (s) => (JSON.parse(s) as { note: string }).note,
  'code-fence': (s) => s.split('\n').slice(1, -1).join('\n'),
  'code-comment': (s) => s.replace(/^# /gm, ''),
  rot13: (s) => letters(s, LATIN, 'NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm'),
  atbash: (s) => letters(s, LATIN, 'ZYXWVUTSRQPONMLKJIHGFEDCBAzyxwvutsrqponmlkjihgfedcba'),
  reversed: backwards,
  'reversed-letters': (s) => s.replace(/[A-Za-z']+/g, backwards),
  vertical: (s) => s.replace(/(.)\n/gsu, '$1'),
  base64: (s) => Buffer.from(s, 'base64').toString('utf8'),
  base64url: (s) => Buffer.from(s, 'base64url').toString('utf8'),
  'base64-mime': (s) => Buffer.from(s, 'base64').toString('utf8'),
  base32,
  base16: (s) => Buffer.from(s, 'hex').toString('utf8'),
  hex: (s) => Buffer.from(s, 'hex').toString('utf8'),
  'hex-spaced': (s) => Buffer.from(s.replaceAll(' ', ''), 'hex').toString('utf8'),
  'hex-escaped': (s) => Buffer.from(s.replaceAll('\\x', ''), 'hex').toString('utf8'),
  ascii85: (s) => base85(s.slice(2, -2), ASCII85),
  'ascii85-bare': (s) => base85(s, ASCII85),
  base85: (s) => base85(s, RFC1924),
  'quoted-printable': (s) => Buffer.from(s.replaceAll('=\r\n', '').replaceAll('=', ''), 'hex').toString('utf8'),
  uuencode: (s) => uudecode(s.split('\n').slice(1, -3).join('\n')),
  'uuencode-bare': uudecode,
  percent: decodeURIComponent,
  'unicode-escape': (s) => JSON.parse(`"${s}"`) as string,
  'html-decimal': (s) => s.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
  'html-hex': (s) =>
    s.replace(/&#x([0-9a-f]+);/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16))),
  binary: (s) => bits(s.replaceAll(' ', '')),
  'base64-of-rot13': (s) => DECODERS.rot13!(DECODERS.base64!(s)),
  'base64-of-base64': (s) => DECODERS.base64!(DECODERS.base64!(s)),
  'hex-of-base64': (s) => DECODERS.base64!(DECODERS.hex!(s)),
};
