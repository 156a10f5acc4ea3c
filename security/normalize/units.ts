/** What single code units are to the scan, and small questions about runs of them. */
import { LEET_LETTER } from './tokens.ts';

/** 0–9. */
export const DIGIT = 2;
/** Signs that leetspeak uses for letters; `+` is base64's as well. */
export const LEET = 3;
/** Blanks and controls. */
export const SPACE = 4;
/** `/`, `-` and `_`: base64 goes on, words do not. */
export const LINK = 5;
/** Every other ASCII sign. */
export const SIGN = 6;
/** ASCII unit → one of the above; letters are known by LETTER and never asked for. */
export const CLASS: Uint8Array = new Uint8Array(128).fill(SIGN);
CLASS.fill(DIGIT, 48, 58);
for (const c of '@$|!+<(') CLASS[c.charCodeAt(0)] = LEET;
for (const c of '/-_') CLASS[c.charCodeAt(0)] = LINK;
CLASS.fill(SPACE, 0, 33);

/** [128] u8: 1 for ASCII letters. */
export const LETTER: Uint8Array = new Uint8Array(128);
for (let c = 97; c <= 122; c++) LETTER[c] = LETTER[c - 32] = 1;

/** A letter outside ASCII, as far as its block tells: no punctuation, no space, no symbol. */
export function isForeign(unit: number): boolean {
  return unit >= 0xc0 && !(unit >= 0x2000 && unit < 0x2c00) && !(unit >= 0x3000 && unit < 0x3041) && unit < 0xd800;
}

/** The letters of a stretch, and the digits that stand for letters in leetspeak, without what is between them. */
export function squeeze(text: string, start: number, end: number): string {
  let letters = '';
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 97 && unit <= 122) letters += text[i];
    else if (unit >= 48 && unit <= 57) letters += String.fromCharCode(LEET_LETTER[unit]!);
  }
  return letters;
}

/** Dots and dashes as Morse is typed. */
export function isStroke(unit: number): boolean {
  return (
    unit === 46 || unit === 45 || unit === 95 || unit === 0xb7 || unit === 0x2022 || unit === 0x22c5 || unit === 0x25cf ||
    unit === 0x2212 || (unit >= 0x2010 && unit <= 0x2015)
  ); // biome-ignore format: a list
}

/** Capitals, small letters and digits in an order that words and names do not have, or padding behind them. */
export function looksEncoded(text: string, start: number, end: number): boolean {
  let turns = 0;
  let digits = 0;
  let before = 0;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    const kind = unit >= 97 ? 1 : unit >= 65 ? 2 : 3;
    if (kind === 3) digits++;
    else if (before === 1 && kind === 2) turns++;
    before = kind;
  }
  return (turns > 0 && digits > 0) || turns > 1 || text.charCodeAt(end) === 61;
}

/** What is left to go by when the case is gone: a digit, or padding behind. */
export function hasDigit(text: string, start: number, end: number): boolean {
  if (text.charCodeAt(end) === 61) return true;
  for (let i = start; i < end; i++) if (text.charCodeAt(i) >= 48 && text.charCodeAt(i) <= 57) return true;
  return false;
}
