/**
 * The JSON header of a safetensors file, read by its own narrow grammar instead of JSON.parse: an object of texts under
 * `__metadata__`, an object of dtype, shape and data_offsets under every other name. What the grammar cannot say, a
 * hostile header cannot try: no nesting, no fractions, no exponents, no repeated keys.
 */
import { ModelFormatError } from '../errors.ts';

export interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte and end, counted from the end of the header. */
  readonly offsets: readonly [begin: number, end: number];
}

export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  readonly entries: ReadonlyMap<string, Entry>;
}

/** More dimensions than any tensor of ours has; a longer list is an attack or a mistake. */
const MAX_DIMENSIONS = 8;
/** Names stand in messages of errors. */
const MAX_NAME = 256;

const INTEGER = /(?:0|[1-9][0-9]{0,15})(?![0-9.eE])/y;
const SPACE = /[ \t\r\n]*/y;

/** @throws ModelFormatError with the character at which the grammar ends */
export function parseHeader(text: string): Header {
  const reader = new HeaderReader(text);
  const metadata = new Map<string, string>();
  const entries = new Map<string, Entry>();
  let described = false;
  reader.object((name) => {
    if (name !== '__metadata__') {
      if (entries.has(name)) reader.fail(`tensor ${JSON.stringify(name)} is there twice`);
      entries.set(name, entry(reader));
      return;
    }
    if (described) reader.fail('__metadata__ is there twice');
    described = true;
    reader.object((key) => {
      if (metadata.has(key)) reader.fail(`metadata ${JSON.stringify(key)} is there twice`);
      metadata.set(key, reader.string());
    });
  });
  reader.end();
  return { metadata, entries };
}

function entry(reader: HeaderReader): Entry {
  let dtype: string | undefined;
  let shape: readonly number[] | undefined;
  let offsets: readonly number[] | undefined;
  reader.object((key) => {
    if (key === 'dtype' && dtype === undefined) dtype = reader.string();
    else if (key === 'shape' && shape === undefined) shape = reader.integers(MAX_DIMENSIONS);
    else if (key === 'data_offsets' && offsets === undefined) offsets = reader.integers(2);
    else reader.fail(`${JSON.stringify(key)} is unknown or there twice`);
  });
  if (dtype === undefined || shape === undefined || offsets?.length !== 2) {
    return reader.fail('a tensor needs dtype, shape and two data_offsets');
  }
  return { dtype, shape, offsets: [offsets[0]!, offsets[1]!] };
}

/** A cursor over the header's text. */
class HeaderReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  fail(what: string): never {
    throw new ModelFormatError(`safetensors header, character ${this.#at}: ${what}`);
  }

  /** `{ "key": …, … }`; `member` reads the value that stands after the colon. */
  object(member: (key: string) => void): void {
    this.#expect('{');
    if (this.#next('}')) return;
    do {
      const key = this.string();
      if (key.length > MAX_NAME) this.fail(`a name of ${key.length} characters`);
      this.#expect(':');
      member(key);
    } while (this.#next(','));
    this.#expect('}');
  }

  string(): string {
    this.#match(SPACE, 'space');
    let end = this.#at;
    if (this.#text[end] !== '"') this.fail('expected a string');
    do end += this.#text[end] === '\\' ? 2 : 1;
    while (end < this.#text.length && this.#text[end] !== '"');
    const literal = this.#text.slice(this.#at, end + 1);
    try {
      const value = JSON.parse(literal) as string;
      this.#at = end + 1;
      return value;
    } catch {
      return this.fail('a string that JSON does not allow');
    }
  }

  integers(limit: number): number[] {
    const values: number[] = [];
    this.#expect('[');
    if (this.#next(']')) return values;
    do {
      if (values.length === limit) this.fail(`a list longer than ${limit}`);
      const value = Number(this.#match(INTEGER, 'a whole number'));
      if (!Number.isSafeInteger(value)) this.fail('a number above 2^53');
      values.push(value);
    } while (this.#next(','));
    this.#expect(']');
    return values;
  }

  end(): void {
    this.#match(SPACE, 'space');
    if (this.#at < this.#text.length) this.fail('text after the header');
  }

  #match(pattern: RegExp, what: string): string {
    if (pattern !== SPACE) this.#match(SPACE, 'space');
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return this.fail(`expected ${what}`);
    this.#at = pattern.lastIndex;
    return found[0];
  }

  #next(sign: string): boolean {
    this.#match(SPACE, 'space');
    if (this.#text[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#next(sign)) this.fail(`expected ${sign}`);
  }
}
