/**
 * What single characters fold to. NFKC, lower case, accents off Latin, Greek and Cyrillic letters, typographic quotes
 * and dashes made plain, Latin look-alikes (IPA, small capitals, enclosed and dead scripts' letters) made ASCII.
 * Living scripts stay themselves; homoglyphs.ts decides by the word.
 */
import { LOOKALIKES } from './confusables.ts';
import { Kind, kindOf } from './invisible.ts';

/** Letters that UTS #39 has no ASCII skeleton for, but a reader has. */
const SMALL_CAPITALS: Readonly<Record<string, string>> = {
  a: 'ᴀɐ', b: 'ʙ', c: 'ɔ', d: 'ᴅ', e: 'ᴇǝəɘɛ', f: 'ꜰ', g: 'ɢ', h: 'ʜɥ', i: 'ɪᴉ', j: 'ᴊ', k: 'ᴋʞ', l: 'ʟ', m: 'ᴍɯ', n: 'ɴŋ',
  p: 'ᴘ', q: 'ꞯ', r: 'ʀɹ', t: 'ᴛʇ', v: 'ʌ', w: 'ʍ', y: 'ʎ',
}; // biome-ignore format: a table

const QUOTES: Readonly<Record<string, string>> = { "'": '‘’‛ʼ´`ʹ′', '"': '“”„‟″«»', '-': '‐‑‒–—―−' };
const LIGATURES: ReadonlyMap<string, string> = new Map([
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['\u0085', '\n'],
  ['\u2028', '\n'],
  ['\u2029', '\n'],
]);
/** Not accents but letters of their own: й, ў, ї. Without them Russian, Belarusian and Ukrainian words are others. */
const OWN_LETTERS = new Set(['й', 'ў', 'ї']);
const ACCENTED = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Sk}]/u;

const latin = new Map<string, string>();
/** BMP letters of living scripts that look like an ASCII letter: unit → that letter's code; 0 for none. */
export const LOOKS_LIKE: Uint8Array = new Uint8Array(0x10000);
for (const [letter, chars] of Object.entries(LOOKALIKES)) {
  for (const char of chars) {
    if (char.length === 2 || /\p{Script=Latin}/u.test(char)) latin.set(char, letter);
    else LOOKS_LIKE[char.charCodeAt(0)] = letter.charCodeAt(0);
  }
}
for (const [letter, chars] of Object.entries(SMALL_CAPITALS)) for (const char of chars) latin.set(char, letter);
for (const [mark, chars] of Object.entries(QUOTES)) for (const char of chars) latin.set(char, mark);

/** What one character (not a mark, not an invisible one) folds to; a few become two or three. */
export function foldPoint(point: number): string {
  const char = String.fromCodePoint(point);
  const own = latin.get(char) ?? LIGATURES.get(char) ?? enclosed(point);
  if (own !== undefined) return own;
  let folded = char.normalize('NFKC').toLowerCase();
  if (ACCENTED.test(folded) && !OWN_LETTERS.has(folded)) folded = stripped(folded);
  return latin.get(folded) ?? LIGATURES.get(folded) ?? folded;
}

function stripped(folded: string): string {
  const bare = folded.normalize('NFD').replace(/\p{Mn}/gu, '');
  return latin.get(bare) ?? bare;
}

/** Letters in dark circles, dark squares and as regional indicators have no compatibility mapping. */
function enclosed(point: number): string | undefined {
  for (const first of [0x1f150, 0x1f170, 0x1f1e6]) {
    if (point >= first && point < first + 26) return String.fromCharCode(97 + point - first);
  }
  return undefined;
}

/** Letters dressed up as other characters: fullwidth, mathematical, circled, squared. */
export function isStyled(point: number): boolean {
  return (
    (point >= 0xff21 && point <= 0xff5a) ||
    (point >= 0x1d400 && point <= 0x1d7ff) ||
    (point >= 0x249c && point <= 0x24e9) ||
    (point >= 0x1f110 && point <= 0x1f189)
  );
}

/** Looked up, not yet known. */
export const UNKNOWN = 0;
/** Not one ordinary unit: an invisible character, a mark, a surrogate, or something that folds to another length. */
export const SPECIAL = 1;

const SINGLES: Uint16Array = new Uint16Array(0x10000);
const LONGER = new Map<number, string>();
/** 1 where the fold does more to a unit than put it into lower case; known once `foldUnit` saw it. */
export const REWRITTEN: Uint8Array = new Uint8Array(0x10000);

/** The one unit that a BMP unit folds to, or SPECIAL. */
export function foldUnit(unit: number): number {
  const known = SINGLES[unit]!;
  return known === UNKNOWN ? learn(unit) : known;
}

function learn(unit: number): number {
  let folded = SPECIAL;
  if (kindOf(unit) === Kind.ordinary && !isStyled(unit)) {
    const text = foldPoint(unit);
    if (text.length === 1 && text.charCodeAt(0) > SPECIAL) folded = text.charCodeAt(0);
    else LONGER.set(unit, text);
  }
  SINGLES[unit] = folded;
  if (String.fromCharCode(folded) !== String.fromCharCode(unit).toLowerCase()) REWRITTEN[unit] = 1;
  return folded;
}

/** `foldPoint`, remembered: what a special or astral character folds to. */
export function foldSpecial(point: number): string {
  let text = LONGER.get(point);
  if (text === undefined) {
    text = foldPoint(point);
    // 40,000 entries hold every character in use; hostile text may not grow the table past that.
    if (LONGER.size < 40_000) LONGER.set(point, text);
  }
  return text;
}
