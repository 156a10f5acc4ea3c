/**
 * JSON value → its strings, each with the path and the role it is said in, and the faults that only a value shows.
 *
 * One iterative walk in document order. An object that stands in two places is walked once for each role, so that a
 * graph of shared objects costs what it holds and not what it would print. What `JSON.stringify` would leave out
 * (functions, symbols, undefined, what a Map or a Set holds) is left out here; `toJSON` is obeyed; bytes and big
 * integers carry no words and are skipped.
 */
import { InvalidInputError, M2MError } from '../errors.ts';
import type { FaultName } from './json/fault.ts';
import { disguise, reachesPrototype } from './json/keys.ts';
import { MAX_DEPTH } from './json/scan.ts';
import { isNoise } from './noise.ts';
import { childPath, MAX_PATH_DEPTH, MAX_PATH_KEY } from './path.ts';
import { PLACES, type Seat, seatOfMember, seatOfObject } from './roles.ts';
import { ROLES, type Role } from './verdict.ts';

/** One string of a message. */
export interface Piece {
  readonly text: string;
  /** `messages[0].content[1].text`; absent for a text that is no message, and where path.ts writes none. */
  readonly path?: string;
  readonly role?: Role;
  /** The place's contract says that this string is JSON: the arguments of a tool call. */
  readonly json?: true;
  /** The text parts of one message, joined as a model reads them; where they meet. The path is their array's. */
  readonly seams?: readonly number[];
}

/** Something wrong with a key or with the nesting; the path is the key's own, the span lies in the key. */
export interface KeyFault {
  readonly name: FaultName;
  readonly path?: string;
  readonly key: string;
}

export interface Walked {
  readonly pieces: readonly Piece[];
  readonly faults: readonly KeyFault[];
}

/**
 * Every string of a JSON value that can carry words, unusual keys included.
 *
 * @param role  who says what no place in the message tells
 * @throws InvalidInputError  the value holds itself, or reading it throws (a getter, a revoked proxy)
 */
export function pieces(value: unknown, role?: Role): readonly Piece[] {
  return walk(value, role).pieces;
}

