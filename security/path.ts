/**
 * Paths of strings in JSON: `messages[0].content[1].text`, `a["b c"]`, and a key itself as `a["b c"]#`.
 *
 *   path    = [ member / index ] *( "." name / index / quoted ) [ "#" ]
 *   name    = a letter, `_` or `$`, then those and digits;  index = "[" digits "]";  quoted = "[" JSON string "]"
 *
 * An index is only ever an array's and a quoted member only an object's, so `a[0]` and `a["0"]` are two places. The
 * empty path is the value itself. `#` for "the key" is borrowed from Relative JSON Pointer.
 */
import { InvalidInputError } from '../errors.ts';

export type Segment = string | number;

export interface ParsedPath {
  readonly segments: readonly Segment[];
  /** The path names a member's key and not its value. */
  readonly isKey: boolean;
}

/** A place that no path is written for: deeper than this, or behind a key longer than this, paths would outgrow the message. */
export const MAX_PATH_DEPTH = 128;
export const MAX_PATH_KEY = 256;

/** The path of a member or an element of the container at `path`. */
export function childPath(path: string, segment: Segment): string {
  if (typeof segment === 'number') return `${path}[${segment}]`;
  if (!isName(segment)) return `${path}[${JSON.stringify(segment)}]`;
  return path === '' ? segment : `${path}.${segment}`;
}

/** @throws InvalidInputError  the path does not follow the grammar; names the offset */
export function parsePath(path: string): ParsedPath {
  const segments: Segment[] = [];
  let i = 0;
  while (i < path.length) {
    if (path[i] === '#' && i === path.length - 1 && segments.length > 0) return { segments, isKey: true };
    if (path[i] === '[') {
      const end = path[i + 1] === '"' ? quotedEnd(path, i + 1) : path.indexOf(']', i);
      if (end <= i + 1 || path[end] !== ']') throw malformed(path, i);
      segments.push(bracketed(path, i + 1, end));
      i = end + 1;
    } else {
      const start = segments.length === 0 ? i : i + 1;
      if (segments.length > 0 && path[i] !== '.') throw malformed(path, i);
      let end = start;
      while (end < path.length && isNamePart(path.charCodeAt(end), end > start)) end++;
      if (end === start) throw malformed(path, i);
      segments.push(path.slice(start, end));
      i = end;
    }
  }
  return { segments, isKey: false };
}

/**
 * What stands at a path, own members only; undefined where nothing does.
 *
 * @throws InvalidInputError  the path does not follow the grammar
 */
export function at(value: unknown, path: string): unknown {
  const { segments, isKey } = parsePath(path);
  let node = value;
  for (const [i, segment] of segments.entries()) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, segment)) return undefined;
    if (Array.isArray(node) !== (typeof segment === 'number')) return undefined;
    if (isKey && i === segments.length - 1) return String(segment);
    node = (node as Record<Segment, unknown>)[segment];
  }
  return node;
}

function bracketed(path: string, start: number, end: number): Segment {
  const inside = path.slice(start, end);
  try {
    const segment: unknown = JSON.parse(inside);
    if (typeof segment === 'string') return segment;
    if (Number.isSafeInteger(segment) && String(segment) === inside && !inside.startsWith('-')) return Number(inside);
  } catch (error) {
    throw malformed(path, start, error);
  }
  throw malformed(path, start);
}

/** The offset behind the closing quote. */
function quotedEnd(path: string, open: number): number {
  for (let i = open + 1; i < path.length; i++) {
    if (path[i] === '\\') i++;
    else if (path[i] === '"') return i + 1;
  }
  return -1;
}

function isName(key: string): boolean {
  for (let i = 0; i < key.length; i++) if (!isNamePart(key.charCodeAt(i), i > 0)) return false;
  return key !== '';
}

function isNamePart(c: number, digits: boolean): boolean {
  if ((c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || c === 0x5f || c === 0x24) return true;
  return digits && c >= 0x30 && c <= 0x39;
}

function malformed(path: string, offset: number, cause?: unknown): InvalidInputError {
  const shown = path.length > 80 ? `${path.slice(0, 80)}…` : path;
  return new InvalidInputError(`path "${shown}": expected .name, [index] or ["key"] at offset ${offset}`, { cause });
}
