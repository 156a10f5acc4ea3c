/**
 * Where the strings of a JSON text stand, and how to change some of them in place: big integers, the order of keys, the
 * white space and the escapes of everything else stay as the sender wrote them, which `JSON.parse` and `stringify` lose.
 */
import { InvalidInputError } from '../../errors.ts';
import { childPath, MAX_PATH_DEPTH, MAX_PATH_KEY } from '../path.ts';
import type { Span } from '../verdict.ts';

/**
 * The string literals of a JSON text, quotes included, by path; those of keys under the key's path (`a["b c"]#`). Where
 * a key stands twice, the last literal, which is the one that `JSON.parse` reads.
 *
 * literals('{"a":["x"]}') → Map { 'a#' → [1, 4], 'a[0]' → [6, 9] }
 *
 * @throws InvalidInputError  the text is not JSON
 */
export function literals(text: string): Map<string, Span> {
  const found = new Map<string, Span>();
  eachLiteral(text, (path, start, end) => found.set(path, [start, end]));
  return found;
}

/**
 * The text with the strings at some paths replaced; every other character stays as it is. Where a key stands twice, the
 * strings behind both are replaced, because nobody knows which one the receiver reads.
 *
 * @throws InvalidInputError  the text is not JSON, or no string stands at one of the paths; names the path
 */
export function replaceStrings(text: string, edits: ReadonlyMap<string, string>): string {
  const missing = new Set(edits.keys());
  const parts: string[] = [];
  let from = 0;
  eachLiteral(text, (path, start, end) => {
    const value = edits.get(path);
    if (value === undefined) return;
    missing.delete(path);
    parts.push(text.slice(from, start), JSON.stringify(value));
    from = end;
  });
  const [lost] = missing;
  if (lost !== undefined) throw new InvalidInputError(`replaceStrings: no string stands at "${lost}"`);
  return parts.join('') + text.slice(from);
}

interface Level {
  /** Undefined beyond the limits of path.ts. */
  readonly path: string | undefined;
  /** The path of the member that is being read. */
  member: string | undefined;
  /** The next index of an array; −1 in an object. */
  index: number;
}

/** Iterative; the text was accepted by JSON.parse, so that brackets match and strings end. */
function eachLiteral(text: string, visit: (path: string, start: number, end: number) => void): void {
  checkJson(text);
  const levels: Level[] = [];
  let level: Level = { path: '', member: '', index: -2 };
  let wantsKey = false;
  for (let i = 0; i < text.length; ) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      const end = literalEnd(text, i);
      if (wantsKey) {
        level.member = memberPath(level.path, JSON.parse(text.slice(i, end)) as string, levels.length);
        wantsKey = false;
        if (level.member !== undefined) visit(`${level.member}#`, i, end);
      } else if (level.member !== undefined) visit(level.member, i, end);
      i = end;
      continue;
    }
    if (c === 0x7b || c === 0x5b) {
      levels.push(level);
      const path = level.member;
      const array = c === 0x5b;
      level = { path, member: array ? memberPath(path, 0, levels.length) : undefined, index: array ? 0 : -1 };
      wantsKey = !array;
    } else if (c === 0x7d || c === 0x5d) {
      level = levels.pop()!;
      wantsKey = false;
    } else if (c === 0x2c) {
      if (level.index >= 0) level.member = memberPath(level.path, ++level.index, levels.length);
      else wantsKey = true;
    }
    i++;
  }
}

function memberPath(path: string | undefined, segment: string | number, depth: number): string | undefined {
  if (path === undefined || depth > MAX_PATH_DEPTH) return undefined;
  return typeof segment === 'string' && segment.length > MAX_PATH_KEY ? undefined : childPath(path, segment);
}

function literalEnd(text: string, open: number): number {
  for (let i = open + 1; ; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) return i + 1;
    if (c === 0x5c) i++;
  }
}

function checkJson(text: string): void {
  try {
    JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    throw new InvalidInputError(`expected JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
