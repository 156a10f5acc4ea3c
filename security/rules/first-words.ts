/**
 * A pattern → the words that its matches can begin with: the cheap filter that runs before any regular expression.
 * Derived instead of written beside each rule, because the first hand-written lists left out one word in thirty.
 *
 * Reads the part of the syntax that pattern.ts produces: groups, alternatives, sets, bounded repetitions, look-around.
 */
import { foldLatin } from './pattern.ts';

/** Stems of other scripts end here: longer ones find no less, and each costs a search of its own. */
const STEM = 4;

/** Where the reading stands: words that are complete, and beginnings that may go on ('' where nothing was read yet). */
interface Reading {
  readonly done: Set<string>;
  open: ReadonlySet<string>;
}

/**
 * Latin words are whole and without accents; words of other scripts are stems, to be found anywhere.
 *
 * @throws Error  a match could begin with something that is no word, or with a Latin word of unknown end; names it
 */
export function firstWords(pattern: RegExp): string[] {
  const reader = new Reader(pattern.source);
  const reading: Reading = { done: new Set(), open: new Set(['']) };
  reader.alternatives(reading);
  if (reading.open.has('')) throw new Error(`rule pattern can match nothing: ${pattern.source.slice(0, 80)}`);
  return [...new Set([...reading.done, ...reading.open])];
}

class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Up to the closing parenthesis or the end; every branch starts from the same beginnings. */
  alternatives(reading: Reading): void {
    const start = reading.open;
    const ends = new Set<string>();
    do {
      reading.open = start;
      while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!)) this.#repeated(reading);
      for (const word of reading.open) ends.add(word);
    } while (this.#source[this.#at++] === '|');
    this.#at--;
    reading.open = ends;
  }

  /** One atom with its repetition. Two rounds are enough: what follows a whole round is no first word any more. */
  #repeated(reading: Reading): void {
    const before = reading.open;
    const from = this.#at;
    this.#atom(reading);
    const times = /^(?:\?|\{(\d+)(?:,(\d+))?\})\??/u.exec(this.#source.slice(this.#at, this.#at + 12));
    if (times === null) return;
    const least = times[1] === undefined ? 0 : Number(times[1]);
    const most = times[0].startsWith('?') ? 1 : Number(times[2] ?? times[1]);
    const after = this.#at + times[0].length;
    const all = new Set(least === 0 ? [...before, ...reading.open] : reading.open);
    if (most > 1 && reading.open.size > 0) {
      this.#at = from;
      this.#atom(reading);
      for (const word of reading.open) all.add(word);
    }
    reading.open = all;
    this.#at = after;
  }

  #atom(reading: Reading): void {
    const rest = this.#source.slice(this.#at, this.#at + 4);
    if (/^\((?:\?<?[=!])/u.test(rest)) {
      this.#lookAround(/^\(\?=|^\(\?!/u.test(rest) ? 3 : 4);
    } else if (rest.startsWith('(')) {
      this.#at += rest.startsWith('(?:') ? 3 : 1;
      this.alternatives(reading);
      this.#at++;
    } else if (rest.startsWith('[')) {
      this.#step(reading, this.#set());
    } else if (rest.startsWith('\\')) {
      this.#escape(reading);
    } else {
      this.#at += 1;
      this.#step(reading, rest.startsWith('^') || rest.startsWith('$') ? undefined : [rest[0]!]);
    }
  }

  /** A look-around reads nothing; its inside is skipped. */
  #lookAround(head: number): void {
    this.#at += head;
    this.alternatives({ done: new Set(), open: new Set() });
    this.#at++;
  }

  #escape(reading: Reading): void {
    const token = /^\\(?:p\{\w+\}|x[\da-f]{2}|u[\da-f]{4}|.)/u.exec(this.#source.slice(this.#at, this.#at + 8))![0];
    this.#at += token.length;
    if (token === '\\b') this.#step(reading, undefined);
    else if (/^\\[wdp]/u.test(token)) this.#step(reading, 'any');
    else this.#step(reading, [token.length === 2 && token !== '\\n' && token !== '\\s' ? token[1]! : ' ']);
  }

  /** The members of a small set of letters, one blank for a set without letters, `any` for everything else. */
  #set(): readonly string[] | 'any' {
    const source = /^\[(?:\\.|[^\]\\])*\]/u.exec(this.#source.slice(this.#at))![0];
    this.#at += source.length;
    const inside = source.slice(1, -1);
    const letters = [...inside.replace(/\\u[\da-f]{4}|\\x[\da-f]{2}|\\[sn]/gu, '')].filter((c) =>
      /[\p{L}\p{N}]/u.test(c),
    );
    if (inside.startsWith('^') || /\\[wdp]/u.test(inside) || /[a-z0-9]-[a-z0-9]/u.test(inside)) return 'any';
    return letters.length === 0 ? [' '] : letters;
  }

  /** Every beginning goes on with each of the characters; undefined is the edge of a word and reads nothing. */
  #step(reading: Reading, characters: readonly string[] | 'any' | undefined): void {
    const next = new Set<string>();
    for (const word of reading.open) {
      const latin = /^[a-z0-9]*$/u.test(word);
      if (word !== '' && (characters === undefined || (!latin && characters === 'any'))) reading.done.add(word);
      else if (characters === undefined) next.add(word);
      else if (characters === 'any') {
        throw new Error(
          `rule pattern goes on with any character after "${word}": ${this.#source.slice(0, this.#at).slice(-80)}`,
        );
      } else for (const character of characters) this.#grow(reading, next, word, character);
    }
    reading.open = next;
  }

  #grow(reading: Reading, next: Set<string>, word: string, character: string): void {
    const folded = foldLatin(character);
    const letter = /^[a-z0-9]$/u.test(folded) ? folded : /[\p{L}\p{M}\p{N}]/u.test(character) ? character : '';
    const sameScript = word === '' || /^[a-z0-9]/u.test(word) === /^[a-z0-9]/u.test(letter);
    const stem = word.length >= STEM && !/^[a-z0-9]/u.test(word);
    if (letter !== '' && sameScript && !stem) next.add(word + letter);
    else if (word !== '') reading.done.add(word);
    else throw new Error(`rule pattern begins with "${character}": ${this.#source.slice(0, 80)}`);
  }
}
