/** What the caller handed in → the strings to judge, and the faults of its structure. */
import { InvalidInputError } from '../errors.ts';
import type { Fault } from './json/fault.ts';
import { nestedFaults, readJson, scoreOf } from './json/index.ts';
import { type KeyFault, type Piece, walk } from './strings.ts';
import type { Role, Threat } from './verdict.ts';

export interface Read {
  readonly pieces: readonly Piece[];
  /** What is wrong with the structure, each with the string that its span lies in. */
  readonly faults: readonly { readonly threat: Threat; readonly text: string }[];
  /** The text that the spans of faults without a path point into; absent for a value. */
  readonly text?: string;
}

interface ReadOptions {
  readonly role?: Role;
  readonly format?: 'auto' | 'json' | 'text';
}

/** @throws InvalidInputError  neither text, bytes nor a JSON value; or a value that holds itself or cannot be read */
export function readInput(input: unknown, options: ReadOptions): Read {
  if (typeof input === 'string') return readText(input, options, []);
  if (input instanceof Uint8Array) return readBytes(input, options);
  if (typeof input === 'object' && input !== null) return readValue(input, options.role);
  throw new InvalidInputError(
    `scan: expected a text, bytes or messages, found ${input === null ? 'null' : typeof input}`,
  );
}

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readBytes(bytes: Uint8Array, options: ReadOptions): Read {
  try {
    return readText(STRICT.decode(bytes), options, []);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const { text, at } = decodeLeniently(bytes);
    const detail = 'the bytes are not valid UTF-8';
    return readText(text, options, [
      { name: 'invalid-utf8', score: scoreOf('invalid-utf8'), span: [at, at + 1], detail },
    ]);
  }
}

/** The text with U+FFFD for what is broken, and where the first of these stands (not one that the sender wrote). */
function decodeLeniently(bytes: Uint8Array): { text: string; at: number } {
  const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
  const text = lenient.decode(bytes);
  const encoder = new TextEncoder();
  let from = 0;
  let offset = 0;
  for (let at = text.indexOf('\ufffd'); at !== -1; at = text.indexOf('\ufffd', from)) {
    offset += encoder.encode(text.slice(from, at)).length;
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return { text, at };
    offset += 3;
    from = at + 1;
  }
  return { text, at: 0 };
}

function readText(text: string, options: ReadOptions, found: readonly Fault[]): Read {
  const whole: Piece = options.role ? { text, role: options.role } : { text };
  if (options.format === 'text') return { pieces: [whole], faults: asThreats(text, found), text };
  const json = readJson(text, options.format === 'json');
  const faults = asThreats(text, [...found, ...json.faults]);
  if (json.value === undefined) return { pieces: [whole], faults, text };
  const { pieces } = walk(json.value, options.role);
  // The first of two equal keys is not in the value any more, but another parser may read that one.
  const shadowed = json.faults.some((fault) => fault.name === 'duplicate-key');
  const strewn = options.format !== 'json' && isStrewn(pieces);
  return { pieces: shadowed || strewn ? [...pieces, whole] : pieces, faults: [...faults, ...nested(pieces)], text };
}

/** A list of single words, which the reader of a text may well read as a sentence. */
function isStrewn(pieces: readonly Piece[]): boolean {
  return pieces.length >= 4 && pieces.reduce((sum, { text }) => sum + text.length, 0) < 16 * pieces.length;
}

function readValue(value: object, role: Role | undefined): Read {
  const { pieces, faults } = walk(value, role);
  return { pieces, faults: [...faults.flatMap(ofKey), ...nested(pieces)] };
}

function nested(pieces: readonly Piece[]): Read['faults'] {
  return pieces.flatMap((piece) => {
    if (!piece.json && piece.role !== 'tool') return [];
    return asThreats(piece.text, nestedFaults(piece.text, piece.json ?? false), piece);
  });
}

function ofKey({ name, path, key }: KeyFault): Read['faults'] {
  const fault: Fault = { name, score: scoreOf(name), span: [0, key.length], detail: name };
  return asThreats(key, [fault], path === undefined ? {} : { path });
}

function asThreats(text: string, faults: readonly Fault[], place: Omit<Piece, 'text'> = {}): Read['faults'] {
  return faults.map(({ name, score, span }) => {
    const threat: Threat = {
      category: 'malformed',
      score,
      name,
      span,
      ...(place.path === undefined ? {} : { path: place.path }),
      ...(place.role === undefined ? {} : { role: place.role }),
      evidence: text.slice(span[0], Math.min(span[1], span[0] + 200)),
      by: 'pattern',
      view: 'raw',
    };
    return { threat, text };
  });
}
