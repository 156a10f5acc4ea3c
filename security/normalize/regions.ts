/**
 * Where in a text something was found often enough to look closer. Only what lies near one another counts together, so
 * that a window cut out of a stream leads to the same regions as the whole text (see SPREAD and MARGIN).
 */
import type { Span } from '../verdict.ts';

/** Two findings further apart than this many characters know nothing of each other. */
const SPREAD = 160;
/** Characters that a region takes in on either side of its findings, up to the next gap between words. */
const MARGIN = 240;

export class Regions {
  readonly #need: number;
  readonly #found: [number, number][] = [];
  #start = -1;
  #end = -1;
  #last = -1;
  #score = 0;

  /** @param need  the weight of findings near one another that makes a region */
  constructor(need: number) {
    this.#need = need;
  }

  /** A finding; findings end in rising order. `context` counts towards the need but is no reason by itself. */
  add(start: number, end: number, weight = 1, context = false): void {
    if (start - this.#last > SPREAD) this.#flush();
    if (!context) {
      // A chunk is judged after its words, so that a finding may start before the last one.
      if (this.#start < 0 || start < this.#start) this.#start = start;
      this.#end = Math.max(this.#end, end);
    }
    this.#last = Math.max(this.#last, end);
    this.#score += weight;
  }

  /** The regions with their margins, apart from one another, in rising order. */
  spans(text: string): Span[] {
    this.#flush();
    const spans: [number, number][] = [];
    for (const [from, to] of this.#found) {
      const start = wordStart(text, from);
      const end = wordEnd(text, to);
      const before = spans.at(-1);
      if (before && start <= before[1]) before[1] = Math.max(before[1], end);
      else spans.push([start, end]);
    }
    return spans;
  }

  #flush(): void {
    if (this.#start >= 0 && this.#score >= this.#need) this.#found.push([this.#start, this.#end]);
    this.#start = -1;
    this.#end = -1;
    this.#score = 0;
  }
}

function wordStart(text: string, from: number): number {
  const limit = Math.max(0, from - MARGIN);
  if (limit === 0) return 0;
  for (let i = limit; i < from; i++) if (isSpace(text.charCodeAt(i))) return i + 1;
  return limit;
}

function wordEnd(text: string, to: number): number {
  const limit = Math.min(text.length, to + MARGIN);
  if (limit === text.length) return limit;
  for (let i = limit; i > to; i--) if (isSpace(text.charCodeAt(i))) return i;
  return limit;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}
