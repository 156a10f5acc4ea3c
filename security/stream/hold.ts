/**
 * How much of a text's tail has to be held back: everything that a match could still reach once more text has come.
 *
 *   ──released──|──lookback──|──────window──────────|─ open ─|
 *                                                 openFrom   end
 *
 * A rule matches at most `holdBack` characters of a view (match.ts, MAX_MATCH) and comes from one place of the text
 * (reach.ts, MAX_JUMP), so a match that is not there yet lies in the last `holdBack` characters of some view, as far as
 * they stand near the end of the text. Each view says which characters those came from.
 */
import type { View } from '../normalize/view.ts';
import { localFrom, localTo, MAX_JUMP } from '../reach.ts';

/** A decoded view that stops this close to the end may go on when more text comes: an incomplete quantum and a quote. */
const EDGE = 16;

/** Characters of a reversed stretch that are looked through for its beginning: what a stream may hold of one. */
const MAX_REVERSED = 4096;

/** A token this long, and every unfinished token, may be the beginning of something encoded. */
const LONG_TOKEN = 24;

/**
 * Where the open tail begins.
 *
 * @param run  where an unfinished encoded run begins, see `runFrom`
 * @returns an offset into `text`; everything before it can be judged for good
 */
export function openFrom(text: string, views: readonly View[], holdBack: number, run: number | undefined): number {
  let open = Math.max(0, text.length - holdBack);
  const near = text.length - EDGE - MAX_JUMP;
  for (const view of views) {
    const length = view.text.length;
    if (length === 0) continue;
    if (view.source(length - 1, length)[1] >= near) {
      const from = localFrom(view, Math.max(0, length - holdBack), length);
      open = Math.min(open, view.source(from, length)[0]);
    }
    // Reversed text has the end of the source at its beginning, or at the beginning of its last stretch.
    if (length < 2 || view.source(length - 1, length)[0] >= view.source(length - 2, length - 1)[0]) continue;
    const last = localFrom(view, Math.max(0, length - MAX_REVERSED), length);
    if (view.source(last, last + 1)[1] >= near) {
      open = Math.min(open, view.source(last, localTo(view, last, Math.min(length, last + holdBack)))[0]);
    }
  }
  return run === undefined ? open : Math.min(open, run);
}

/**
 * Where the encoded run begins that the end of the text leaves unfinished: a long token, line-wrapped base64, hex pairs,
 * Morse, spaced letters. `text.length` where there is none, undefined where it is longer than `limit`: a run that long
 * is judged in overlapping windows instead (see `alignedBase`).
 *
 * @param inside  the text begins inside such a run: one that reaches back to its beginning is longer than it looks
 */
export function runFrom(text: string, limit: number, inside: boolean): number | undefined {
  const floor = inside ? Math.max(1, text.length - limit) : text.length - limit;
  let start = text.length;
  for (let end = text.length; end > 0; ) {
    let at = end;
    while (at > 0 && at >= floor && !isSpace(text.charCodeAt(at - 1))) at--;
    if (at < floor) return undefined;
    if (end !== text.length && !encoded(text.slice(at, end))) return start;
    start = at;
    while (at > 0 && isSpace(text.charCodeAt(at - 1))) at--;
    end = at;
  }
  return start;
}

/**
 * A token that is no word of a language. Generous: what it wrongly takes for encoded is only held a little longer.
 * One and two characters (spaced letters, hex pairs), numbers (character codes), Morse, escapes, long tokens.
 */
function encoded(token: string): boolean {
  if (token.length <= 2) return true;
  if (/^[-.·•_–—−|/\\*]+$/u.test(token)) return true;
  if (/^(?:0x|\\|%|&#|u\+)/i.test(token)) return true;
  if (/^[0-9a-f,;:]+$/i.test(token) && /\d/.test(token)) return true;
  return token.length >= LONG_TOKEN && /^[\x00-\x7f]+$/.test(token);
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0xa0 || code === 0x2028 || code === 0x2029;
}

/** 512 = 8³: whole quanta of base32, base64 and hex in up to three nested layers of any of them. */
const ALIGNMENT = 512;

/**
 * Where a window may begin inside an encoded run, so that its quanta stay whole: a multiple of ALIGNMENT letters after
 * the run's start.
 *
 * @param from  the run's start or an earlier aligned place, an offset into `text`
 * @param upTo  the window must begin at or before this offset
 */
export function alignedBase(text: string, from: number, upTo: number): number {
  let letters = 0;
  let base = from;
  for (let i = from; i < upTo; i++) {
    if (isSpace(text.charCodeAt(i))) continue;
    if (letters % ALIGNMENT === 0) base = i;
    letters++;
  }
  return base;
}

/** Where the letters of the encoded run around `at` begin: `data:image/png;base64,` is not part of it. */
export function lettersFrom(text: string, at: number): number {
  let start = at;
  for (let i = at - 1; i >= 0; i--) {
    const code = text.charCodeAt(i);
    if (isLetter(code)) start = i;
    else if (code !== 0x0a && code !== 0x0d) break;
  }
  return start;
}

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return (
    (lower >= 0x61 && lower <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2b ||
    code === 0x2f ||
    code === 0x2d ||
    code === 0x5f
  );
}
