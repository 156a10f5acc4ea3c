/**
 * What an attacker does to a text so that a reader (a person, a model) still gets it and a filter does not.
 * Each one is written from the definition of the trick or the encoding, never from security/normalize, so that the
 * opponent is an honest one. Lists: garak's `encoding`, `badchars` and `smuggling` probes; Boucher et al. 2106.09898.
 */
import type { Random } from './random.ts';

export interface Transform {
  /** Kebab-case, unique; the row of the table and the word after `--only` and `--misses`. */
  readonly name: string;
  /** `ascii`: the alphabet of the trick has no place for other letters, so that other texts would lose their meaning. */
  readonly accepts: 'any' | 'ascii';
  /**
   * True when the original can be read back character by character, case included. Only these are put over texts that
   * are encoded already: base64 in random case is no longer an attack.
   */
  readonly exact: boolean;
  apply(text: string, random: Random): string;
}

type Apply = Transform['apply'];

/** A trick for any text from which the original can be read back. */
export const exact = (name: string, apply: Apply): Transform => ({ name, accepts: 'any', exact: true, apply });

/** A trick for ASCII texts from which the original can be read back. */
export const exactAscii = (name: string, apply: Apply): Transform => ({ name, accepts: 'ascii', exact: true, apply });

/** A trick for any text that loses something a reader does without. */
export const lossy = (name: string, apply: Apply): Transform => ({ name, accepts: 'any', exact: false, apply });

/** A trick for ASCII texts that loses something a reader does without. */
export const lossyAscii = (name: string, apply: Apply): Transform => ({ name, accepts: 'ascii', exact: false, apply });

/** Whether `transform` may be put over `text`. */
export function applies(transform: Transform, text: string): boolean {
  return transform.accepts === 'any' || /^[\t\n\r -~]*$/u.test(text);
}

/** Every code point replaced by what `replace` makes of it. */
export function perChar(text: string, replace: (char: string, index: number) => string): string {
  return Array.from(text, replace).join('');
}

/** Every run of letters and digits, with the apostrophes inside it, replaced by what `replace` makes of it. */
export function perWord(text: string, replace: (word: string, index: number) => string): string {
  let index = 0;
  return text.replace(/[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*/gu, (word) => replace(word, index++));
}
