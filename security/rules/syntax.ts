/**
 * The source of a rule's pattern → a tree, for what is derived from patterns: the words they begin with (first-words.ts)
 * and the words they cannot do without (needs.ts). Reads the part of the syntax that pattern.ts produces.
 */
import { foldLatin } from './pattern.ts';

/**
 * A node stands for what it reads, in terms of words. `letters` is one of a few runs of letters, folded; `signs` one of a
 * few that prose seldom has; `apart` another one that no Latin word contains; `any` one of which nothing is known, `word` where it could be every
 * letter and digit;
 * `edge` reads nothing and stands where a word ends.
 */
export type Node =
  | { readonly type: 'letters'; readonly letters: readonly string[] }
  | { readonly type: 'signs'; readonly signs: readonly string[] }
  | { readonly type: 'apart' | 'edge' }
  | { readonly type: 'any'; readonly word?: true }
  | { readonly type: 'sequence' | 'choice'; readonly parts: readonly Node[]; readonly sources: readonly string[] }
  | { readonly type: 'times'; readonly part: Node; readonly least: number; readonly most: number }
  | { readonly type: 'look'; readonly ahead: boolean; readonly negative: boolean; readonly part: Node };

/** Signs that are told apart. */
export const SIGNS = ':!@<>"$={}[]/*|#%\\';

/** @throws Error  syntax that rules do not use; names it */
export function parsePattern(pattern: RegExp): Node {
  return new Parser(pattern.source).all();
}

/** What sets read: the one between two words stands 2,000 times in the rules. */
const sets = new Map<string, Node>();

const TIMES = /(?:\?|\{(\d+)(?:,(\d+))?\})\??/y;
const LOOK = /\(\?(<?)([=!])/y;
const ESCAPE = /\\(?:p\{\w+\}|x[\da-f]{2}|u[\da-f]{4}|.)/y;
const SET = /\[(?:\\.|[^\]\\])*\]/y;

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
    const sources: string[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!)) {
      const from = this.#at;
      const part = this.#repeated();
      const before = parts.at(-1);
      const run = before === undefined ? undefined : together(before, part);
      if (run === undefined) {
        parts.push(part);
        sources.push(this.#source.slice(from, this.#at));
      } else {
        parts[parts.length - 1] = run;
        sources[sources.length - 1] += this.#source.slice(from, this.#at);
      }
    }
    return parts.length === 1 ? parts[0]! : { type: 'sequence', parts, sources };
  }

  #repeated(): Node {
    const part = this.#atom();
    const next = this.#source.charCodeAt(this.#at);
    if (next !== 0x3f && next !== 0x7b) return part;
    const times = this.#read(TIMES);
    if (times === null) return part;
    if (times[1] === undefined) return { type: 'times', part, least: 0, most: 1 };
    return { type: 'times', part, least: Number(times[1]), most: Number(times[2] ?? times[1]) };
  }

  #atom(): Node {
    const rest = this.#source.slice(this.#at, this.#at + 3);
    const look = rest.startsWith('(?') ? this.#read(LOOK) : null;
    if (look) {
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
    return escaped(this.#read(ESCAPE)![0]);
  }

  #set(): Node {
    const source = this.#read(SET)![0];
    const known = sets.get(source);
    if (known) return known;
    const node = members(source.slice(1, -1));
    sets.set(source, node);
    return node;
  }

  /** What a sticky expression finds here; reads it. */
  #read(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#source);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  #unknown(): Error {
    return new Error(`rule pattern: no syntax of ours at ${this.#source.slice(this.#at, this.#at + 40)}`);
  }
}

/** Two letters, each certain and of one script, as one run. */
function together(a: Node, b: Node): Node | undefined {
  if (a.type !== 'letters' || b.type !== 'letters' || a.letters.length > 1 || b.letters.length > 1) return undefined;
  const [before, letter] = [a.letters[0]!, b.letters[0]!];
  return isLatin(before) === isLatin(letter) ? { type: 'letters', letters: [before + letter] } : undefined;
}

/** Whether letters are Latin or digits, folded; told by the first. */
export function isLatin(letters: string): boolean {
  const code = letters.charCodeAt(0);
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
}

function escaped(token: string): Node {
  if (token === '\\b') return { type: 'edge' };
  if (token === '\\s' || token === '\\n' || token === '\\W') return { type: 'apart' };
  if (token === '\\w' || token === '\\S') return { type: 'any', word: true };
  if (/^\\(?:[dpDPB])/u.test(token)) return { type: 'any' };
  if (/^\\[xu]/u.test(token)) return one(String.fromCharCode(Number.parseInt(token.slice(2), 16)));
  return one(token[1]!);
}

/** What a set can read: a few letters, nothing that words contain, or anything. */
function members(inside: string): Node {
  if (inside.startsWith('^'))
    return /\\w/u.test(inside) && !/\\[sWd]/u.test(inside.replace('\\w', '')) ? { type: 'apart' } : { type: 'any' };
  const letters = new Set<string>();
  const signs = new Set<string>();
  let apart = /\\[sn]/u.test(inside);
  const bare = inside.replace(/\\[sn]/gu, '');
  if (/\\[wS]/u.test(bare)) return { type: 'any', word: true };
  if (/\\[dpWD]/u.test(bare)) return { type: 'any' };
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
      else if (node.type === 'signs') signs.add(node.signs[0]!);
      else apart = true;
    }
  }
  if (letters.size === 0) return apart || signs.size > 6 ? { type: 'apart' } : { type: 'signs', signs: [...signs] };
  return apart || signs.size > 0 || letters.size > 4 ? { type: 'any' } : { type: 'letters', letters: [...letters] };
}

/** How many characters a node reads at most. */
export function longest(node: Node): number {
  switch (node.type) {
    case 'sequence':
      return node.parts.reduce((sum, part) => sum + longest(part), 0);
    case 'choice':
      return Math.max(...node.parts.map(longest));
    case 'times':
      return node.most * longest(node.part);
    case 'edge':
    case 'look':
      return 0;
    case 'letters':
      return Math.max(...node.letters.map((run) => run.length));
    default:
      return 1;
  }
}

/** One character: a Latin letter or digit without its accent, a letter of another script as it is, or none of both. */
function one(character: string): Node {
  if (isLatin(character)) return { type: 'letters', letters: [character] };
  const folded = foldLatin(character);
  if (isLatin(folded)) return { type: 'letters', letters: [folded] };
  if (/[\p{L}\p{M}]/u.test(character)) return { type: 'letters', letters: [character] };
  if (SIGNS.includes(character)) return { type: 'signs', signs: [character] };
  return { type: 'apart' };
}
