/** Uncontracted English braille (U+2800…): letters, the capital sign, the number sign, the common punctuation. */
import type { Pieces } from './pieces.ts';

const LETTERS: ReadonlyMap<number, string> = new Map(
  [...'⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵'].map((cell, i) => [cell.charCodeAt(0), String.fromCharCode(97 + i)] as const),
);
const MARKS: ReadonlyMap<number, string> = new Map(
  [...'⠀⠂⠆⠒⠲⠖⠦⠄⠤⠌⠴'].map((cell, i) => [cell.charCodeAt(0), ' ,;:.!?\'-/"'[i]!] as const),
);
const NUMBER = 0x283c;
const CAPITAL = 0x2820;
const LETTER_SIGN = 0x2830;
const SHORTEST = 4;
/** Signs in a row between two cells. */
const SIGNS = 8;

export function braille(text: string, pieces: Pieces): void {
  for (let i = 0; i < text.length; i++) {
    if (isCell(text.charCodeAt(i))) i = readRun(text, i, pieces);
  }
}

function readRun(text: string, start: number, pieces: Pieces): number {
  pieces.begin(start);
  let letters = 0;
  let number = false;
  let i = start;
  for (; i < text.length; i++) {
    const cell = text.charCodeAt(i);
    if (!isCell(cell)) {
      // Spaces, line ends and signs that braille was not asked for stand between its cells as they are.
      let to = i;
      while (to < i + SIGNS && isSign(text.charCodeAt(to))) to++;
      if (to === i || !isCell(text.charCodeAt(to))) break;
      pieces.weaver.copy(text, i, to);
      number = false;
      i = to - 1;
      continue;
    }
    if (cell === NUMBER) number = true;
    if (cell === NUMBER || cell === CAPITAL || cell === LETTER_SIGN) continue;
    const letter = LETTERS.get(cell);
    if (letter === undefined) {
      const mark = MARKS.get(cell) ?? ' ';
      pieces.weaver.put(mark.charCodeAt(0), i, i + 1);
      number = false;
      continue;
    }
    letters++;
    const index = letter.charCodeAt(0) - 97;
    pieces.weaver.put(number && index < 10 ? 48 + ((index + 1) % 10) : letter.charCodeAt(0), i, i + 1);
  }
  pieces.end(letters >= SHORTEST);
  return i;
}

function isCell(unit: number): boolean {
  return unit >= 0x2800 && unit <= 0x28ff;
}

/** ASCII without letters and digits. */
function isSign(unit: number): boolean {
  const lower = unit | 32;
  return (
    (unit >= 32 || unit === 10 || unit === 13 || unit === 9) &&
    unit < 127 &&
    !(lower >= 97 && lower <= 122) &&
    !(unit >= 48 && unit <= 57)
  );
}
