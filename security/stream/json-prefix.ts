/**
 * A text that comes piece by piece and may be JSON. The scanner reads such a text as JSON, judges its strings and its
 * structure (input.ts, json/index.ts), and only the whole text tells what it finds there; so a stream has to know early
 * which texts it must hold until they are complete.
 */

const AT = { value: 0, key: 1, colon: 2, comma: 3, string: 4, escape: 5, scalar: 6, done: 7, first: 8 } as const;

/** A byte order mark before JSON is a fault and no reason to read something else. */
const BLANK = /[\s\ufeff]/;

/** Open containers after which the rest is not followed any more; the scanner's limit is 32. */
const MAX_OPEN = 4096;

export class JsonPrefix {
  #state: number = AT.value;
  /** `{` or `[` for each open container. */
  readonly #open: string[] = [];
  #inKey = false;
  #broken = false;
  /** The first characters that are no blanks. */
  #first = '';

  push(text: string): void {
    for (let i = 0; i < text.length && !this.#broken; i++) {
      const char = text[i]!;
      if (this.#first.length < 2 && !BLANK.test(char)) this.#first += char;
      this.#broken = !this.#step(char) || this.#open.length > MAX_OPEN;
    }
  }

  /** False once the text can be judged as it comes: no JSON, or broken JSON that is no message. */
  get whole(): boolean {
    return !this.#broken || this.#first === '{"' || this.#first === '[{';
  }

  /** Whether the text began as JSON: what broke later has faults before that place. */
  get begun(): boolean {
    return this.#first.length === 2;
  }

  #step(char: string): boolean {
    if (this.#state === AT.string) {
      if (char === '\\') this.#state = AT.escape;
      else if (char === '"') this.#state = this.#inKey ? AT.colon : AT.comma;
      return true;
    }
    if (this.#state === AT.escape) {
      this.#state = AT.string;
      return true;
    }
    if (this.#state === AT.scalar) {
      if (/[\w.+-]/.test(char)) return true;
      this.#state = AT.comma;
    }
    if (BLANK.test(char)) return true;
    if ((char === '}' || char === ']') && this.#state !== AT.value && this.#state !== AT.colon)
      return this.#close(char);
    switch (this.#state) {
      case AT.colon:
        this.#state = AT.value;
        return char === ':';
      case AT.comma:
        this.#state = this.#open.at(-1) === '{' ? AT.key : AT.value;
        return char === ',' && this.#open.length > 0;
      case AT.key:
        return this.#string(char, true);
      case AT.first:
        return this.#open.at(-1) === '{' ? this.#string(char, true) : this.#value(char);
      case AT.value:
        return this.#value(char);
      default:
        return false;
    }
  }

  #value(char: string): boolean {
    if (char === '{' || char === '[') {
      this.#open.push(char);
      this.#state = AT.first;
      return true;
    }
    if (this.#open.length === 0) return false;
    if (char === '"') return this.#string(char, false);
    this.#state = AT.scalar;
    return /[-\dtfn]/.test(char);
  }

  #string(char: string, key: boolean): boolean {
    this.#inKey = key;
    this.#state = AT.string;
    return char === '"';
  }

  #close(char: string): boolean {
    if (this.#open.pop() !== (char === '}' ? '{' : '[')) return false;
    this.#state = this.#open.length === 0 ? AT.done : AT.comma;
    return true;
  }
}
