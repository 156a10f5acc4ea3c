/**
 * Characters that show nothing, and which of them have a right to be where they are: joiners between emoji, variation
 * selectors after a symbol, marks of direction in right-to-left text, a byte order mark in front.
 */

/** What a character is to the fold; 0 is ordinary. */
export const Kind = {
  ordinary: 0,
  zeroWidth: 1,
  joiner: 2,
  softHyphen: 3,
  bidiMark: 4,
  bidiControl: 5,
  selector: 6,
  mark: 7,
  composing: 8,
  control: 9,
  surrogate: 10,
  bom: 11,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

const KINDS: Uint8Array = new Uint8Array(0x10000);
const RANGES: readonly (readonly [Kind, number, number])[] = [
  [Kind.control, 0x00, 0x08],
  [Kind.control, 0x0e, 0x1f],
  [Kind.control, 0x7f, 0x84],
  [Kind.control, 0x86, 0x9f],
  [Kind.softHyphen, 0xad, 0xad],
  [Kind.zeroWidth, 0x034f, 0x034f], // combining grapheme joiner
  [Kind.mark, 0x0300, 0x034e],
  [Kind.mark, 0x0350, 0x036f],
  [Kind.mark, 0x0483, 0x0489],
  [Kind.zeroWidth, 0x0640, 0x0640], // Arabic tatweel stretches a word and means nothing
  [Kind.composing, 0x0653, 0x0655],
  [Kind.bidiMark, 0x061c, 0x061c],
  [Kind.zeroWidth, 0x115f, 0x1160], // Hangul fillers
  [Kind.composing, 0x1161, 0x11ff],
  [Kind.zeroWidth, 0x17b4, 0x17b5],
  [Kind.zeroWidth, 0x180b, 0x180f],
  [Kind.mark, 0x1ab0, 0x1aff],
  [Kind.mark, 0x1dc0, 0x1dff],
  [Kind.zeroWidth, 0x200b, 0x200b],
  [Kind.joiner, 0x200c, 0x200d],
  [Kind.bidiMark, 0x200e, 0x200f],
  [Kind.bidiControl, 0x202a, 0x202e],
  [Kind.zeroWidth, 0x2060, 0x2065],
  [Kind.bidiControl, 0x2066, 0x2069],
  [Kind.zeroWidth, 0x206a, 0x206f],
  [Kind.mark, 0x20d0, 0x20ff],
  [Kind.composing, 0x3099, 0x309a],
  [Kind.zeroWidth, 0x3164, 0x3164],
  [Kind.surrogate, 0xd800, 0xdfff],
  [Kind.selector, 0xfe00, 0xfe0f],
  [Kind.mark, 0xfe20, 0xfe2f],
  [Kind.bom, 0xfeff, 0xfeff],
  [Kind.zeroWidth, 0xffa0, 0xffa0],
  [Kind.zeroWidth, 0xfff0, 0xfffb],
];
for (const [kind, from, to] of RANGES) KINDS.fill(kind, from, to + 1);

export function kindOf(unit: number): Kind {
  return KINDS[unit]! as Kind;
}

export function isTag(point: number): boolean {
  return point >= 0xe0000 && point <= 0xe007f;
}

export function isSelector(point: number): boolean {
  return (point >= 0xfe00 && point <= 0xfe0f) || (point >= 0xe0100 && point <= 0xe01ef);
}

/** Latin letter or digit, ASCII: a word that needs no joiner, no selector and no mark of direction. */
export function isPlain(unit: number): boolean {
  return (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || (unit >= 48 && unit <= 57);
}

/** A joiner or zero-width space has no business between two of these; elsewhere it may be orthography or an emoji. */
export function joinsNothing(before: number, after: number): boolean {
  return isPlain(before) && (isPlain(after) || after <= 32);
}

/** Hebrew, Arabic, Syriac, Thaana, N'Ko and their presentation forms: text that is really written from the right. */
export function isRightToLeft(unit: number): boolean {
  return (unit >= 0x0590 && unit <= 0x08ff) || (unit >= 0xfb1d && unit <= 0xfdff) || (unit >= 0xfe70 && unit <= 0xfefc);
}

/** True when right-to-left text stands within 48 characters of `at`. */
export function nearRightToLeft(text: string, at: number): boolean {
  const end = Math.min(text.length, at + 48);
  for (let i = Math.max(0, at - 48); i < end; i++) if (isRightToLeft(text.charCodeAt(i))) return true;
  return false;
}
