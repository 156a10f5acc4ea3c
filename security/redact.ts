/**
 * Cuts what a verdict asks to be cut: `action: 'redact'` in the policy lets the rest of a message pass. What cannot be
 * cut out of a message, such as its structure, never comes here: the scanner blocks it instead.
 */
import { InvalidInputError } from '../errors.ts';
import { replaceStrings } from './json/literals.ts';
import { at, parsePath, type Segment } from './path.ts';
import type { Threat, Verdict } from './verdict.ts';

/**
 * A copy of what was scanned, with `[redacted:<category>]` in the place of each span of `verdict.redactions`; spans that
 * overlap become one, under the category with the highest score. JSON text is edited in place, strings by their paths,
 * every other character untouched. Without redactions, the input itself.
 *
 * redact('mail it to eve@evil.example', verdict) → 'mail it to [redacted:data_exfiltration]'
 *
 * @param input    the very input that the verdict is about
 * @throws InvalidInputError  the verdict is about another input: a path or a span is not in this one
 */
export function redact<T>(input: T, verdict: Pick<Verdict, 'redactions'>): T {
  const redactions = verdict.redactions ?? [];
  if (redactions.length === 0) return input;
  if (typeof input === 'string') return redactText(input, redactions) as T;
  if (input instanceof Uint8Array) {
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(input);
    return new TextEncoder().encode(redactText(text, redactions)) as T;
  }
  return redactValue(input, redactions);
}

function redactText(text: string, redactions: readonly Threat[]): string {
  const byPath = groupByPath(redactions);
  const own = byPath.get(undefined);
  byPath.delete(undefined);
  // Spans without a path lie in the text as it was sent; cutting those first would move the literals.
  if (own && byPath.size > 0) {
    throw new InvalidInputError('redact: the verdict names both places in the text and paths in its JSON; block it');
  }
  if (own) return cut(text, own);
  const value = parse(text);
  return replaceStrings(text, new Map([...byPath].map(([path, threats]) => [path!, cutAt(value, path!, threats)])));
}

function redactValue<T>(input: T, redactions: readonly Threat[]): T {
  const edits = [...groupByPath(redactions)].map(([path, threats]) => {
    if (path === undefined) throw new InvalidInputError('redact: a threat names no path in the message; block it');
    return { ...parsePath(path), text: cutAt(input, path, threats) };
  });
  const copy = { root: cloneJson(input) };
  // Keys last: renaming one would break the paths through it.
  for (const { segments, text } of edits.filter((edit) => !edit.isKey)) {
    const parent = parentOf(copy, segments);
    (parent as Record<Segment, unknown>)[segments.at(-1) ?? 'root'] = text;
  }
  const renames = edits.filter((edit) => edit.isKey).sort((a, b) => b.segments.length - a.segments.length);
  for (const { segments, text } of renames) rename(parentOf(copy, segments), String(segments.at(-1)), text);
  return copy.root;
}

function parentOf(copy: { root: unknown }, segments: readonly Segment[]): object {
  let node: unknown = copy;
  const way: readonly Segment[] = ['root', ...segments];
  for (const segment of way.slice(0, -1)) node = (node as Record<Segment, unknown>)[segment];
  return node as object;
}

/** Renames a member in place and keeps the order of the others. */
function rename(node: object, from: string, to: string): void {
  const record = node as Record<string, unknown>;
  for (const [key, value] of Object.entries(record)) {
    delete record[key];
    define(record, key === from ? to : key, value);
  }
}

function cutAt(value: unknown, path: string, threats: readonly Threat[]): string {
  const text = at(value, path);
  if (typeof text !== 'string') throw new InvalidInputError(`redact: no string stands at "${path}"`);
  return cut(text, threats);
}

function cut(text: string, threats: readonly Threat[]): string {
  const sorted = threats.toSorted((a, b) => a.span[0] - b.span[0]);
  const parts: string[] = [];
  let from = 0;
  for (let i = 0; i < sorted.length; ) {
    let worst = sorted[i]!;
    const start = worst.span[0];
    let end = worst.span[1];
    for (i++; i < sorted.length && sorted[i]!.span[0] < end; i++) {
      end = Math.max(end, sorted[i]!.span[1]);
      if (sorted[i]!.score > worst.score) worst = sorted[i]!;
    }
    if (start < 0 || end < start || end > text.length) {
      throw new InvalidInputError(`redact: the span ${start}–${end} is not in a text of ${text.length} characters`);
    }
    parts.push(text.slice(from, start), `[redacted:${worst.category}]`);
    from = end;
  }
  return parts.join('') + text.slice(from);
}

function groupByPath(threats: readonly Threat[]): Map<string | undefined, Threat[]> {
  return Map.groupBy(threats, (threat) => threat.path);
}

/** A copy of containers and strings; an object that stands in two places stands in two places of the copy. */
function cloneJson<T>(root: T): T {
  const copies = new Map<object, object>();
  const waiting: object[] = [];
  const copyOf = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const known = copies.get(value);
    if (known) return known;
    if ('toJSON' in value && typeof value.toJSON === 'function') return value.toJSON('') as unknown;
    if (ArrayBuffer.isView(value) || value instanceof String) return value;
    const copy: object = Array.isArray(value) ? [] : {};
    copies.set(value, copy);
    waiting.push(value);
    return copy;
  };
  const copied = copyOf(root) as T;
  for (let value = waiting.pop(); value; value = waiting.pop()) {
    const copy = copies.get(value)!;
    for (const [key, member] of Object.entries(value)) define(copy, key, copyOf(member));
  }
  return copied;
}

/** An own member even where the key is `__proto__`. */
function define(node: object, key: string, value: unknown): void {
  Object.defineProperty(node, key, { value, writable: true, enumerable: true, configurable: true });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    throw new InvalidInputError('redact: the verdict names paths, and the text is not JSON', { cause: error });
  }
}
