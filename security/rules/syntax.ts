/**
 * The source of a rule's pattern → a tree, for what is derived from patterns: the words they begin with (first-words.ts)
 * and the words they cannot do without (needs.ts). Reads the part of the syntax that pattern.ts produces.
 */
import { foldLatin } from './pattern.ts';

/**
 * A node stands for what it reads, in terms of words. `letters` is one character out of a few, folded; `apart` one that
 * no Latin word contains; `any` one of which nothing is known; `edge` reads nothing and stands where a word ends.
 */
export type Node =
  | { readonly type: 'letters'; readonly letters: readonly string[] }
  | { readonly type: 'apart' | 'any' | 'edge' }
  | { readonly type: 'sequence'; readonly parts: readonly Node[] }
  | { readonly type: 'choice'; readonly parts: readonly Node[]; readonly sources: readonly string[] }
  | { readonly type: 'times'; readonly part: Node; readonly least: number; readonly most: number }
  | { readonly type: 'look'; readonly ahead: boolean; readonly negative: boolean; readonly part: Node };

/** @throws Error  syntax that rules do not use; names it */
export function parsePattern(pattern: RegExp): Node {
  return new Parser(pattern.source).all();
}

class Parser {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  all(): Node {
    const node = this.#choice();
    if (this.#at < this.#source.length) throw this.#unknown();
    return node;
  }

  #choice(): Node {
    const parts: Node[] = [];
    const sources: string[] = [];
    do {
      const from = this.#at;
      parts.push(this.#sequence());
      sources.push(this.#source.slice(from, this.#at));
    } while (this.#source[this.#at++] === '|');
    this.#at--;
    return parts.length === 1 ? parts[0]! : { type: 'choice', parts, sources };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!)) parts.push(this.#repeated());
    return parts.length === 1 ? parts[0]! : { type: 'sequence', parts };
  }

  #repeated(): Node {
    const part = this.#atom();
    const times = /^(?:\?|\{(\d+)(?:,(\d+))?\})\??/u.exec(this.#source.slice(this.#at, this.#at + 12));
    if (times === null) return part;
    this.#at += times[0].length;
    if (times[1] === undefined) return { type: 'times', part, least: 0, most: 1 };
    return { type: 'times', part, least: Number(times[1]), most: Number(times[2] ?? times[1]) };
  }

  #atom(): Node {
    const rest = this.#source.slice(this.#at, this.#at + 4);
    const look = /^\(\?(<?)([=!])/u.exec(rest);
    if (look) {
      this.#at += look[0].length;
      return { type: 'look', ahead: look[1] === '', negative: look[2] === '!', part: this.#closed() };
    }
    if (rest.startsWith('(')) {
      this.#at += rest.startsWith('(?:') ? 3 : 1;
      return this.#closed();
    }
    if (rest.startsWith('[')) return this.#set();
    if (rest.startsWith('\\')) return this.#escape();
    if (/^[*+?{]/u.test(rest)) throw this.#unknown();
    this.#at++;
    if (rest.startsWith('^') || rest.startsWith('$')) return { type: 'edge' };
    return rest.startsWith('.') ? { type: 'any' } : one(rest[0]!);
  }

  #closed(): Node {
    const inner = this.#choice();
    if (this.#source[this.#at++] !== ')') throw this.#unknown();
    return inner;
  }

  #escape(): Node {
    const token = /^\\(?:p\{\w+\}|x[\da-f]{2}|u[\da-f]{4}|.)/u.exec(this.#source.slice(this.#at, this.#at + 12))![0];
    this.#at += token.length;
    return escaped(token);
  }

  #set(): Node {
    const source = /^\[(?:\\.|[^\]\\])*\]/u.exec(this.#source.slice(this.#at))![0];
    this.#at += source.length;
    return members(source.slice(1, -1));
  }

  #unknown(): Error {
    return new Error(`rule pattern: no syntax of ours at ${this.#source.slice(this.#at, this.#at + 40)}`);
  }
}

function escaped(token: string): Node {
  if (token === '\\b') return { type: 'edge' };
  if (token === '\\s' || token === '\\n' || token === '\\W') return { type: 'apart' };
  if (/^\\(?:[wdpDSPB])/u.test(token)) return { type: 'any' };
  if (/^\\[xu]/u.test(token)) return one(String.fromCharCode(Number.parseInt(token.slice(2), 16)));
  return one(token[1]!);
}

/** What a set can read: a few letters, nothing that words contain, or anything. */
function members(inside: string): Node {
  if (inside.startsWith('^'))
    return /\\w/u.test(inside) && !/\\[sWd]/u.test(inside.replace('\\w', '')) ? { type: 'apart' } : { type: 'any' };
  const letters = new Set<string>();
  let apart = false;
  const bare = inside.replace(/\\s|\\n/gu, () => {
    apart = true;
    return '';
  });
  if (/\\[wdpSWD]/u.test(bare)) return { type: 'any' };
  const units = [...bare.matchAll(/\\x([\da-f]{2})|\\u([\da-f]{4})|\\?([\s\S])/gu)].map((m) =>
    m[1] !== undefined || m[2] !== undefined ? String.fromCharCode(Number.parseInt((m[1] ?? m[2])!, 16)) : m[3]!,
  );
  for (let i = 0; i < units.length; i++) {
    const from = units[i]!.charCodeAt(0);
    const to = units[i + 1] === '-' && i + 2 < units.length ? units[i + 2]!.charCodeAt(0) : from;
    if (to > from) i += 2;
    if (to - from > 64 && !(from > 0x24f)) return { type: 'any' };
    for (let code = from; code <= Math.min(to, from + 64); code++) {
      const node = one(String.fromCharCode(code));
      if (node.type === 'letters') letters.add(node.letters[0]!);
      else apart = true;
    }
  }
  if (letters.size === 0) return { type: 'apart' };
  return apart || letters.size > 4 ? { type: 'any' } : { type: 'letters', letters: [...letters] };
}

/** One character: a Latin letter or digit without its accent, a letter of another script as it is, or none of both. */
function one(character: string): Node {
  const folded = foldLatin(character);
  if (/^[a-z0-9]$/u.test(folded)) return { type: 'letters', letters: [folded] };
  if (/[\p{L}\p{M}@]/u.test(character)) return { type: 'letters', letters: [character] };
  return { type: 'apart' };
}
