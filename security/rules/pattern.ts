/**
 * How rules write their patterns: a template in which a space stands for "between two words" (blanks, line ends,
 * punctuation, Markdown marks; up to six), ` ?` for that or nothing, an accented Latin letter for itself or its bare form, and `${}` for word lists.
 * Everything is bounded here once, so that no rule has to think of it.
 */

/** What may stand between two words of a phrase. Angle brackets and `@` are left out: they begin something new. */
const BETWEEN = String.raw`[\s!-/:;=\\-\x60|~\u2010-\u2027\u3000-\u3003]`;

/** A pattern from a template; see the head of this file. */
export function pattern(strings: TemplateStringsArray, ...parts: readonly string[]): RegExp {
  const source = String.raw(strings, ...parts)
    .replace(/\[(?:\\.|[^\]\\])*\]/gu, (set) => set.replaceAll(' ', '\\s'))
    .replaceAll(' ?', `${BETWEEN}{0,6}`)
    .replaceAll(' ', `${BETWEEN}{1,6}`)
    .replace(/[\u00c0-\u024f\u1e00-\u1eff]/gu, bare);
  return new RegExp(source, 'u');
}

/** The words of a list as one alternative; a `+` inside stands for the gap between two words. */
export function any(list: string): string {
  return `(?:${list.trim().split(/\s+/u).join('|').replaceAll('+', ' ')})`;
}

/** As `any`, but a whole word at both ends. */
export function word(list: string): string {
  return String.raw`\b${any(list)}\b`;
}

/** Any `low` to `high` characters, as few as possible. */
export function gap(high: number, low = 0): string {
  return `[^]{${low},${high}}?`;
}

function bare(letter: string): string {
  const base = foldLatin(letter);
  return base === letter ? letter : `[${letter}${base}]`;
}

/** A Latin letter without its accents; letters that are no accented ASCII letter map to the one that people type instead. */
export function foldLatin(letter: string): string {
  return SPECIAL[letter] ?? letter.normalize('NFD').replace(/\p{M}/gu, '');
}

const SPECIAL: Readonly<Record<string, string>> = {
  ø: 'o',
  đ: 'd',
  ł: 'l',
  ı: 'i',
  ħ: 'h',
  æ: 'a',
  œ: 'o',
  ß: 's',
  þ: 't',
  ð: 'd',
};
