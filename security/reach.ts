/**
 * How far a match may reach across the caller's text. A view may join stretches that stood far apart: what several
 * encoded words decode to, the regions where words were respelled. Words of two such stretches make no sentence together
 * unless the stretches were near each other, and a stream can only hold back what is near.
 */
import type { View } from './normalize/view.ts';

/** Characters of the caller's text that may lie between two neighbouring characters of a view inside one match. */
export const MAX_JUMP = 256;

/** Whether `view.text[start, end)` comes from one place of the caller's text, jumps up to MAX_JUMP aside. */
export function isLocal(view: View, start: number, end: number): boolean {
  return localFrom(view, start, end) === start;
}

/** Where the stretch of one place begins that ends at `end`, looking back no further than `start`. */
export function localFrom(view: View, start: number, end: number): number {
  let [low, high] = view.source(end - 1, end);
  for (let i = end - 2; i >= start; i--) {
    const [from, to] = view.source(i, i + 1);
    if (from > high + MAX_JUMP || to < low - MAX_JUMP) return i + 1;
    low = from;
    high = to;
  }
  return start;
}

/** Where the stretch of one place ends that begins at `start`, looking no further than `end`. */
export function localTo(view: View, start: number, end: number): number {
  let [low, high] = view.source(start, start + 1);
  for (let i = start + 1; i < end; i++) {
    const [from, to] = view.source(i, i + 1);
    if (from > high + MAX_JUMP || to < low - MAX_JUMP) return i;
    low = from;
    high = to;
  }
  return end;
}
