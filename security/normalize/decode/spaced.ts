/**
 * Characters set apart, whatever they spell: `c u r l  - T`, `c.u.r.l -.T`, one a line. One and the same joint stands
 * between the characters of a word, and something wider between words, so that the form alone shows what belongs together;
 * where nothing is wider (`c u r l - T`), vocabulary shows it.
 */
import { findGaps, readsAsWords } from '../gaps.ts';
import type { Leads } from '../scan.ts';
import type { Pieces } from './pieces.ts';

/** Characters apart that make a run; initials and `e.g.` are fewer. */
const SHORTEST = 5;
/** Without wider gaps, so many characters that words can show. */
const GAPLESS_FROM = 12;
/** Units before the first single letter that may belong to its run: signs, digits. */
const BEFORE = 48;
/** Units in which the joint is found out. */
const SAMPLE = 48;
/** A gap between words is no wider; what follows is another run. */
const WIDEST_GAP = 12;

/** @param leads  stretches with five single letters near one another */
export function spaced(text: string, pieces: Pieces, leads: Leads): void {
  let done = 0;
  for (let k = 0; k < leads.length; k += 2) {
    for (let from = Math.max(done, leads[k]!); from < leads[k + 1]!; from = done) {
      const sign = jointSign(text, from);
      const start = firstToken(text, from, done, sign);
      done = Math.max(from + 1, readRun(text, start, sign, pieces));
    }
  }
}

/** The sign that stands between the characters, or 0 for white space. */
function jointSign(text: string, from: number): number {
  const end = Math.min(text.length, from + SAMPLE);
  const counts = new Map<number, number>();
  for (let i = from + 1; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (isWord(unit) || isBlank(unit)) continue;
    if (!isBlank(text.charCodeAt(i - 1)) && !isWord(text.charCodeAt(i - 1))) continue;
    if (isWord(text.charCodeAt(i - 1)) && isWord(text.charCodeAt(i + 1))) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  }
  let best = 0;
  let most = 2;
  for (const [unit, count] of counts) {
    if (count <= most) continue;
    best = unit;
    most = count;
  }
  return best;
}

/** The start of the earliest token before `from` that has the run's form. */
function firstToken(text: string, from: number, floor: number, sign: number): number {
  const limit = Math.max(floor, from - BEFORE);
  let start = from;
  while (start > limit && !isBlank(text.charCodeAt(start - 1))) start--;
  for (;;) {
    let to = start;
    while (to > limit && isBlank(text.charCodeAt(to - 1))) to--;
    let at = to;
    while (at > limit && !isBlank(text.charCodeAt(at - 1))) at--;
    if (at === to || start - to > WIDEST_GAP || (at === limit && limit > floor) || phase(text, at, to, sign) < 0) break;
    start = at;
  }
  return start;
}

/**
 * Where the characters of `text[start, end)` stand: at even places (0), at odd ones behind a joint (1), or −1 where the
 * token is not characters with joints between them.
 */
function phase(text: string, start: number, end: number, sign: number): number {
  if (width(text, start) === end - start) return 0;
  if (sign === 0) return -1;
  for (const first of [0, 1]) {
    if (first === 1 && text.charCodeAt(start) !== sign) return -1;
    let at = start + first;
    while (at < end) {
      at += width(text, at);
      if (at >= end) return at === end ? first : -1;
      if (text.charCodeAt(at) !== sign) break;
      if (++at === end) return first;
    }
  }
  return -1;
}

function readRun(text: string, start: number, sign: number, pieces: Pieces): number {
  pieces.begin(start);
  const { weaver } = pieces;
  const tokens: number[] = [];
  let narrow = WIDEST_GAP;
  let at = start;
  while (at < text.length) {
    let to = at;
    while (to < text.length && to - at < 1024 && !isBlank(text.charCodeAt(to))) to++;
    const first = phase(text, at, to, sign);
    if (first < 0) {
      // Not once more from its second character: that would cost a token's length for each of its characters.
      if (tokens.length === 0) at = to;
      break;
    }
    let next = to;
    while (next < text.length && next - to <= WIDEST_GAP && isBlank(text.charCodeAt(next))) next++;
    tokens.push(at + first, to, next);
    if (next === to || next - to > WIDEST_GAP) break;
    narrow = Math.min(narrow, next - to);
    at = next;
  }
  let characters = 0;
  let wide = sign !== 0;
  for (let k = 0; k < tokens.length; k += 3) {
    const to = tokens[k + 1]!;
    const next = tokens[k + 2]!;
    for (let i = tokens[k]!; i < to; ) {
      const size = width(text, i);
      weaver.copy(text, i, i + size);
      characters++;
      i += sign === 0 ? size : size + 1;
    }
    if (k + 3 === tokens.length) break;
    const between = sign !== 0 || next - to > narrow;
    if (between) weaver.put(isLineEnd(text.slice(to, next), narrow) ? 10 : 32, to, next);
    wide ||= between;
  }
  if (!wide && characters >= GAPLESS_FROM) putWords(text, tokens, pieces);
  else pieces.end(characters >= SHORTEST && wide && tokens.length >= 3);
  return tokens.length > 0 ? tokens.at(-2)! : at;
}

/** Characters with one and the same gap everywhere, written once more with gaps between words; forgotten if they are none. */
function putWords(text: string, tokens: readonly number[], pieces: Pieces): void {
  const { weaver } = pieces;
  let letters = '';
  for (let k = 0; k < tokens.length; k += 3) letters += text.slice(tokens[k]!, tokens[k + 1]!);
  const parting = partingSign(letters);
  const gaps = parting === '' ? findGaps(letters) : undefined;
  weaver.rewind(weaver.length - pieces.length);
  for (let k = 0, i = 0; k < tokens.length; k += 3) {
    const [from, to] = [tokens[k]!, tokens[k + 1]!];
    if (gaps?.before[i] === 1) weaver.put(32, tokens[k - 2]!, from);
    if (text[from] === parting) weaver.put(32, from, to);
    else weaver.copy(text, from, to);
    i += to - from;
  }
  pieces.end(gaps === undefined || readsAsWords(gaps));
}

/** The sign that stands for the gap between words: `i g n o r e / a l l`. It comes again after a word's length at most. */
function partingSign(letters: string): string {
  for (const sign of '/|_+*~') {
    const words = letters.split(sign);
    if (words.length > 3 && words.every((word) => word.length > 0 && word.length <= 16)) return sign;
  }
  return '';
}

/** Whether a gap was a line's end. One a line, a blank between two words is a line as well: `\n \n`. */
function isLineEnd(gap: string, narrow: number): boolean {
  const lines = gap.split('\n').length - 1;
  return lines > (narrow === 1 ? 1 : 0) && gap.trim() === '' && !(narrow === 1 && gap.includes(' '));
}

/** Code units of the character at `at`. */
function width(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit < 0xdc00 && text.charCodeAt(at + 1) >= 0xdc00 ? 2 : 1;
}

function isWord(unit: number): boolean {
  return (unit >= 48 && unit <= 57) || ((unit | 32) >= 97 && (unit | 32) <= 122) || unit >= 0xc0;
}

function isBlank(unit: number): boolean {
  return unit === 32 || (unit >= 9 && unit <= 13) || unit === 0xa0;
}
