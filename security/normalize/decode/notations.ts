/** The four inline encodings: percent (RFC 3986 §2.1), backslash escapes (ECMA-262 §12.9.4, C), HTML, quoted-printable. */
import { ENTITIES } from './entities.ts';
import { type Escape, hexValue, isAlphanumeric, type Notation } from './inline.ts';

export const percent: Notation = {
  sign: '%',
  need: 1,
  read(text, at, into) {
    const value = hexValue(text, at + 1, 2);
    return value >= 0 && set(into, 3, value, true);
  },
  replace: (unit) => (unit === 43 ? 32 : unit),
};

/** RFC 2045 §6.7. Three escapes at least, since `a=10` is no escape. */
export const quotedPrintable: Notation = {
  sign: '=',
  need: 3,
  read(text, at, into) {
    const next = text.charCodeAt(at + 1);
    if (next === 10) return set(into, 2, -1, false);
    if (next === 13 && text.charCodeAt(at + 2) === 10) return set(into, 3, -1, false);
    const value = hexValue(text, at + 1, 2);
    if (value < 32 && value !== 9 && value !== 10 && value !== 13) return false;
    return set(into, 3, value, true);
  },
};

const SIMPLE: Readonly<Record<string, number>> = {
  n: 10, r: 13, t: 9, b: -1, f: 32, v: 32, '"': 34, "'": 39, '\\': 92, '/': 47, '\n': -1,
}; // biome-ignore format: a table

export const escapes: Notation = {
  sign: '\\',
  need: 1,
  read(text, at, into) {
    const next = text[at + 1];
    if (next === 'u') {
      if (text[at + 2] === '{') return braced(text, at, into);
      const value = hexValue(text, at + 2, 4);
      return value >= 0 && set(into, 6, value, false);
    }
    if (next === 'U') {
      const value = hexValue(text, at + 2, 8);
      return value >= 0 && value <= 0x10ffff && set(into, 10, value, false);
    }
    if (next === 'x') {
      if (text[at + 2] === '{') return braced(text, at, into);
      const value = hexValue(text, at + 2, 2);
      return value >= 0 && set(into, 4, value, true);
    }
    if (next !== undefined && next >= '0' && next <= '7') return octal(text, at, into);
    const simple = next === undefined ? undefined : SIMPLE[next];
    return simple !== undefined && set(into, 2, simple, false);
  },
};

function braced(text: string, at: number, into: Escape): boolean {
  let end = at + 3;
  while (end < at + 10 && hexValue(text, end, 1) >= 0) end++;
  const value = hexValue(text, at + 3, end - at - 3);
  return end > at + 3 && text[end] === '}' && value <= 0x10ffff && set(into, end + 1 - at, value, false);
}

function octal(text: string, at: number, into: Escape): boolean {
  let end = at + 1;
  while (end < at + 4 && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 55) end++;
  const value = Number.parseInt(text.slice(at + 1, end), 8);
  return end - at > 2 && value < 256 && set(into, end - at, value, true);
}

export const html: Notation = {
  sign: '&',
  need: 1,
  read(text, at, into) {
    if (text.charCodeAt(at + 1) === 35) return numeric(text, at, into);
    let end = at + 1;
    while (end < at + 9 && isAlphanumeric(text.charCodeAt(end))) end++;
    const value = ENTITIES.get(text.slice(at + 1, end));
    if (value === undefined) return false;
    return set(into, end - at + (text.charCodeAt(end) === 59 ? 1 : 0), value, false);
  },
};

/** `&#105;`, `&#x69;`, leading zeros and a missing semicolon included, as browsers read them. */
function numeric(text: string, at: number, into: Escape): boolean {
  const hex = (text.charCodeAt(at + 2) | 32) === 120;
  const from = at + (hex ? 3 : 2);
  let end = from;
  let value = 0;
  for (; end < from + 12; end++) {
    const digit = hexValue(text, end, 1);
    if (digit < 0 || (!hex && digit > 9)) break;
    value = Math.min(0x110000, value * (hex ? 16 : 10) + digit);
  }
  if (end === from || value > 0x10ffff) return false;
  return set(into, end - at + (text.charCodeAt(end) === 59 ? 1 : 0), value, false);
}

function set(into: Escape, length: number, value: number, byte: boolean): boolean {
  into.length = length;
  into.value = value;
  into.byte = byte;
  into.needless = isAlphanumeric(value);
  return true;
}
