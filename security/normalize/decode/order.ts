/** Text whose characters stand in another order than it is read in: direction overrides (UAX #9), backspaces. */
import type { Pieces } from './pieces.ts';

const DEPTH = 64;
/** Characters on either side that belong to the same piece. */
const CONTEXT = 200;

/**
 * What a reader sees of text with direction controls: the content of RLO, RLE and RLI from right to left, nested LRO,
 * LRE, LRI and FSI from left to right. Right-to-left scripts need no control, so these hold Latin text only to hide it.
 */
export function bidi(text: string, pieces: Pieces): void {
  for (let i = 0; i < text.length; i++) {
    if (!opens(text.charCodeAt(i))) continue;
    pieces.begin(i);
    copy(text, lineStart(text, i), i, pieces);
    let last = i;
    while (i < text.length && i - last <= CONTEXT && text.charCodeAt(i) !== 10) {
      if (opens(text.charCodeAt(i))) {
        last = closing(text, i);
        for (const k of arrange(text, i, last)) pieces.weaver.put(text.charCodeAt(k), k, k + 1);
        i = last;
      } else {
        copy(text, i, i + 1, pieces);
        i++;
      }
    }
    pieces.end(true);
  }
}

function copy(text: string, start: number, end: number, pieces: Pieces): void {
  for (let k = start; k < end; k++) if (!isControl(text.charCodeAt(k))) pieces.weaver.put(text.charCodeAt(k), k, k + 1);
}

/** The start of the line that `at` is in, but no further back than a piece's context. */
function lineStart(text: string, at: number): number {
  const limit = Math.max(0, at - CONTEXT);
  for (let i = at; i > limit; i--) if (text.charCodeAt(i - 1) === 10) return i;
  return limit;
}

/** Past the control that closes the outermost run at `start`, or the end of its paragraph. */
function closing(text: string, start: number): number {
  let depth = 0;
  let i = start;
  for (; i < text.length && text.charCodeAt(i) !== 10; i++) {
    const unit = text.charCodeAt(i);
    if (opens(unit)) depth++;
    else if ((unit === 0x202c || unit === 0x2069) && --depth <= 0) return i + 1;
  }
  return i;
}

/** The offsets of `[start, end)` in the order in which they are seen. */
function arrange(text: string, start: number, end: number): number[] {
  interface Run {
    readonly leftwards: boolean;
    readonly items: number[][];
  }
  const stack: Run[] = [{ leftwards: false, items: [] }];
  const close = (): void => {
    const run = stack.pop()!;
    if (run.leftwards) run.items.reverse();
    stack.at(-1)!.items.push(run.items.flat());
  };
  let skipped = 0;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (opens(unit)) {
      if (stack.length > DEPTH) skipped++;
      else stack.push({ leftwards: unit === 0x202b || unit === 0x202e || unit === 0x2067, items: [] });
    } else if (unit === 0x202c || unit === 0x2069) {
      if (skipped > 0) skipped--;
      else if (stack.length > 1) close();
    } else stack.at(-1)!.items.push([i]);
  }
  while (stack.length > 1) close();
  return stack[0]!.items.flat();
}

function opens(unit: number): boolean {
  return (unit >= 0x202a && unit <= 0x202e && unit !== 0x202c) || (unit >= 0x2066 && unit <= 0x2068);
}

function isControl(unit: number): boolean {
  return (unit >= 0x202a && unit <= 0x202e) || (unit >= 0x2066 && unit <= 0x2069);
}

/** Text in which every backspace (or delete) takes the character before it away, as a terminal shows it. */
export function deletions(text: string, pieces: Pieces): void {
  for (let i = 0; i < text.length; ) {
    if (!isDeletion(text.charCodeAt(i))) {
      i++;
      continue;
    }
    const from = lineStart(text, i);
    let last = i;
    let to = i;
    for (; to < text.length && to - last <= CONTEXT && text.charCodeAt(to) !== 10; to++) {
      if (isDeletion(text.charCodeAt(to))) last = to;
    }
    pieces.begin(from);
    for (let k = from; k < to; k++) {
      if (!isDeletion(text.charCodeAt(k))) pieces.weaver.put(text.charCodeAt(k), k, k + 1);
      else if (pieces.length > 0) pieces.weaver.rewind(pieces.weaver.length - 1);
    }
    pieces.end(true);
    i = to;
  }
}

function isDeletion(unit: number): boolean {
  return unit === 8 || unit === 0x7f;
}
