/**
 * Letters of other scripts in the place of Latin ones (UTS #39). Words that mix scripts, and words of look-alikes that
 * spell a cue, show the disguise; around them every letter with a Latin look-alike is folded, so that hosts, names and
 * short words come along. Where native words are more, nothing around them changes: Russian, Greek, Armenian stay.
 */
import type { Span } from '../verdict.ts';
import { Disguise, disguises, HASH_SEED, hashStep } from './disguises.ts';
import type { Layer } from './layer.ts';
import { LOOKS_LIKE } from './points.ts';
import { Regions } from './regions.ts';
import { isLetter } from './rewrite.ts';

export interface Unglyphed {
  /** The whole text with ASCII letters in those words; same length, same origins. */
  readonly layer: Layer;
  readonly spans: readonly Span[];
  /** Words that were rewritten. */
  readonly words: number;
  readonly first: number;
  readonly last: number;
}

/** Words further apart than this many characters know nothing of each other. */
const REACH = 160;
/** Longer runs are no words. */
const LONGEST = 64;
/** Two mixed words, or one that spells a cue or goes to and fro between scripts. */
const ENOUGH = 2;

/**
 * Letters that a reader takes for Latin ones although UTS #39 does not, or that it reads as their capitals look: small
 * palochka is an l. By eye, from the charts; they are folded among disguised words alone.
 */
const ROUGH: ReadonlyMap<number, number> = new Map(
  Object.entries({ n: 'пրռ', u: 'и', z: 'з', w: 'шωա', r: 'я', l: 'ӏլ', s: 'ς', e: 'ε', h: 'ң', m: 'ʍ' }).flatMap(
    ([letter, chars]) => Array.from(chars, (char) => [char.charCodeAt(0), letter.charCodeAt(0)] as const),
  ),
);
/** Capitals that look like another letter than their small forms do. */
const CAPITALS: ReadonlyMap<number, number> = new Map(
  Object.entries({ Ν: 'n', Η: 'h', Υ: 'y', Ӏ: 'i', Տ: 's' }).map(([char, letter]) => [
    char.charCodeAt(0),
    letter.charCodeAt(0),
  ]),
);

interface Word {
  readonly start: number;
  readonly end: number;
  /** What it says for a disguise; 0 for most. */
  readonly weight: number;
  /** 1 where it has letters that look like nothing Latin, and none that are Latin. */
  readonly native: number;
  readonly alike: boolean;
}

/**
 * @param cased  the same text in its own case, where it has the same length
 * @returns undefined where no word was disguised
 */
export function unglyph(layer: Layer, cased: string = layer.text): Unglyphed | undefined {
  const { text } = layer;
  const words = read(text, cased);
  const regions = new Regions(1);
  const parts: string[] = [];
  let copied = 0;
  let count = 0;
  let first = -1;
  let last = -1;
  let low = 0;
  let high = 0;
  let weight = 0;
  let natives = 0;
  for (const word of words) {
    for (; high < words.length && words[high]!.start <= word.end + REACH; high++) {
      weight += words[high]!.weight;
      natives += words[high]!.native;
    }
    for (; words[low]!.end < word.start - REACH; low++) {
      weight -= words[low]!.weight;
      natives -= words[low]!.native;
    }
    if (!word.alike || !(word.weight >= ENOUGH || (weight >= ENOUGH && weight > 2 * natives))) continue;
    parts.push(text.slice(copied, word.start), plain(text, cased, word.start, word.end));
    copied = word.end;
    count++;
    if (first < 0) first = word.start;
    last = word.end;
    regions.add(word.start, word.end);
  }
  if (count === 0) return undefined;
  parts.push(text.slice(copied));
  const whole = parts.join('');
  return {
    layer: layer.map ? { text: whole, map: layer.map } : { text: whole },
    spans: regions.spans(whole),
    words: count,
    first,
    last,
  };
}

/** The words with letters outside ASCII. */
function read(text: string, cased: string): Word[] {
  const words: Word[] = [];
  for (let i = 0; i < text.length; ) {
    let latin = 0;
    let alike = 0;
    let rough = 0;
    let foreign = 0;
    let turns = 0;
    let side = 0;
    let end = i;
    for (; end < text.length; end++) {
      const unit = text.charCodeAt(end);
      const before = side;
      if (isLetter(unit)) {
        latin++;
        side = 1;
      } else if (unit < 0xaa) {
        if (unit < 48 || unit > 57) break;
      } else {
        if (isGap(unit)) break;
        if (LOOKS_LIKE[unit] !== 0) alike++;
        else if (ROUGH.has(unit)) rough++;
        else foreign++;
        side = 2;
      }
      if (before !== 0 && side !== before) turns++;
    }
    if (alike + rough + foreign > 0) {
      const whole = foreign === 0 && end - i <= LONGEST;
      words.push({
        start: i,
        end,
        weight: whole ? weigh(text, cased, i, end, latin > 0 ? turns : 0) : 0,
        native: foreign > 0 && latin === 0 ? 1 : 0,
        alike: alike + rough > 0 && end - i <= LONGEST,
      });
    }
    i = end + 1;
  }
  return words;
}

/** @param turns  how often the script changes inside the word */
function weigh(text: string, cased: string, start: number, end: number, turns: number): number {
  const size = end - start;
  // Two letters of two scripts are a unit or a variable: µs, Δt, nу after a backslash.
  if (turns > 1 && size > 3) return ENOUGH;
  if (turns === 0 && size <= 3) return 0;
  let hash = HASH_SEED;
  for (let i = start; i < end; i++) hash = hashStep(hash, letter(text, cased, i));
  const found = disguises().find(hash) & 15;
  if (found === Disguise.plain || (turns > 0 && found === Disguise.common)) return ENOUGH;
  return turns > 0 && size > 3 ? 1 : 0;
}

function plain(text: string, cased: string, start: number, end: number): string {
  let letters = '';
  for (let i = start; i < end; i++) letters += String.fromCharCode(letter(text, cased, i));
  return letters;
}

/** What a reader takes the unit for. */
function letter(text: string, cased: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0xaa) return unit;
  return CAPITALS.get(cased.charCodeAt(at)) ?? ROUGH.get(unit) ?? (LOOKS_LIKE[unit] || unit);
}

/** General punctuation and the CJK signs and blanks: what stands between words. */
function isGap(unit: number): boolean {
  return (unit >= 0x2000 && unit < 0x2100) || (unit >= 0x3000 && unit < 0x3040);
}
