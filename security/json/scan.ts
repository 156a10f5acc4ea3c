/**
 * One pass over the characters of a text that is or claims to be JSON (RFC 8259): no recursion, no regex, no value.
 * `JSON.parse` says whether a text is valid and stops at the first fault; this says everything that is wrong with it,
 * with offsets, and also what a parser accepts in silence: two keys of one name, NULs, half characters, `__proto__`.
 *
 *   strict grammar → structure breaks → loose: strings, keys and depth only, so that a comma hides nothing behind it
 */
import type { FaultName, Found } from './fault.ts';
import { disguise, MESSAGE_KEYS, reachesPrototype } from './keys.ts';
import { ARRAY, CONSTRUCTOR, Levels, OBJECT } from './levels.ts';
import { Strings } from './literal.ts';
import { isCutOff, isOutOfRange, scalarEnd } from './scalar.ts';

/** The deepest nesting that is no fault; the deepest tool schema in our traffic corpus has 14 levels. */
export const MAX_DEPTH = 32;

// Up to here comparing a new key with its siblings is faster than hashing it.
const LINEAR_KEYS = 12;

const VALUE = 0;
const VALUE_OR_END = 1;
const KEY = 2;
const KEY_OR_END = 3;
const COLON = 4;
const COMMA_OR_END = 5;
const DONE = 6;
const WANTED = ['a value', 'a value or ]', 'a key', 'a key or }', 'a colon', 'a comma or the end', 'the end'] as const;

export interface Scanned {
  readonly faults: readonly Found[];
  /** One document, and `JSON.parse` accepts it (after a byte order mark). */
  readonly parses: boolean;
  /** How many documents are complete; several, one a line, are JSON Lines and no fault where JSON was not claimed. */
  readonly documents: number;
  /** A key that only messages have stands at the top: what is broken here was meant as a message. */
  readonly message: boolean;
  /** Where the structure breaks; faults before it are certain, those behind it are seen in loose mode. */
  readonly brokenAt?: number;
  /** A document, and then words: a text that begins with JSON and is none. */
  readonly prose: boolean;
}

/** Scans a whole text. Linear; memory grows with depth and with the number of keys of the open objects. */
export function scanJson(text: string, claimed: boolean): Scanned {
  return new Scan(text, claimed).run();
}

class Scan {
  readonly #text: string;
  readonly #claimed: boolean;
  readonly #strings: Strings;
  readonly #faults: Found[] = [];
  readonly #levels: Levels = new Levels();
  /** Of all open containers, outermost first. */
  readonly #keys: string[] = [];
  /** The keys of the open objects that have many, by level. */
  readonly #sets: Map<number, Set<string>> = new Map();
  #message = false;
  #documents = 0;
  #brokenAt: number | undefined;
  #prose = false;

  constructor(text: string, claimed: boolean) {
    this.#text = text;
    this.#claimed = claimed;
    this.#strings = new Strings(text, this.#faults);
  }

