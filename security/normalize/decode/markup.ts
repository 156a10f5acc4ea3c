/**
 * Tags and comments inside a sentence (HTML living standard §13.1.2, §13.1.6), read as a renderer does: gone, with the
 * words on either side put together. Tags that make paragraphs stay: they part nothing that belongs together.
 */
import { type Escape, isAlphanumeric, type Notation } from './inline.ts';

/** Elements of HTML that stand inside a line (§4.5, §4.7), and those of old that browsers still honour. */
const PHRASING = new Set(
  `a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark nobr o q rp rt ruby s samp small
span strike strong sub sup time tt u var wbr`.split(/\s+/),
);
/** Elements that begin a new line. */
const BLOCKS = new Set(
  `address article aside blockquote body button dd details div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 head header hr
html input li link main meta nav ol option p pre script section select style summary table tbody td textarea th thead
title tr ul`.split(/\s+/),
);
/** Around these, letters may touch: H<sub>2</sub>O, and links that somebody forgot a blank before. */
const TOUCHING = new Set(['a', 'sub', 'sup']);

/** So long may a tag with its attributes be, and a comment. */
const TAG_LIMIT = 256;
const LONGEST_NAME = 16;

/** Not a character's code: the tag stands for nothing. */
const NOTHING = -1;

/** A tag as an escape: for nothing or for a blank; needless where it parts a word. */
export const markup: Notation = {
  sign: '<',
  need: 2,
  read(text, at, into) {
    if (text.charCodeAt(at + 1) === 33) return comment(text, at, into);
    const closing = text.charCodeAt(at + 1) === 47;
    const from = at + (closing ? 2 : 1);
    let end = from;
    while (end < from + LONGEST_NAME && isAlphanumeric(text.charCodeAt(end))) end++;
    if (end === from || text.charCodeAt(from) < 65) return false;
    const next = text.charCodeAt(end);
    if (next !== 62 && next !== 47 && next !== 32 && next !== 10) return false;
    const close = closed(text, end);
    if (close < 0) return false;
    const name = text.slice(from, end).toLowerCase();
    if (BLOCKS.has(name)) return false;
    const inWord = isLetter(text.charCodeAt(at - 1)) && isLetter(text.charCodeAt(close));
    if (PHRASING.has(name)) return set(into, close - at, NOTHING, inWord && !closing && !TOUCHING.has(name));
    if (name === 'br') return set(into, close - at, 32, false);
    // `Map<string>` is a type; `</name><value>` parts two values.
    if (!closing && !inWord && isAlphanumeric(text.charCodeAt(at - 1))) return false;
    return set(into, close - at, closing && text.charCodeAt(close) === 60 ? 32 : NOTHING, inWord && !closing);
  },
};

function comment(text: string, at: number, into: Escape): boolean {
  if (text.charCodeAt(at + 2) !== 45 || text.charCodeAt(at + 3) !== 45) return false;
  const limit = Math.min(text.length - 2, at + TAG_LIMIT);
  for (let i = at + 4; i < limit; i++) {
    if (text.charCodeAt(i) !== 45 || text.charCodeAt(i + 1) !== 45 || text.charCodeAt(i + 2) !== 62) continue;
    return set(into, i + 3 - at, NOTHING, isLetter(text.charCodeAt(at - 1)) && isLetter(text.charCodeAt(i + 3)));
  }
  return false;
}

/** Past the `>` that ends the tag; −1 where another one opens first. */
function closed(text: string, from: number): number {
  const limit = Math.min(text.length, from + TAG_LIMIT);
  for (let i = from; i < limit; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 62) return i + 1;
    if (unit === 60) return -1;
  }
  return -1;
}

/** A letter, also of other alphabets; NaN before the text and behind it is none. */
function isLetter(unit: number): boolean {
  return ((unit | 32) >= 97 && (unit | 32) <= 122) || unit >= 0xc0;
}

function set(into: Escape, length: number, value: number, needless: boolean): boolean {
  into.length = length;
  into.value = value;
  into.byte = false;
  into.needless = needless;
  return true;
}
