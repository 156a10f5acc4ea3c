/** `true`, `false`, `null` and numbers (RFC 8259 §3, §6): where one ends, and whether its value survives being read. */

// Beyond 20 digits an integer is no 64-bit number any more, and every reader rounds it in its own way.
const MAX_INTEGER_DIGITS = 20;

const WORDS = ['true', 'false', 'null'] as const;

/** The offset behind the scalar that begins at `i`, −1 where none does. */
export function scalarEnd(text: string, i: number): number {
  const c = text.charCodeAt(i);
  if (c === 0x2d || isDigit(c)) return numberEnd(text, i);
  const word = WORDS.find((candidate) => text.startsWith(candidate, i));
  return word === undefined ? -1 : i + word.length;
}

/** Whether the valid scalar `text[start, end)` is a number that neither a double nor a 64-bit integer holds. */
export function isOutOfRange(text: string, start: number, end: number): boolean {
  if (!isDigit(text.charCodeAt(end - 1))) return false;
  const integer = start + (text.charCodeAt(start) === 0x2d ? 1 : 0);
  if (digitsEnd(text, integer) - integer > MAX_INTEGER_DIGITS) return true;
  return end - start > 4 && !Number.isFinite(Number(text.slice(start, end)));
}

/** `tru`, `-` or `1.` as the last characters of a text: what its end cut off, not what somebody wrote. */
export function isCutOff(text: string, at: number): boolean {
  if (text.length - at > 32) return false;
  const rest = text.slice(at);
  if (WORDS.some((word) => word.startsWith(rest))) return true;
  const last = rest.charCodeAt(rest.length - 1);
  const numeric = rest.startsWith('-') || isDigit(rest.charCodeAt(0));
  return numeric && [0x2d, 0x2b, 0x2e, 0x65, 0x45].includes(last);
}

function numberEnd(text: string, start: number): number {
  const integer = start + (text.charCodeAt(start) === 0x2d ? 1 : 0);
  let i = digitsEnd(text, integer);
  if (i === integer || (i - integer > 1 && text.charCodeAt(integer) === 0x30)) return -1;
  if (text.charCodeAt(i) === 0x2e) {
    const fraction = i + 1;
    i = digitsEnd(text, fraction);
    if (i === fraction) return -1;
  }
  if ((text.charCodeAt(i) | 0x20) === 0x65) {
    const sign = text.charCodeAt(i + 1);
    const exponent = i + (sign === 0x2b || sign === 0x2d ? 2 : 1);
    i = digitsEnd(text, exponent);
    if (i === exponent) return -1;
  }
  return i;
}

function digitsEnd(text: string, from: number): number {
  let i = from;
  while (isDigit(text.charCodeAt(i))) i++;
  return i;
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}