  run(): Scanned {
    const bom = this.#text.charCodeAt(0) === 0xfeff;
    if (bom) this.#add('byte-order-mark', 0, 1, 'RFC 8259 §8.1: no byte order mark before JSON');
    this.#strict(bom ? 1 : 0);
    return {
      faults: this.#faults,
      parses: this.#brokenAt === undefined && this.#documents === 1 && !this.#prose && !this.#strings.invalid,
      documents: this.#documents,
      message: this.#message,
      ...(this.#brokenAt === undefined ? {} : { brokenAt: this.#brokenAt }),
      prose: this.#prose,
    };
  }

  #strict(from: number): void {
    const text = this.#text;
    const levels = this.#levels;
    let expect = VALUE;
    let start = from;
    let i = from;
    for (;;) {
      let c = text.charCodeAt(i);
      while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = text.charCodeAt(++i);
      if (i >= text.length) break;
      start = i;
      if (expect === DONE) {
        if (!this.#nextLine(i)) return;
        expect = VALUE;
      }
      if (expect === COMMA_OR_END && c === 0x2c) {
        expect = levels.kind === ARRAY ? VALUE : KEY;
        i++;
      } else if (c === 0x3a && expect === COLON) {
        expect = VALUE;
        i++;
      } else if (c === 0x22 && expect <= KEY_OR_END) {
        i = this.#strings.read(i);
        if (i < 0) break;
        if (expect >= KEY) {
          this.#key(start, i);
          expect = COLON;
        } else expect = levels.depth === 0 ? DONE : COMMA_OR_END;
      } else if (c === 0x7d || c === 0x5d) {
        if (!this.#closes(c, expect)) {
          this.#breaks(i, expect);
          return;
        }
        this.#close();
        expect = levels.depth === 0 ? DONE : COMMA_OR_END;
        i++;
      } else if (expect <= VALUE_OR_END && (c === 0x7b || c === 0x5b)) {
        this.#open(c === 0x5b, i++);
        expect = c === 0x5b ? VALUE_OR_END : KEY_OR_END;
      } else if (expect <= VALUE_OR_END) {
        i = scalarEnd(text, i);
        if (i < 0) {
          this.#breaks(start, expect);
          return;
        }
        if (isOutOfRange(text, start, i)) this.#add('number-range', start, i, 'a number that no 64 bits can hold');
        expect = levels.depth === 0 ? DONE : COMMA_OR_END;
      } else {
        this.#breaks(i, expect);
        return;
      }
      if (expect === DONE) this.#documents++;
    }
    if (expect !== DONE || i < 0) this.#truncated(start, i < 0 ? 'the end of a string' : WANTED[expect]!);
  }

  #closes(c: number, expect: number): boolean {
    const array = this.#levels.kind === ARRAY;
    if (this.#levels.depth === 0 || array !== (c === 0x5d)) return false;
    return expect === COMMA_OR_END || expect === (array ? VALUE_OR_END : KEY_OR_END);
  }

  #open(array: boolean, at: number): void {
    // An object in the place of a value belongs to the key read last, if its parent is an object.
    const levels = this.#levels;
    const under = levels.kind > ARRAY ? this.#keys[this.#keys.length - 1] : undefined;
    levels.push(array ? ARRAY : under === 'constructor' ? CONSTRUCTOR : OBJECT, this.#keys.length);
    if (levels.depth === MAX_DEPTH + 1) this.#tooDeep(at);
  }

  #close(): void {
    const { base } = this.#levels;
    this.#levels.pop();
    if (this.#keys.length === base) return;
    if (this.#keys.length - base > LINEAR_KEYS) this.#sets.delete(this.#levels.depth);
    this.#keys.length = base;
  }

  /** The key whose literal is `text[start, end)`, in the innermost open object. */
  #key(start: number, end: number): void {
    const key = this.#strings.value(start, end);
    const { depth, kind, base } = this.#levels;
    if (!this.#message && depth <= 2 && MESSAGE_KEYS.has(key)) this.#message = true;
    this.#inspect(key, start, end, kind === CONSTRUCTOR ? 'constructor' : undefined);
    if (this.#isKnown(key, base, depth - 1)) {
      this.#add('duplicate-key', start, end, `the key ${clip(key)} stands twice in one object`);
    }
    this.#keys.push(key);
  }

  #isKnown(key: string, base: number, level: number): boolean {
    const keys = this.#keys;
    if (keys.length - base < LINEAR_KEYS) {
      for (let k = base; k < keys.length; k++) if (keys[k] === key) return true;
      return false;
    }
    let set = this.#sets.get(level);
    if (!set) {
      set = new Set(keys.slice(base));
      this.#sets.set(level, set);
    }
    const before = set.size;
    return set.add(key).size === before;
  }

  #inspect(key: string, start: number, end: number, parent: string | undefined): void {
    if (reachesPrototype(key, parent)) {
      this.#add('prototype-key', start, end, `the key ${clip(key)} reaches Object.prototype in a careless merge`);
    }
    if (this.#strings.ascii) return;
    const reason = disguise(key);
    if (reason) this.#add('disguised-key', start, end, `the key ${clip(key)} has ${reason}`);
  }

  /** Behind a whole document: true where another line of JSON Lines begins, else tells what stands there. */
  #nextLine(i: number): boolean {
    const text = this.#text;
    const c = text.charCodeAt(i);
    const container = c === 0x7b || c === 0x5b;
    let back = i - 1;
    for (let b = text.charCodeAt(back); b === 0x20 || b === 0x09 || b === 0x0d; ) b = text.charCodeAt(--back);
    if (!this.#claimed && container && text.charCodeAt(back) === 0x0a) return true;
    if (container || (this.#claimed && (c === 0x22 || (c >= 0x30 && c <= 0x39)))) {
      this.#brokenAt = i;
      this.#add('second-document', i, text.length, 'one document expected, found the beginning of another one');
      this.#loose(i);
    } else if (this.#claimed || isPunctuation(text, i)) {
      this.#brokenAt = i;
      this.#add('trailing-characters', i, text.length, `the end expected, found ${clip(text.slice(i, i + 20))}`);
      this.#loose(i);
    } else this.#prose = true;
    return false;
  }

  #truncated(start: number, wanted: string): void {
    this.#brokenAt = start;
    this.#add(
      'truncated-json',
      Math.min(start, this.#text.length),
      this.#text.length,
      `the text ends before ${wanted}`,
    );
  }

  #breaks(at: number, expect: number): void {
    if (expect <= VALUE_OR_END && isCutOff(this.#text, at)) {
      this.#truncated(at, WANTED[expect]!);
      return;
    }
    this.#brokenAt = at;
    const found = clip(this.#text.slice(at, at + 12));
    this.#add('invalid-json', at, at + 1, `${WANTED[expect]} expected, found ${found}`);
    this.#loose(at);
  }

  #loose(from: number): void {
    const text = this.#text;
    let { depth } = this.#levels;
    let deep = depth > MAX_DEPTH;
    let before: string | undefined;
    for (let i = from; i < text.length; ) {
      const c = text.charCodeAt(i);
      if (c === 0x22) {
        const end = this.#strings.read(i);
        if (end < 0) return;
        let next = end;
        while (text.charCodeAt(next) === 0x20) next++;
        if (text.charCodeAt(next) === 0x3a) {
          const key = this.#strings.value(i, end);
          if (depth <= 2 && MESSAGE_KEYS.has(key)) this.#message = true;
          this.#inspect(key, i, end, before);
          before = key;
        }
        i = end;
        continue;
      }
      if (c === 0x7b || c === 0x5b) depth++;
      else if (c === 0x7d || c === 0x5d) depth = Math.max(0, depth - 1);
      else if (c === 0) this.#strings.nul(i, i + 1);
      if (!deep && depth > MAX_DEPTH) {
        deep = true;
        this.#tooDeep(i);
      }
      i++;
    }
  }

  #tooDeep(at: number): void {
    this.#add('too-deep', at, at + 1, `nested deeper than ${MAX_DEPTH} levels`);
  }

  #add(name: FaultName, start: number, end: number, detail: string): void {
    this.#strings.add(name, start, end, detail);
  }
}

function clip(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

/** Nothing but brackets, commas and their like up to the end: an injection's tail (`}]]>`, `,,`), not a sentence. */
function isPunctuation(text: string, from: number): boolean {
  if (text.length - from > 64) return false;
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 0x7f || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a)) return false;
  }
  return true;
}
