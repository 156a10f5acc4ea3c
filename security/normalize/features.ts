/** One pass over a text that tells which decoders can find anything at all, so that the others never look. */

export interface Features {
  /** Runs of base64's alphabet that could be base64. */
  readonly base64: boolean;
  /** Runs of capitals or small letters with 2–7 and nothing else, as long as base32 must be. */
  readonly base32: boolean;
  /** Digits enough for a list of codes, or a run of hex. */
  readonly codes: boolean;
  /** Eight zeros and ones in a row. */
  readonly binary: boolean;
  /** A token of 20 characters with signs among them. */
  readonly ascii85: boolean;
  readonly percent: boolean;
  readonly backslash: boolean;
  readonly ampersand: boolean;
  /** Three equals signs. */
  readonly equals: boolean;
  /** Ten dots and dashes with hardly anything else between them. */
  readonly morse: boolean;
  readonly braille: boolean;
  readonly uuencode: boolean;
}

const B64 = 1;
const UPPER = 2;
const LOWER = 4;
const DIGIT = 8;
const HEX = 16;
const STROKE = 32;
const SIGN = 64;
const BLANK = 128;

const BITS: Uint8Array = new Uint8Array(128);
for (let c = 0; c < 128; c++) {
  const char = String.fromCharCode(c);
  BITS[c] =
    (/[A-Za-z0-9+/_-]/.test(char) ? B64 : 0) |
    (/[A-Z]/.test(char) ? UPPER : 0) |
    (/[a-z]/.test(char) ? LOWER : 0) |
    (/[0-9]/.test(char) ? DIGIT : 0) |
    (/[0-9A-Fa-f]/.test(char) ? HEX : 0) |
    (/[._-]/.test(char) ? STROKE : 0) |
    (/[^A-Za-z0-9\s]/.test(char) && c > 32 && c < 127 ? SIGN : 0) |
    (c <= 32 ? BLANK : 0);
}

export function features(text: string): Features {
  let run = 0;
  let turns = 0;
  let digitsInRun = 0;
  let hex = 0;
  let digits = 0;
  let zeroOnes = 0;
  let token = 0;
  let signs = 0;
  let strokes = 0;
  let before = 0;
  let base64 = false;
  let codes = false;
  let binary = false;
  let ascii85 = false;
  let morse = false;
  let braille = false;
  let equals = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 128) {
      if (unit >= 0x2800 && unit <= 0x28ff) braille = true;
      if (unit === 0x2022 || unit === 0xb7 || (unit >= 0x2010 && unit <= 0x2015) || unit === 0x2212) {
        if (++strokes >= 10) morse = true;
      } else strokes = 0;
      run = turns = digitsInRun = hex = token = signs = before = 0;
      continue;
    }
    const bits = BITS[unit]!;
    if ((bits & B64) !== 0) {
      if ((bits & UPPER) !== 0 && (before & LOWER) !== 0) turns++;
      if (++run >= 8 && (run >= 16 || turns >= 2 || (turns >= 1 && digitsInRun >= 1))) base64 = true;
    } else {
      if (unit === 61) {
        equals++;
        if (run >= 7) base64 = true;
      }
      run = turns = digitsInRun = 0;
    }
    if ((bits & DIGIT) !== 0) {
      digitsInRun++;
      digits++;
      if (unit <= 49 && ++zeroOnes >= 7) binary = true;
      else if (unit > 49) zeroOnes = 0;
      if (digits >= 6) codes = true;
    } else zeroOnes = 0;
    if ((bits & HEX) === 0) hex = 0;
    else if (++hex >= 10) codes = true;
    if ((bits & BLANK) !== 0) token = signs = 0;
    else {
      token++;
      if ((bits & SIGN) !== 0) signs++;
      if (token >= 20 && signs >= 2) ascii85 = true;
    }
    if ((bits & STROKE) !== 0) {
      if (++strokes >= 10) morse = true;
    } else if (unit !== 32 && unit !== 47 && unit !== 10) strokes = 0;
    before = bits;
  }
  return {
    base64,
    base32: base64,
    codes,
    binary,
    ascii85: ascii85 || text.includes('<~'),
    percent: text.includes('%'),
    backslash: text.includes('\\'),
    ampersand: text.includes('&'),
    equals: equals >= 3,
    morse,
    braille,
    uuencode: /^begin [0-7]{3}/m.test(text) || /^[!-M](?:[ -`]{4}){1,15} ?$/m.test(text),
  };
}
