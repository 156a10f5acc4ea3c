/** JSON read without loss: the order of members, duplicate keys and number lexemes stay. Iterative, within limits. */
import { LimitExceededError, WireFormatError } from '../../../errors.ts';
import type { Limits } from '../../limits.ts';
import { within } from '../../limits.ts';

export type Member = readonly [key: string, value: Json];
export type Json =
  | { readonly kind: 'string'; readonly value: string }
  /** A number, `true`, `false` or `null`, as it was written. */
  | { readonly kind: 'lexeme'; readonly text: string }
  | { readonly kind: 'array'; readonly items: readonly Json[] }
  | { readonly kind: 'object'; readonly members: readonly Member[] };

interface Open {
  readonly items?: Json[];
  readonly members?: Member[];
  key: string;
}

const LEXEME = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/uy;

/** Recursion over what this returns is safe: `limits.depth` holds. @throws WireFormatError `json`, LimitExceededError */
export function parseJson(text: string, limits: Limits): Json {
  return new Parser(text, limits).parse();
}

class Parser {
  readonly #text: string;
  readonly #limits: Limits;
  readonly #open: Open[] = [];
  #at = 0;

  constructor(text: string, limits: Limits) {
    this.#text = text;
    this.#limits = limits;
  }

  parse(): Json {
    for (;;) {
      let value = this.#value();
      while (value !== undefined) {
        const top = this.#open.at(-1);
        if (top === undefined) {
          this.#space();
          if (this.#at < this.#text.length) this.#fail('the end');
          return value;
        }
        value = this.#add(top, value);
      }
    }
  }

  /** A finished value, or undefined where a container was opened that has something in it. */
  #value(): Json | undefined {
    this.#space();
    const c = this.#text[this.#at];
    if (c === '"') return { kind: 'string', value: this.#string() };
    if (c !== '{' && c !== '[') return this.#lexeme();
    this.#at++;
    within(this.#open.length + 1, this.#limits.depth, 't1: levels of nesting');
    const top: Open = c === '{' ? { members: [], key: '' } : { items: [], key: '' };
    if (this.#next(c === '{' ? '}' : ']')) return closed(top);
    if (top.members) top.key = this.#key();
    this.#open.push(top);
    return undefined;
  }

  /** Puts a value into the innermost container; returns the container if that ended it. */
  #add(top: Open, value: Json): Json | undefined {
    if (top.items) {
      top.items.push(value);
      within(top.items.length, this.#limits.elements, 't1: elements of an array');
    } else top.members!.push([top.key, value]);
    if (this.#next(',')) {
      if (top.members) top.key = this.#key();
      return undefined;
    }
    const end = top.items ? ']' : '}';
    if (!this.#next(end)) this.#fail(`, or ${end}`);
    this.#open.pop();
    return closed(top);
  }

  #key(): string {
    this.#space();
    if (this.#text[this.#at] !== '"') this.#fail('a key');
    const key = this.#string();
    if (!this.#next(':')) this.#fail(':');
    return key;
  }

  #string(): string {
    const start = this.#at;
    let end = start + 1;
    for (; end < this.#text.length && this.#text[end] !== '"'; end++) if (this.#text[end] === '\\') end++;
    this.#at = end + 1;
    let value: string;
    try {
      value = JSON.parse(this.#text.slice(start, end + 1)) as string;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new WireFormatError('json', `t1: no JSON string at ${start}`, { cause: error });
    }
    if (!value.isWellFormed()) throw new WireFormatError('json', `t1: a lone surrogate in the string at ${start}`);
    return value;
  }

  #lexeme(): Json {
    LEXEME.lastIndex = this.#at;
    const text = LEXEME.exec(this.#text)?.[0];
    if (text === undefined) return this.#fail('a value');
    this.#at += text.length;
    return { kind: 'lexeme', text };
  }

  #next(c: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== c) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    while (this.#at < this.#text.length && ' \t\n\r'.includes(this.#text[this.#at]!)) this.#at++;
  }

  #fail(expected: string): never {
    throw new WireFormatError('json', `t1: expected ${expected} at ${this.#at}`);
  }
}

function closed({ items, members }: Open): Json {
  return items ? { kind: 'array', items } : { kind: 'object', members: members! };
}

/** Compact JSON, lexemes as they are. @throws LimitExceededError  more than `limit` code units, while it is written */
export function writeJson(root: Json, limit: number): string {
  const parts: string[] = [];
  let length = 0;
  const put = (part: string): void => {
    length += part.length;
    if (length > limit) throw new LimitExceededError(`t1: the message is longer than the limit of ${limit} bytes`);
    parts.push(part);
  };
  const write = (json: Json): void => {
    if (json.kind === 'string') put(JSON.stringify(json.value));
    else if (json.kind === 'lexeme') put(json.text);
    else if (json.kind === 'array') {
      put('[');
      for (const [i, item] of json.items.entries()) {
        if (i > 0) put(',');
        write(item);
      }
      put(']');
    } else {
      put('{');
      for (const [i, [key, value]] of json.members.entries()) {
        put(`${i > 0 ? ',' : ''}${JSON.stringify(key)}:`);
        write(value);
      }
      put('}');
    }
  };
  write(root);
  return parts.join('');
}

/** The order of UTF-8 bytes, which is that of code points, not of UTF-16 units. */
export function byBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for what lies above all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x2000 : unit >= 0xe000 ? unit - 0x800 : unit;
}