/** `pieces`, and the faults of keys and nesting. Throws as `pieces` does. */
export function walk(value: unknown, role?: Role): Walked {
  try {
    return new Walk().run(value, role);
  } catch (error) {
    if (error instanceof M2MError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidInputError(`scan: the value cannot be read: ${reason}`, { cause: error });
  }
}

/** The first piece of each text and role → all pieces like it: a text is judged once, however often it stands in a message. */
export type Distinct = ReadonlyMap<Piece, readonly Piece[]>;

/** Groups pieces by text and role. */
export function distinct(all: readonly Piece[]): Distinct {
  return all.length <= FEW ? compared(all) : mapped(all);
}

/** Up to here comparing every piece with those before it is faster than hashing them all. */
const FEW = 12;

function compared(all: readonly Piece[]): Distinct {
  const places = new Map<Piece, Piece[]>();
  for (let i = 0; i < all.length; i++) {
    const piece = all[i]!;
    let first = piece.seams ? i : 0;
    while (first < i && !(all[first]!.text === piece.text && all[first]!.role === piece.role && !all[first]!.seams))
      first++;
    if (first < i) places.get(all[first]!)!.push(piece);
    else places.set(piece, [piece]);
  }
  return places;
}

function mapped(all: readonly Piece[]): Distinct {
  const first = new Map<Role | undefined, Map<string, Piece>>();
  const places = new Map<Piece, Piece[]>();
  for (const piece of all) {
    if (piece.seams) {
      places.set(piece, [piece]);
      continue;
    }
    const ofRole = first.get(piece.role) ?? new Map<string, Piece>();
    first.set(piece.role, ofRole);
    const known = ofRole.get(piece.text);
    if (known) {
      places.get(known)!.push(piece);
      continue;
    }
    ofRole.set(piece.text, piece);
    places.set(piece, [piece]);
  }
  return places;
}

// Faults beyond this number add nothing to a verdict.
const MAX_FAULTS = 64;

// A key that could hold a sentence: the longest of OpenAI's, Anthropic's, MCP's and A2A's own has 24 characters.
const LONG_KEY = 24;

// Above the 42 bits of 7 places × 6 roles (five, and none).
const OPEN = 2 ** 48;

interface Frame {
  readonly node: object;
  /** Undefined for an array. */
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  readonly path: string | undefined;
  readonly seat: Seat;
  /** The key this object stands under. */
  readonly under: string | undefined;
  /** In a streamed delta. */
  readonly delta: boolean;
  readonly rpc: boolean;
  /** Of an array of parts: the texts met so far. */
  readonly parts?: string[];
  /** What #marks says of the node when the walk has left it. */
  readonly mark: number;
  next: number;
}

class Walk {
  readonly #pieces: Piece[] = [];
  readonly #faults: KeyFault[] = [];
  readonly #frames: Frame[] = [];
  /** For each object, one bit for each seat it was walked in, and OPEN while the walk is inside it. */
  readonly #marks: Map<object, number> = new Map();

  run(value: unknown, role: Role | undefined): Walked {
    this.#visit(value, '', { place: 'envelope', role }, undefined);
    for (let frame = this.#frames.at(-1); frame; frame = this.#frames.at(-1)) {
      if (frame.next < frame.length) this.#step(frame, frame.next++);
      else {
        this.#marks.set(this.#frames.pop()!.node, frame.mark);
        if (frame.parts && frame.parts.length > 1) this.#join(frame, frame.parts);
      }
    }
    return { pieces: this.#pieces, faults: this.#faults };
  }

  #step(frame: Frame, i: number): void {
    if (frame.keys === undefined) {
      this.#visit((frame.node as unknown[])[i], this.#child(frame, i), frame.seat, frame.under);
      return;
    }
    const key = frame.keys[i]!;
    const path = this.#child(frame, key);
    this.#key(key, path, frame);
    this.#visit((frame.node as Record<string, unknown>)[key], path, seatOfMember(frame.seat, key, frame.rpc), key);
  }

  #child(frame: Frame, segment: string | number): string | undefined {
    if (frame.path === undefined || this.#frames.length > MAX_PATH_DEPTH) return undefined;
    if (typeof segment === 'string' && segment.length > MAX_PATH_KEY) return undefined;
    return childPath(frame.path, segment);
  }

  #visit(value: unknown, path: string | undefined, seat: Seat, key: string | undefined): void {
    const printed = asPrinted(value, key);
    if (typeof printed === 'string') this.#string(printed, path, seat, key);
    else if (typeof printed === 'object' && printed !== null) this.#enter(printed, path, seat, key);
  }

  /** An order that is cut in two is read by the model as one. */
  #join({ path, seat }: Frame, parts: readonly string[]): void {
    const tight = parts.slice(1).every((part, i) => /^\s/u.test(part) || /\s$/u.test(parts[i]!));
    for (const glue of tight ? [''] : ['', ' ']) {
      let end = 0;
      const seams = parts.slice(0, -1).map((part, i) => (end += part.length + (i > 0 ? glue.length : 0)));
      const { role } = seat;
      this.#pieces.push({
        text: parts.join(glue),
        ...(path === undefined ? {} : { path }),
        ...(role === undefined ? {} : { role }),
        seams,
      });
    }
  }

  #string(text: string, path: string | undefined, seat: Seat, key: string | undefined): void {
    const top = this.#frames.at(-1);
    if (text !== '' && top?.parts) top.parts.push(text);
    else if (text !== '' && key === 'text') this.#frames.at(-2)?.parts?.push(text);
    if (isNoise(key, text)) return;
    const json = key === 'arguments' && isCall(this.#frames.at(-1));
    this.#pieces.push({
      text,
      ...(path === undefined ? {} : { path }),
      ...(seat.role === undefined ? {} : { role: seat.role }),
      ...(json ? { json } : {}),
    });
  }

  #enter(value: object, path: string | undefined, outer: Seat, key: string | undefined): void {
    const known = this.#marks.get(value) ?? 0;
    if (known >= OPEN) throw new InvalidInputError(`scan: the value at ${path || 'the root'} holds itself`);
    const array = Array.isArray(value);
    const seat = array ? outer : seatOfObject(value as Record<string, unknown>, outer);
    const bit = 2 ** (PLACES.indexOf(seat.place) * 6 + ROLES.indexOf(seat.role!) + 1);
    if (Math.floor(known / bit) % 2 === 1) return;
    this.#marks.set(value, known + bit + OPEN);
    if (this.#frames.length === MAX_DEPTH) this.#faults.push({ name: 'too-deep', key: '' });
    const keys = array ? undefined : Object.keys(value);
    this.#frames.push({
      node: value,
      keys,
      length: keys?.length ?? (value as unknown[]).length,
      path,
      seat,
      under: key,
      delta: key === 'delta' || (this.#frames.at(-1)?.delta ?? false),
      ...(array && (key === 'content' || key === 'parts') ? { parts: [] } : {}),
      rpc: !array && outer.place === 'envelope' && Object.hasOwn(value, 'jsonrpc'),
      mark: known + bit,
      next: 0,
    });
  }

  #key(key: string, path: string | undefined, frame: Frame): void {
    const odd = !isPrintable(key);
    const keyPath = path === undefined ? {} : { path: `${path}#` };
    if (key.length > LONG_KEY || (odd && key.length >= 12)) {
      const { role } = frame.seat;
      this.#pieces.push({ text: key, ...keyPath, ...(role === undefined ? {} : { role }) });
    }
    if (this.#faults.length >= MAX_FAULTS) return;
    if (reachesPrototype(key, frame.under)) this.#faults.push({ name: 'prototype-key', ...keyPath, key });
    if (odd && disguise(key)) this.#faults.push({ name: 'disguised-key', ...keyPath, key });
  }
}

/** What `JSON.stringify` makes of a value before it looks inside. */
function asPrinted(value: unknown, key: string | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof String) return value.valueOf();
  if (ArrayBuffer.isView(value)) return undefined;
  return 'toJSON' in value && typeof value.toJSON === 'function' ? value.toJSON(key ?? '') : value;
}

/** The call of a tool, whose `arguments` are JSON by OpenAI's contract; in a streamed delta they are a fragment of it. */
function isCall(frame: Frame | undefined): boolean {
  if (frame === undefined || frame.delta) return false;
  if (frame.under === 'function' || frame.under === 'function_call') return true;
  const type = (frame.node as { readonly type?: unknown }).type;
  return type === 'function_call' || type === 'mcp_call';
}

/** Printable ASCII without spaces, as nearly all keys are. */
function isPrintable(key: string): boolean {
  for (let i = 0; i < key.length; i++) {
    const c = key.charCodeAt(i);
    if (c <= 0x20 || c >= 0x7f) return false;
  }
  return true;
}
