/**
 * Text whose words stand in reversed order: `instructions previous all ignore`. Nothing in its characters shows it, but
 * pairs like `the of` do: those below are 150 times rarer in the first 45,000 training texts than the other way round.
 */
import type { Span } from '../verdict.ts';
import { PairTable, pairKey, readWords, wordCount, wordId } from '../words.ts';
import { type Layer, Weaver } from './layer.ts';
import { Regions } from './regions.ts';
import { isSpace } from './rewrite.ts';

/** A word → the words that come before it in English and, after it, betray the order. */
const AFTER: Readonly<Record<string, string>> = {
  the: 'of in for on with at from is about under if and by all into without using send print reveal ignore disregard forget show tell give delete forward write to that as behind',
  your: 'of in to for on with from all by is into reveal print ignore disregard forget send share show tell repeat',
  to: 'want able going designed used wants needs',
  me: 'tell show give let help send',
  them: 'post send forward',
  all: 'ignore disregard forget delete send reveal print absolutely',
  an: 'is are as in to of you',
  a: 'is are in of with for write give making generate',
  my: 'to in of is on with',
  this: 'use of',
  any: 'without by ignore',
  how: 'for explain describe',
  up: 'look',
  you: 'while',
  other: 'no',
  been: 'have',
  instructions: 'previous prior all your the above these earlier original system any my former its',
  rules: 'the your all previous any no these',
  no: 'has have is with are',
  be: 'will must should would may can',
  precedentes: 'instructions',
  anteriores: 'instrucciones instrucoes',
  precedenti: 'istruzioni',
  anweisungen: 'vorherigen bisherigen',
  instructies: 'vorige',
};
/** The same in another script, whose words nobody numbers. */
const FOREIGN = / инструкции предыдущие(?!\S)/g;
const FOREIGN_PAGE = 0x04;

/** A line that begins with the end of a sentence and ends without one. */
const TURNED =
  /(?!(?:hi|hello|hey|thanks|sorry|okay|sure|yes|please|note|great|welcome|morning)\b)[\w'"]{4,40}[.!?] (?=\S+ \S+ )[^\n]{8,400}[a-z:]$/my;

/** A command before the pipe that feeds it, or at the end of a line behind its own option, address or path. */
const COMMANDS = ['xargs', 'curl', 'mail', 's3', 'wget', 'scp', 'nslookup'];
const COMMAND =
  / (?:xargs \||curl \||mail \||s3 aws\b|(?:curl|wget|scp|nslookup)$(?<=(?:^|\s)(?:-(?!y )\S{1,200}|\S{0,40}:\/\/\S{1,200}|[~/]\S{1,200}) \w{1,9}))/my;

const PAIR = 1;
const NAME = 2;

/** What the numbers of words say; made on first use. */
interface Signs {
  /** [words] u8: PAIR where a word begins a pair, NAME where it is a command. */
  readonly of: Uint8Array;
  readonly pairs: PairTable<true>;
}

let signs: Signs | undefined;

function readSigns(): Signs {
  const pairs = new Map<number, true>();
  for (const [word, before] of Object.entries(AFTER)) {
    for (const other of before.split(' ')) pairs.set(pairKey(wordId(word), wordId(other)), true);
  }
  const names = COMMANDS.map(wordId);
  const of = new Uint8Array(wordCount());
  for (const word of Object.keys(AFTER)) of[wordId(word)]! |= PAIR;
  for (const name of names) of[name]! |= NAME;
  return { of, pairs: new PairTable(pairs) };
}

/** Where the words go backwards; empty for ordinary text. */
export function backwards(text: string): readonly Span[] {
  const found: [number, number][] = [];
  inWords(text, found);
  for (let line = 0; line >= 0 && line < text.length; line = text.indexOf('\n', line) + 1 || -1) {
    TURNED.lastIndex = line;
    if (TURNED.test(text)) found.push([line, TURNED.lastIndex]);
  }
  if (found.length === 0) return found;
  found.sort((a, b) => a[1] - b[1]);
  const regions = new Regions(1);
  for (const [start, end] of found) regions.add(start, end);
  return regions.spans(text);
}

/** Pairs and commands, by the numbers of their words: the search for them cost a text a third of its time. */
function inWords(text: string, found: [number, number][]): void {
  signs ??= readSigns();
  const { of, pairs } = signs;
  const { count, ids, starts, pages } = readWords(text);
  for (let i = 0; i < count; i++) {
    const sign = of[ids[i]!] ?? 0;
    const start = starts[i]!;
    if (sign === 0 || text.charCodeAt(start - 1) !== 32) continue;
    if ((sign & PAIR) !== 0 && i + 1 < count && pairs.find(pairKey(ids[i]!, ids[i + 1]!)) === true) {
      const next = starts[i + 1]!;
      const end = wordEnd(text, next);
      if (text.charCodeAt(next - 1) === 32 && wordEnd(text, start) === next - 1 && stands(text, end)) {
        found.push([start, end]);
      }
    }
    COMMAND.lastIndex = start - 1;
    if ((sign & NAME) !== 0 && COMMAND.test(text)) found.push([start, COMMAND.lastIndex]);
  }
  if (pages[FOREIGN_PAGE] === 0) return;
  for (const pair of text.matchAll(FOREIGN)) found.push([pair.index + 1, pair.index + pair[0].length]);
}

/** Where the letters and digits end that begin here. */
function wordEnd(text: string, start: number): number {
  let end = start;
  for (let c = text.charCodeAt(end); (c >= 97 && c <= 122) || (c >= 48 && c <= 57); ) c = text.charCodeAt(++end);
  return end;
}

/** Whether nothing but a gap follows. */
function stands(text: string, end: number): boolean {
  return end === text.length || isSpace(text.charCodeAt(end));
}

/** The words of each line of each region, the last one first. */
export function forwards(layer: Layer, spans: readonly Span[]): Layer {
  const { text } = layer;
  const weaver = new Weaver(layer);
  for (const [start, end] of spans) {
    if (weaver.length > 0) weaver.put(10, start, start + 1);
    for (let line = start; line < end; ) {
      let to = line;
      while (to < end && text.charCodeAt(to) !== 10) to++;
      for (let last = to; last > line; ) {
        let from = last;
        const blank = isSpace(text.charCodeAt(last - 1));
        while (from > line && isSpace(text.charCodeAt(from - 1)) === blank) from--;
        weaver.copy(text, from, last);
        last = from;
      }
      if (to < end) weaver.put(10, to, to + 1);
      line = to + 1;
    }
  }
  return weaver.layer(true);
}
