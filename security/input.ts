/** What the caller handed in → the strings to judge, and the faults of its structure. */
import { InvalidInputError } from '../errors.ts';
import type { Fault } from './json/fault.ts';
import { readJson } from './json/index.ts';
import { type Piece, pieces } from './strings.ts';
import type { Role, Threat } from './verdict.ts';

export interface Read {
  readonly pieces: readonly Piece[];
  readonly faults: readonly Threat[];
  /** The text that the faults' spans point into; absent for a value. */
  readonly text?: string;
}

interface ReadOptions {
  readonly role?: Role;
  readonly format?: 'auto' | 'json' | 'text';
}

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder('utf-8', { ignoreBOM: true });

/** @throws InvalidInputError  neither text, bytes nor a JSON value */
export function readInput(input: unknown, options: ReadOptions): Read {
  if (typeof input === 'string') return readText(input, options, []);
  if (input instanceof Uint8Array) return readBytes(input, options);
  if (typeof input === 'object' && input !== null) return { pieces: pieces(input, options.role), faults: [] };
  throw new InvalidInputError(
    `scan: expected a text, bytes or messages, found ${input === null ? 'null' : typeof input}`,
  );
}

function readBytes(bytes: Uint8Array, options: ReadOptions): Read {
  try {
    return readText(STRICT.decode(bytes), options, []);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const text = LENIENT.decode(bytes);
    const at = Math.max(0, text.indexOf('\ufffd'));
    return readText(text, options, [
      { name: 'invalid-utf8', score: 0.9, span: [at, at + 1], detail: 'the bytes are not valid UTF-8' },
    ]);
  }
}

function readText(text: string, options: ReadOptions, found: readonly Fault[]): Read {
  const whole: Piece = options.role ? { text, role: options.role } : { text };
  if (options.format === 'text') return { pieces: [whole], faults: asThreats(text, found), text };
  const json = readJson(text, options.format === 'json');
  const faults = asThreats(text, [...found, ...json.faults]);
  return { pieces: json.value === undefined ? [whole] : pieces(json.value, options.role), faults, text };
}

function asThreats(text: string, faults: readonly Fault[]): Threat[] {
  return faults.map(({ name, score, span }) => ({
    category: 'malformed',
    score,
    name,
    span,
    evidence: text.slice(span[0], Math.min(span[1], span[0] + 200)),
    by: 'pattern',
    view: 'raw',
  }));
}
