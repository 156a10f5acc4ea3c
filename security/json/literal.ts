/**
 * String literals of JSON: where one ends, what it says, and what is wrong inside. Reading goes on behind every fault,
 * because a string's end is certain even where a character in it is not allowed.
 */
import type { FaultName, Found } from './fault.ts';

// A message of ten thousand NULs has one problem, not ten thousand.
const MAX_OF_A_NAME = 16;

const LONG = 24;
/** What needs no second look in a literal. */
const RUN = /[ !#-[\]-~]*/y;

export class Strings {
  /** True when a literal broke the grammar: a raw control character or an unknown escape. */
  invalid = false;
  /** Whether the literal read last was printable ASCII without escapes. */
  ascii = true;
  readonly #text: string;
  readonly #faults: Found[];
  readonly #counts: Map<FaultName, number> = new Map();
  #escaped = false;
  #bad = false;

  constructor(text: string, faults: Found[]) {
    this.#text = text;
    this.#faults = faults;
  }

  /** Reads the literal whose quote stands at `open`; returns the offset behind its closing quote, −1 where it has none. */
  read(open: number): number {
    const text = this.#text;
    const length = text.length;
    let i = open + 1;
    let run = 0;
    this.ascii = true;
    this.#escaped = false;
    this.#bad = false;
    while (i < length) {
      const c = text.charCodeAt(i);
      if (c === 0x22) return i + 1;
      if (c >= 0x20 && c < 0x7f && c !== 0x5c) {
        // Long runs by one native search; short ones, keys above all, are over before it would begin.
        i++;
        if (++run === LONG) {
          RUN.lastIndex = i;
          RUN.test(text);
          i = RUN.lastIndex;
        }
        continue;
      }
      run = 0;
      this.ascii = false;
      if (c === 0x5c) i = this.#escape(i);
      else if (c >= 0xa0 && (c < 0xd800 || (c > 0xdfff && c < 0xfffe))) i++;
      else i = this.#odd(c, i);
    }
    return -1;
  }

  /** What the literal `text[start, end)` says, quotes included in the range; of a broken one, its characters as they are. */
  value(start: number, end: number): string {
    if (!this.#escaped || this.#bad) return this.#text.slice(start + 1, end - 1);
    return JSON.parse(this.#text.slice(start, end)) as string;
  }

  nul(start: number, end: number): void {
    this.add('nul-character', start, end, 'U+0000, where C code and databases end the text');
  }

  add(name: FaultName, start: number, end: number, detail: string): void {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    if (count <= MAX_OF_A_NAME) this.#faults.push({ name, span: [start, end], detail });
  }

  /** A raw character that is a control, a surrogate or no character at all. */
  #odd(c: number, i: number): number {
    if (c < 0x20) {
      this.#break('raw-control', i, i + 1, `U+${hex(c)} must be written as an escape`);
      if (c === 0) this.nul(i, i + 1);
      return i + 1;
    }
    return this.#unit(c, i, i + 1);
  }

  #escape(i: number): number {
    const c = this.#text.charCodeAt(i + 1);
    this.#escaped = true;
    if (c === 0x75) {
      const unit = this.#hex4(i + 2);
      if (unit >= 0) return this.#unit(unit, i, i + 6);
    } else if (isSimpleEscape(c)) return i + 2;
    if (i + 1 >= this.#text.length) return i + 1;
    // A \u that the end cuts off is a truncation, which the caller sees.
    if (c === 0x75 && i + 6 > this.#text.length && !this.#text.includes('"', i)) return this.#text.length;
    this.#break('invalid-json', i, i + 2, `${this.#text.slice(i, i + 2)} is no escape of JSON`);
    return i + 2;
  }

  /** One UTF-16 unit of the string's value, written as `text[start, end)`; takes a low surrogate behind a high one along. */
  #unit(c: number, start: number, end: number): number {
    if (c < 0xa0) {
      if (c === 0) this.nul(start, end);
      else if (!isOrdinary(c)) this.add('control-character', start, end, `the control character U+${hex(c)}`);
    } else if (c >= 0xd800 && c <= 0xdfff) {
      const low = c < 0xdc00 ? this.#lowAt(end) : 0;
      if (low > 0) return low;
      this.add('lone-surrogate', start, end, `half a character, U+${hex(c)}`);
    } else if (c >= 0xfffe) this.add('noncharacter', start, end, `U+${hex(c)} is no character`);
    return end;
  }

  /** Where the low surrogate at `i`, raw or escaped, ends; 0 if there is none. */
  #lowAt(i: number): number {
    const c = this.#text.charCodeAt(i);
    if (c >= 0xdc00 && c <= 0xdfff) return i + 1;
    if (c !== 0x5c || this.#text.charCodeAt(i + 1) !== 0x75) return 0;
    const unit = this.#hex4(i + 2);
    if (unit < 0xdc00 || unit > 0xdfff) return 0;
    this.#escaped = true;
    return i + 6;
  }

  #hex4(i: number): number {
    let unit = 0;
    for (let k = i; k < i + 4; k++) {
      const digit = hexDigit(this.#text.charCodeAt(k));
      if (digit < 0) return -1;
      unit = unit * 16 + digit;
    }
    return unit;
  }

  #break(name: FaultName, start: number, end: number, detail: string): void {
    this.invalid = true;
    this.#bad = true;
    this.add(name, start, end, detail);
  }
}

/** Controls that terminal output and documents carry every day: \b \t \n \v \f \r, ESC of colours, and NEL. */
function isOrdinary(c: number): boolean {
  return (c >= 0x08 && c <= 0x0d) || c === 0x1b || (c >= 0x20 && c < 0x7f) || c === 0x85;
}

function isSimpleEscape(c: number): boolean {
  return c === 0x22 || c === 0x5c || c === 0x2f || c === 0x6e || c === 0x74 || c === 0x72 || c === 0x62 || c === 0x66;
}

function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function hex(c: number): string {
  return c.toString(16).toUpperCase().padStart(4, '0');
}
