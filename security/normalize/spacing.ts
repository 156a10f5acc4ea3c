/** Letters set apart (`i g n o r e`, `i-g-n-o-r-e`) put together again, words told apart by wider gaps or by vocabulary. */
import type { Span } from '../verdict.ts';
import { type Layer, Weaver } from './layer.ts';
import { isSpace } from './rewrite.ts';
import { LEET_LETTER, segment } from './tokens.ts';
import { isForeign } from './units.ts';

interface Single {
  readonly at: number;
  /** Length of the gap after it, and whether it has a space in it. */
  gap: number;
  spaced: boolean;
}

/** A gap as long as this ends a run of single letters. */
const GAP_LIMIT = 4;

export function unspaced(layer: Layer, spans: readonly Span[]): Layer {
  const weaver = new Weaver(layer);
  for (const [start, end] of spans) {
    if (weaver.length > 0) weaver.put(10, start, start + 1);
    writeRegion(weaver, layer.text, start, end);
  }
  return weaver.layer();
}

function writeRegion(weaver: Weaver, text: string, start: number, end: number): void {
  let at = start;
  while (at < end) {
    const singles = readSingles(text, at, end);
    if (singles.length >= 4) {
      at = writeRun(weaver, text, singles, end);
      continue;
    }
    // A word or a gap that is no run: as it stands.
    const from = at;
    if (isLetterLike(text.charCodeAt(at))) while (at < end && isLetterLike(text.charCodeAt(at))) at++;
    else at++;
    weaver.copy(text, from, at);
  }
}

/** The single letters from `at` on; empty where a word of more letters stands. */
function readSingles(text: string, at: number, end: number): Single[] {
  const singles: Single[] = [];
  if (at > 0 && isLetterLike(text.charCodeAt(at - 1))) return singles;
  for (let i = at; i < end && isLetterLike(text.charCodeAt(i)); ) {
    if (i + 1 < end && isLetterLike(text.charCodeAt(i + 1))) break;
    let next = i + 1;
    let spaced = false;
    while (next < end && !isLetterLike(text.charCodeAt(next)) && next - i <= GAP_LIMIT) {
      if (isSpace(text.charCodeAt(next))) spaced = true;
      next++;
    }
    singles.push({ at: i, gap: next - i - 1, spaced });
    if (next - i > GAP_LIMIT) break;
    i = next;
  }
  return singles;
}

function writeRun(weaver: Weaver, text: string, singles: readonly Single[], end: number): number {
  const inner = singles.slice(0, -1);
  const narrow = Math.min(...inner.map((s) => s.gap));
  const tight = inner.filter((s) => s.gap === narrow && !s.spaced).length * 2 > inner.length;
  const letters = singles.map((s) => text[s.at]!).join('');
  const breaks = (s: Single): boolean => s.gap > narrow || (tight && s.spaced);
  const wide = inner.some(breaks);
  const cuts = wide ? new Set<number>() : new Set(segment(letters, 0, letters.length).map((cut) => cut.end - 1));
  singles.forEach((single, i) => {
    weaver.put(text.charCodeAt(single.at), single.at, single.at + 1);
    if (i + 1 < singles.length && (wide ? breaks(single) : cuts.has(i))) {
      weaver.put(32, single.at + 1, Math.max(single.at + 2, Math.min(end, single.at + 1 + single.gap)));
    }
  });
  const last = singles.at(-1)!;
  return last.at + 1;
}

function isLetterLike(unit: number): boolean {
  return (
    isForeign(unit) ||
    (unit >= 97 && unit <= 122) ||
    (unit < 128 && LEET_LETTER[unit] !== 0 && unit !== 124 && unit !== 43 && unit !== 33)
  );
}
