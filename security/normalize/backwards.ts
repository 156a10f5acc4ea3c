/**
 * Text whose words stand in reversed order: `instructions previous all ignore`. Nothing in its characters shows it, but
 * pairs like `the of` do: those below are 150 times rarer in the first 45,000 training texts than the other way round.
 */
import type { Span } from '../verdict.ts';
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
  инструкции: 'предыдущие',
};
/** One pass for all pairs; a search for each word took four times as long. */
const PAIR = new RegExp(
  ` (?:${Object.entries(AFTER)
    .map(([word, before]) => `${word} (?:${before.replaceAll(' ', '|')})`)
    .join('|')})(?!\\S)`,
  'g',
);

/** A line that begins with the end of a sentence and ends without one. */
const TURNED =
  /(?!(?:hi|hello|hey|thanks|sorry|okay|sure|yes|please|note|great|welcome|morning)\b)[\w'"]{4,40}[.!?] (?=\S+ \S+ )[^\n]{8,400}[a-z:]$/my;

/** A command before the pipe that feeds it, or at the end of a line behind its own option, address or path. */
const COMMAND =
  / (?:xargs \||curl \||mail \||s3 aws\b|(?:curl|wget|scp|nslookup)$(?<=(?:^|\s)(?:-(?!y )\S{1,200}|\S{0,40}:\/\/\S{1,200}|[~/]\S{1,200}) \w{1,9}))/gm;

/** Where the words go backwards; empty for ordinary text. */
export function backwards(text: string): readonly Span[] {
  const found: [number, number][] = [];
  for (const pair of text.matchAll(PAIR)) found.push([pair.index + 1, pair.index + pair[0].length]);
  for (let line = 0; line >= 0 && line < text.length; line = text.indexOf('\n', line) + 1 || -1) {
    TURNED.lastIndex = line;
    if (TURNED.test(text)) found.push([line, TURNED.lastIndex]);
  }
  for (const name of text.matchAll(COMMAND)) found.push([name.index + 1, name.index + name[0].length]);
  if (found.length === 0) return found;
  found.sort((a, b) => a[1] - b[1]);
  const regions = new Regions(1);
  for (const [start, end] of found) regions.add(start, end);
  return regions.spans(text);
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
