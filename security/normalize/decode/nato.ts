/** The ICAO spelling alphabet: five code words in a row are letters; a slash, a bar, a line or two spaces part words. */
import type { Pieces } from './pieces.ts';

const CODES: ReadonlyMap<string, number> = new Map(
  `alfa alpha bravo charlie delta echo foxtrot golf hotel india juliett juliet kilo lima mike november oscar papa quebec
romeo sierra tango uniform victor whiskey whisky xray yankee zulu`
    .split(/\s+/)
    .map((word) => [word, word.charCodeAt(0)] as const),
);
const SHORTEST = 5;

export function nato(text: string, pieces: Pieces): void {
  for (let i = 0; i < text.length; i++) {
    if (!isLetter(text.charCodeAt(i))) continue;
    let end = i + 1;
    while (isLetter(text.charCodeAt(end))) end++;
    i = end - i < 10 && CODES.has(wordAt(text, i, end)) ? readRun(text, i, pieces) : end;
  }
}

function readRun(text: string, start: number, pieces: Pieces): number {
  pieces.begin(start);
  let count = 0;
  let at = start;
  let end = start;
  while (at < text.length) {
    let to = at;
    while (isLetter(text.charCodeAt(to)) || (text.charCodeAt(to) === 45 && (text.charCodeAt(at) | 32) === 120)) to++;
    const code = to - at > 10 ? undefined : CODES.get(wordAt(text, at, to).replace('-', ''));
    if (code === undefined) break;
    pieces.weaver.put(code, at, to);
    count++;
    end = to;
    let gap = to;
    let wide = 0;
    for (; gap < to + 6 && !isLetter(text.charCodeAt(gap)) && gap < text.length; gap++) {
      const unit = text.charCodeAt(gap);
      wide += unit === 32 ? 1 : unit === 44 || unit === 45 ? 0 : 2;
    }
    if (gap === to || gap === text.length || !isLetter(text.charCodeAt(gap))) break;
    if (wide > 1) pieces.weaver.put(32, to, gap);
    at = gap;
  }
  pieces.end(count >= SHORTEST);
  return Math.max(end, start + 1);
}

function wordAt(text: string, start: number, end: number): string {
  return text.slice(start, end).toLowerCase();
}

function isLetter(unit: number): boolean {
  return (unit | 32) >= 97 && (unit | 32) <= 122 && unit < 128;
}
