/** International Morse (ITU-R M.1677-1): letters apart by a space, words by a slash, a bar or a wider gap. */
import type { Leads } from '../scan.ts';
import type { Pieces } from './pieces.ts';

const CODES: ReadonlyMap<string, string> = new Map(
  `a.- b-... c-.-. d-.. e. f..-. g--. h.... i.. j.--- k-.- l.-.. m-- n-. o--- p.--. q--.- r.-. s... t- u..- v...- w.-- x-..-
y-.-- z--.. 0----- 1.---- 2..--- 3...-- 4....- 5..... 6-.... 7--... 8---.. 9----. ..-.-.- ,--..-- ?..--.. '.----. !-.-.--
/-..-. (-.--. )-.--.- &.-... :---... ;-.-.-. =-...- +.-.-. --....- _..--.- ".-..-. $...-..- @.--.-.`
    .split(/\s+/)
    .map((entry) => [entry.slice(1), entry[0]!] as const),
);

/** Fewer letters than this are a rule, an ellipsis or a face. */
const SHORTEST = 5;
const LONGEST_CODE = 7;

export function morse(text: string, pieces: Pieces, leads: Leads): void {
  let done = 0;
  for (let k = 0; k < leads.length; k += 2) {
    for (let i = Math.max(done, leads[k]!); i < leads[k + 1]!; i = done) {
      // The full stop of the sentence before is no dot.
      const begins = stroke(text.charCodeAt(i)) !== '' && !isWord(text.charCodeAt(i - 1));
      done = begins ? Math.max(i + 1, readRun(text, i, pieces)) : i + 1;
    }
  }
}

function readRun(text: string, start: number, pieces: Pieces): number {
  pieces.begin(start);
  const seen = new Set<string>();
  let letters = 0;
  let wrong = 0;
  let at = start;
  let end = start;
  while (at < text.length) {
    let code = '';
    let to = at;
    for (let mark = stroke(text.charCodeAt(to)); mark !== ''; mark = stroke(text.charCodeAt(to))) {
      if (code.length <= LONGEST_CODE) code += mark;
      to++;
    }
    if (to === at) break;
    const letter = CODES.get(code);
    if (letter === undefined) wrong++;
    else {
      letters++;
      seen.add(letter);
      pieces.weaver.put(letter.charCodeAt(0), at, to);
    }
    end = to;
    let gap = to;
    let spaces = 0;
    let slash = false;
    for (; gap < text.length && gap < to + 12; gap++) {
      const unit = text.charCodeAt(gap);
      if (unit === 32 || unit === 10 || unit === 13 || unit === 9) spaces++;
      else if (unit === 47 || unit === 124) slash = true;
      else break;
    }
    if (gap === to || stroke(text.charCodeAt(gap)) === '') break;
    if (slash || spaces > 1) pieces.weaver.put(32, to, gap);
    at = gap;
  }
  pieces.end(letters >= SHORTEST && seen.size >= 4 && wrong * 5 <= letters);
  return end;
}

function stroke(unit: number): '.' | '-' | '' {
  if (unit === 46 || unit === 0xb7 || unit === 0x2022 || unit === 0x22c5 || unit === 0x25cf) return '.';
  if (unit === 45 || unit === 0x2212 || (unit >= 0x2010 && unit <= 0x2015) || unit === 95) return '-';
  return '';
}

function isWord(unit: number): boolean {
  return (unit >= 48 && unit <= 57) || ((unit | 32) >= 97 && (unit | 32) <= 122);
}
