/**
 * Whether a text that comes piece by piece may still become one JSON object or array. The scanner reads such a text as
 * JSON and judges its strings (input.ts), so a stream has to know before the text is complete.
 */

const AT = { value: 0, key: 1, colon: 2, comma: 3, string: 4, escape: 5, scalar: 6, done: 7, first: 8 } as const;

export class JsonPrefix {
  #state: number = AT.value;
  /** `{` or `[` for each open container. */
  readonly #open: string[] = [];
  #inKey = false;

  /** @returns false as soon as no continuation makes a JSON container of it */
  push(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (!this.#step(text[i]!)) return false;
    return this.#open.length <= 4096;
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
    if (char === ' ' || char === '\n' || char === '\r' || char === '\t') return true;
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
