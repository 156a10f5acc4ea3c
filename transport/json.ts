/**
 * A JSON reader for what a stranger sends: bounded while it reads, no key twice in an object (two readers could believe
 * different ones), no half characters, objects as maps, so that no key is special. RFC 8259, otherwise to the letter.
 */
import { LIMITS, type Limits, within } from '../codec/limits.ts';
import { WireFormatError } from '../errors.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = ReadonlyMap<string, Json>;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS = new Map<string, null | boolean>([
  ['null', null],
  ['true', true],
  ['false', false],
]);

/**
 * @throws WireFormatError     `json`: no JSON, or more than one value; `duplicate-key`
 * @throws LimitExceededError  deeper, or with more elements in one container, than the limits allow
 */
export function readJson(text: string, limits: Pick<Limits, 'depth' | 'elements'> = LIMITS): Json {
  const reader = new Reader(text, limits);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  readonly #limits: Pick<Limits, 'depth' | 'elements'>;
  #at = 0;

  constructor(text: string, limits: Pick<Limits, 'depth' | 'elements'>) {
    this.#text = text;
    this.#limits = limits;
    this.#space();
  }

  value(depth: number): Json {
    const first = this.#text[this.#at];
    if (first === '{') return this.#object(depth + 1);
    if (first === '[') return this.#array(depth + 1);
    if (first === '"') return this.#string();
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#skip(word.length);
      return value;
    }
    return this.#number();
  }

  end(): void {
    if (this.#at < this.#text.length) throw this.#fault('the end');
  }

  #object(depth: number): JsonObject {
    within(depth, this.#limits.depth, 'levels of JSON');
    const object = new Map<string, Json>();
    this.#skip(1);
    for (let more = this.#text[this.#at] !== '}'; more; more = this.#next('}')) {
      const key = this.#string();
      if (object.has(key)) throw new WireFormatError('duplicate-key', `a key twice in one object before ${this.#at}`);
      if (this.#text[this.#at] !== ':') throw this.#fault('":"');
      this.#skip(1);
      object.set(key, this.value(depth));
      within(object.size, this.#limits.elements, 'keys of one object');
    }
    this.#skip(1);
    return object;
  }

  #array(depth: number): readonly Json[] {
    within(depth, this.#limits.depth, 'levels of JSON');
    const array: Json[] = [];
    this.#skip(1);
    for (let more = this.#text[this.#at] !== ']'; more; more = this.#next(']')) {
      array.push(this.value(depth));
      within(array.length, this.#limits.elements, 'elements of one array');
    }
    this.#skip(1);
    return array;
  }

  /** After a member: past the comma, or false at the closing bracket, which stays. */
  #next(closing: string): boolean {
    const found = this.#text[this.#at];
    if (found === closing) return false;
    if (found !== ',') throw this.#fault(`"," or "${closing}"`);
    this.#skip(1);
    return true;
  }

  #string(): string {
    const start = this.#at;
    if (this.#text[start] !== '"') throw this.#fault('a string');
    let end = this.#text.indexOf('"', start + 1);
    for (let from = start + 1; end >= 0 && this.#escaped(end, from); end = this.#text.indexOf('"', from)) {
      from = end + 1;
    }
    if (end < 0) throw this.#fault('a string that ends');
    this.#at = end + 1;
    const literal = this.#text.slice(start, this.#at);
    this.#space();
    const value = literalOf(literal, start);
    if (!value.isWellFormed()) throw new WireFormatError('json', `a lone surrogate in the string at ${start}`);
    return value;
  }

  /** Whether an odd number of backslashes stands before `at`; looks back no further than `from`, so all is linear. */
  #escaped(at: number, from: number): boolean {
    let before = at;
    while (before > from && this.#text[before - 1] === '\\') before--;
    return (at - before) % 2 === 1;
  }

  #number(): number {
    NUMBER.lastIndex = this.#at;
    const digits = NUMBER.exec(this.#text)?.[0];
    if (digits === undefined) throw this.#fault('a value');
    this.#skip(digits.length);
    const value = Number(digits);
    if (!Number.isFinite(value)) throw this.#fault('a number that a double holds before here');
    return value;
  }

  #skip(length: number): void {
    this.#at += length;
    this.#space();
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.exec(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #fault(expected: string): WireFormatError {
    const found = this.#at < this.#text.length ? JSON.stringify(this.#text[this.#at]) : 'the end';
    return new WireFormatError('json', `JSON: expected ${expected} at ${this.#at}, found ${found}`);
  }
}

/** Escapes and control characters are what the engine's own parser says they are. */
function literalOf(literal: string, start: number): string {
  try {
    return JSON.parse(literal) as string;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new WireFormatError('json', `JSON: a malformed string at ${start}`, { cause: error });
  }
}
