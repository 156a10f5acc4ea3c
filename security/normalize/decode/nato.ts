/**
 * The ICAO spelling alphabet: five code words in a row are letters; a slash, a bar, a line or two spaces part words, or
 * vocabulary where nothing does. Between code words, spoken figures and names of signs stand for themselves.
 */
import { findGaps, readsAsWords } from '../gaps.ts';
import type { Pieces } from './pieces.ts';

const LETTERS: ReadonlySet<string> = new Set(
  `alfa alpha bravo charlie delta echo foxtrot golf hotel india juliett juliet kilo lima mike november oscar papa quebec
romeo sierra tango uniform victor whiskey whisky xray yankee zulu`.split(/\s+/),
);
/** Figures (ICAO Annex 10, with its pronunciation of nine) and signs by the names that are spoken. */
const SIGNS: ReadonlyMap<string, string> = new Map(
  `zero0 one1 two2 three3 four4 five5 six6 seven7 eight8 nine9 niner9 stop. dot. point. decimal. period. comma, dash- hyphen-
minus- slant/ slash/ stroke/ colon: at@ underscore_ equals= query? plus+ dollar$ percent% hash# pipe| tilde~`
    .split(/\s+/)
    .map((entry) => [entry.slice(0, -1), entry.at(-1)!] as const),
);
const SHORTEST = 5;
/** Letters in which words show that nothing parts. */
const GAPLESS_FROM = 12;
const LONGEST_NAME = 10;

/** One character of a run, with where it stands; `wide` when a gap between words follows. */
interface Spelled {
  readonly unit: number;
  readonly start: number;
  readonly end: number;
  wide: boolean;
}

export function nato(text: string, pieces: Pieces): void {
  for (let i = 0; i < text.length; i++) {
    if (!isLetter(text.charCodeAt(i))) continue;
    let end = i + 1;
    while (isLetter(text.charCodeAt(end))) end++;
    i = end - i <= LONGEST_NAME && unitOf(text, i, end) !== 0 ? readRun(text, i, pieces) : end;
  }
}

function readRun(text: string, start: number, pieces: Pieces): number {
  const run: Spelled[] = [];
  let letters = 0;
  let parted = false;
  let at = start;
  while (at < text.length) {
    let to = at;
    while (isLetter(text.charCodeAt(to)) || (text.charCodeAt(to) === 45 && (text.charCodeAt(at) | 32) === 120)) to++;
    const unit = to - at > LONGEST_NAME ? 0 : unitOf(text, at, to);
    if (unit === 0) break;
    // A figure in the sentence before belongs to that.
    if (parted && letters === 0) run.length = 0;
    const last = run.at(-1);
    if (last && parted) last.wide = true;
    run.push({ unit, start: at, end: to, wide: false });
    if (isLetter(unit)) letters++;
    let gap = to;
    let width = 0;
    for (; gap < to + 6 && !isLetter(text.charCodeAt(gap)) && gap < text.length; gap++) {
      const between = text.charCodeAt(gap);
      width += between === 32 ? 1 : between === 44 || between === 45 ? 0 : 2;
    }
    if (gap === to || gap === text.length || !isLetter(text.charCodeAt(gap))) break;
    parted = width > 1;
    at = gap;
  }
  const end = Math.max(run.at(-1)?.end ?? start, start + 1);
  // Nor does a figure that begins the sentence after.
  if (run.at(-2)?.wide === true && !isLetter(run.at(-1)!.unit)) {
    run.pop();
    run.at(-1)!.wide = false;
  }
  if (letters >= SHORTEST) put(run, pieces);
  return end;
}

function put(run: readonly Spelled[], pieces: Pieces): void {
  const gapless =
    run.every((s) => !s.wide) && run.length >= GAPLESS_FROM
      ? findGaps(run.map((s) => String.fromCharCode(s.unit)).join(''))
      : undefined;
  const before = gapless && readsAsWords(gapless) ? gapless.before : undefined;
  pieces.begin(run[0]!.start);
  run.forEach(({ unit, start, end }, i) => {
    const last = run[i - 1];
    if (last && (last.wide || before?.[i] === 1)) pieces.weaver.put(32, last.end, start);
    pieces.weaver.put(unit, start, end);
  });
  pieces.end(true);
}

/** The character that a word spells, or 0. */
function unitOf(text: string, start: number, end: number): number {
  const word = text.slice(start, end).toLowerCase().replace('-', '');
  return LETTERS.has(word) ? word.charCodeAt(0) : (SIGNS.get(word)?.charCodeAt(0) ?? 0);
}

function isLetter(unit: number): boolean {
  return (unit | 32) >= 97 && (unit | 32) <= 122 && unit < 128;
}
