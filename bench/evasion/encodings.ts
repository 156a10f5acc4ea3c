/**
 * Byte encodings and escapes, each from its own definition: RFC 4648 (base16, 32, 64), RFC 2045 (MIME, quoted-printable),
 * RFC 1924 (base85), Adobe's PostScript reference (ascii85), POSIX uuencode, RFC 3986 (percent), HTML's references.
 */
import { exact, exactAscii, perChar, type Transform } from './transform.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const hexByte = (byte: number): string => byte.toString(16).padStart(2, '0');

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
// RFC 1924 §4.2, the alphabet of Python's b85encode.
const BASE85 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';

/** Bytes cut into groups of `bits` and written in `alphabet`, padded with = to a multiple of `quantum` characters. */
function radix(data: Uint8Array, bits: number, alphabet: string, quantum: number): string {
  let out = '';
  let held = 0;
  let width = 0;
  for (const byte of data) {
    held = (held << 8) | byte;
    width += 8;
    while (width >= bits) {
      width -= bits;
      out += alphabet[(held >> width) & ((1 << bits) - 1)];
    }
    held &= (1 << width) - 1;
  }
  if (width > 0) out += alphabet[(held << (bits - width)) & ((1 << bits) - 1)];
  return out.padEnd(Math.ceil(out.length / quantum) * quantum, '=');
}

/** RFC 4648 §4. */
export const base64 = (text: string): string => radix(utf8(text), 6, BASE64, 4);
const base64url = (text: string): string => base64(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const hex = (text: string): string => Array.from(utf8(text), hexByte).join('');
const lines = (text: string, width: number, end: string): string =>
  (text.match(new RegExp(`.{1,${width}}`, 'gsu')) ?? []).join(end);

/** Four bytes → five digits of base 85; `zero` stands for four zero bytes where the encoding has a short form. */
function base85(data: Uint8Array, digit: (value: number) => string, zero?: string): string {
  let out = '';
  for (let at = 0; at < data.length; at += 4) {
    const group = [...data.subarray(at, at + 4)];
    const missing = 4 - group.length;
    let value = 0;
    for (let i = 0; i < 4; i++) value = value * 256 + (group[i] ?? 0);
    if (value === 0 && missing === 0 && zero !== undefined) {
      out += zero;
      continue;
    }
    const digits: string[] = [];
    for (let i = 0; i < 5; i++) {
      digits.unshift(digit(value % 85));
      value = Math.floor(value / 85);
    }
    out += digits.slice(0, 5 - missing).join('');
  }
  return out;
}
const ascii85 = (text: string): string => base85(utf8(text), (value) => String.fromCharCode(33 + value), 'z');

/** RFC 2045 §6.7 with every byte escaped, as garak's `InjectQP` does not: soft breaks keep lines at 76 characters. */
function quotedPrintable(text: string): string {
  const escaped = Array.from(utf8(text), (byte) => `=${hexByte(byte).toUpperCase()}`);
  const rows: string[] = [];
  for (let at = 0; at < escaped.length; at += 25) rows.push(escaped.slice(at, at + 25).join(''));
  return rows.join('=\r\n');
}

/** POSIX uuencode's body: a length character and four characters for three bytes, 45 bytes a line; 0 is a backquote. */
function uuencode(text: string): string {
  const data = utf8(text);
  const char = (six: number): string => (six === 0 ? '`' : String.fromCharCode(32 + six));
  let out = '';
  for (let at = 0; at < data.length; at += 45) {
    const row = data.subarray(at, at + 45);
    out += char(row.length);
    for (let i = 0; i < row.length; i += 3) {
      const [a, b, c] = [row[i]!, row[i + 1] ?? 0, row[i + 2] ?? 0];
      out += char(a >> 2) + char(((a & 3) << 4) | (b >> 4)) + char(((b & 15) << 2) | (c >> 6)) + char(c & 63);
    }
    out += '\n';
  }
  return out;
}

const utf16Escapes = (text: string): string => {
  let out = '';
  for (let i = 0; i < text.length; i++) out += `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`;
  return out;
};

/** The 26 letters moved by 13; here because base64 of it is one of the nested encodings. */
export const rot13 = (text: string): string =>
  text.replace(/[A-Za-z]/g, (char) => {
    const first = char <= 'Z' ? 65 : 97;
    return String.fromCharCode(((char.charCodeAt(0) - first + 13) % 26) + first);
  });

export const ENCODINGS: readonly Transform[] = [
  exact('base64', base64),
  exact('base64url', base64url),
  exact('base64-mime', (text) => lines(base64(text), 76, '\r\n')),
  exact('base32', (text) => radix(utf8(text), 5, BASE32, 8)),
  exact('base16', (text) => hex(text).toUpperCase()),
  exact('hex', hex),
  exact('hex-spaced', (text) => Array.from(utf8(text), hexByte).join(' ')),
  exact('hex-escaped', (text) => Array.from(utf8(text), (byte) => `\\x${hexByte(byte)}`).join('')),
  exact('ascii85', (text) => `<~${ascii85(text)}~>`),
  exact('ascii85-bare', ascii85),
  exact('base85', (text) => base85(utf8(text), (value) => BASE85[value]!)),
  exact('quoted-printable', quotedPrintable),
  exact('uuencode', (text) => `begin 644 note.txt\n${uuencode(text)}\`\nend\n`),
  exact('uuencode-bare', uuencode),
  exact('percent', (text) => Array.from(utf8(text), (byte) => `%${hexByte(byte).toUpperCase()}`).join('')),
  exact('unicode-escape', utf16Escapes),
  exact('html-decimal', (text) => perChar(text, (char) => `&#${char.codePointAt(0)};`)),
  exact('html-hex', (text) => perChar(text, (char) => `&#x${char.codePointAt(0)!.toString(16)};`)),
  exact('binary', (text) => Array.from(utf8(text), (byte) => byte.toString(2).padStart(8, '0')).join(' ')),
  exactAscii('base64-of-rot13', (text) => base64(rot13(text))),
  exact('base64-of-base64', (text) => base64(base64(text))),
  exact('hex-of-base64', (text) => hex(base64(text))),
];
