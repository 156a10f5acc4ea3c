/** Layers whose letters were changed one for one, or whose words were respelled, in the regions that words.ts found. */
import type { Span } from '../verdict.ts';
import { BAG, bagKey, Disguise, disguises, HASH_SEED, hashStep } from './disguises.ts';
import type { Found } from './findings.ts';
import { type Layer, Weaver } from './layer.ts';
import { LEET_LETTER, readCoded, readInterrupted, readLeet, runsTogether, segment, trimmed } from './tokens.ts';

const WORD = /[a-z0-9@$|!+<(]+/g;
/** Brackets are code more often than they are a `c`. */
const CODED_WORD = /[a-z0-9@$|!+]+/g;
const AT = 64;
const BAR = 124;

function eachRegion(
  layer: Layer,
  spans: readonly Span[],
  write: (weaver: Weaver, start: number, end: number) => void,
): Weaver {
  const weaver = new Weaver(layer);
  for (const [start, end] of spans) {
    if (weaver.length > 0) weaver.put(10, start, start + 1);
    write(weaver, start, end);
  }
  return weaver;
}

/** Every letter a–z replaced by `letter(0–25)`; the rest stays. */
export function substitute(layer: Layer, spans: readonly Span[], letter: (index: number) => number): Layer {
  return eachRegion(layer, spans, (weaver, start, end) => {
    for (let i = start; i < end; i++) {
      const unit = layer.text.charCodeAt(i);
      weaver.put(unit >= 97 && unit <= 122 ? 97 + letter(unit - 97) : unit, i, i + 1);
    }
  }).layer();
}

export function caesar(layer: Layer, spans: readonly Span[], shift: number): Layer {
  return substitute(layer, spans, (index) => (index + 26 - shift) % 26);
}

export function atbash(layer: Layer, spans: readonly Span[]): Layer {
  return substitute(layer, spans, (index) => 25 - index);
}

/** Each region read from its end. */
export function reversed(layer: Layer, spans: readonly Span[]): Layer {
  return eachRegion(layer, spans, (weaver, start, end) => {
    for (let i = end - 1; i >= start; i--) weaver.put(layer.text.charCodeAt(i), i, i + 1);
  }).layer(true);
}

/** Each word read from its end, words in their places. */
export function reversedWords(layer: Layer, spans: readonly Span[]): Layer {
  const { text } = layer;
  return eachRegion(layer, spans, (weaver, start, end) => {
    for (let i = start; i < end; ) {
      let to = i;
      while (to < end && isLetter(text.charCodeAt(to))) to++;
      for (let k = to - 1; k >= i; k--) weaver.put(text.charCodeAt(k), k, k + 1);
      if (to === i) weaver.put(text.charCodeAt(to), to, ++to);
      i = to;
    }
  }).layer(true);
}

const ONSET = /(?:[^aeiouy]*qu|[^aeiou][^aeiouy]*)$/;

/** Pig Latin back to words: `ignoreway` → ignore, `eviouspray` → previous. */
export function pigLatinBack(layer: Layer, spans: readonly Span[]): Layer {
  const { text } = layer;
  const { words, find } = disguises();
  return eachRegion(layer, spans, (weaver, start, end) => {
    for (const match of text.slice(start, end).matchAll(/[a-z]+|[^a-z]+/g)) {
      const from = start + match.index;
      const token = match[0];
      const found = find(hashOf(token));
      if ((found & 15) === Disguise.pig) spread(weaver, words[found >> 4]!, from, from + token.length);
      else if (token.endsWith('way')) weaver.copy(text, from, from + token.length - 3);
      else if (token.endsWith('ay') && token.length > 3) {
        const body = token.slice(0, -2);
        const onset = ONSET.exec(body)?.[0].slice(-2) ?? '';
        spread(weaver, onset + body.slice(0, body.length - onset.length), from, from + token.length);
      } else weaver.copy(text, from, from + token.length);
    }
  }).layer(true);
}

/** Other letters in the place of `[start, end)`: the first stands for the first, the last for the last. */
function spread(weaver: Weaver, word: string, start: number, end: number): void {
  const width = end - start;
  for (let k = 0; k < word.length; k++) {
    const from = start + Math.min(width - 1, Math.floor((k * width) / word.length));
    weaver.put(word.charCodeAt(k), from, k === word.length - 1 ? end : from + 1);
  }
}

export interface Respelled {
  readonly layer: Layer;
  readonly name: 'leet' | 'interrupted' | 'respelled';
  /** False where the misspellings are few enough to be slips. */
  readonly hidden: boolean;
}

interface Count {
  leet: number;
  interrupted: number;
  slip: number;
}

/** Leetspeak, slips, doubled letters and junk inside words, token by token. */
export function respell(layer: Layer, { respell: spans, leet }: Pick<Found, 'respell' | 'leet'>): Respelled {
  const count: Count = { leet: 0, interrupted: 0, slip: 0 };
  const { text } = layer;
  let region = 0;
  const weaver = eachRegion(layer, spans, (out, start, end) => {
    for (let i = start; i < end; ) {
      let to = i;
      while (to < end && !isSpace(text.charCodeAt(to))) to++;
      while (region < leet.length && leet[region]![1] <= i) region++;
      const coded = region < leet.length && leet[region]![0] <= i;
      if (to > i) respellChunk(text, out, i, to, coded, count);
      else out.put(text.charCodeAt(to), to, ++to);
      i = to;
    }
  });
  const name = count.leet > 0 ? 'leet' : count.interrupted > 0 ? 'interrupted' : 'respelled';
  return { layer: weaver.layer(), name, hidden: name !== 'respelled' || count.slip > 3 };
}

function respellChunk(text: string, out: Weaver, start: number, end: number, coded: boolean, count: Count): void {
  const interrupted = !coded && end - start <= 48 && readInterrupted(text, start, end) !== 0;
  if (interrupted || (count.interrupted > 1 && junkInside(text, start, end))) {
    count.interrupted++;
    for (let i = start; i < end; i++) {
      if (isLetter(text.charCodeAt(i))) out.put(text.charCodeAt(i), i, i + 1);
    }
    return;
  }
  let at = start;
  for (const match of text.slice(start, end).matchAll(coded ? CODED_WORD : WORD)) {
    const from = start + match.index;
    out.copy(text, at, from);
    at = from + match[0].length;
    if (coded) decodeToken(text, out, from, at, count);
    else respellToken(text, out, from, at, count);
  }
  out.copy(text, at, end);
}

function junkInside(text: string, start: number, end: number): boolean {
  return end - start < 200 && /[a-z][.*|_~^]+[a-z]/.test(text.slice(start, end));
}

function respellToken(text: string, out: Weaver, start: number, end: number, count: Count): void {
  const { words } = disguises();
  const leet = readLeet(text, start, end);
  const [from, to] = trimmed(text, start, end);
  if (leet !== 0) {
    count.leet++;
    spread(out, words[leet >> 4]!, from, to);
    out.copy(text, to, end);
    return;
  }
  const index = slipOf(text, start, end);
  if (index >= 0) {
    count.slip++;
    spread(out, words[index]!, start, end);
  } else out.copy(text, start, end);
}

/** A token where leetspeak is spoken: as a known word, else sign by sign; numbers that spell no word stay numbers. */
function decodeToken(text: string, out: Weaver, start: number, end: number, count: Count): void {
  const [from, to] = trimmed(text, start, end);
  for (const [a, b] of [
    [start, end],
    [start, to],
    [from, to],
  ] as const) {
    const read = readCoded(text, a, b);
    if (read === 0) continue;
    count.leet++;
    out.copy(text, start, a);
    spread(out, disguises().words[read >> 4]!, a, b);
    out.copy(text, b, end);
    return;
  }
  const number = /^\d+$/.test(text.slice(start, end));
  const address = text.charCodeAt(end) === 46;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    const stays = number || isLetter(unit) || i < from || i >= to || (unit === AT && address);
    out.put(stays ? unit : unit === BAR ? 108 : LEET_LETTER[unit] || unit, i, i + 1);
  }
}

/** The index of the cue that a word of plain letters is a slip, a scramble or a stretched form of; or −1. */
function slipOf(text: string, start: number, end: number): number {
  let hash = HASH_SEED;
  let squeezed = HASH_SEED;
  let bag = 0;
  let repeats = 0;
  for (let i = start, last = 0; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (!isLetter(unit)) return -1;
    hash = hashStep(hash, unit);
    bag = (bag + BAG[unit & 31]!) | 0;
    if (unit === last) repeats++;
    else squeezed = hashStep(squeezed, unit);
    last = unit;
  }
  const table = disguises();
  const found = table.find(hash);
  if ((found & 15) === Disguise.slip) return found >> 4;
  if (found !== 0) return -1;
  const scrambled = end - start < 4 ? 0 : table.findBag(bagKey(bag, text.charCodeAt(start), text.charCodeAt(end - 1)));
  if (scrambled !== 0) return scrambled >> 4;
  const long = repeats < 1 ? 0 : table.findSqueezed(squeezed);
  return long === 0 ? -1 : long >> 4;
}

/** Words that were run together, apart again: `ignoreallprevious`. */
export function apart(layer: Layer, spans: readonly Span[]): Layer {
  const { text } = layer;
  return eachRegion(layer, spans, (weaver, start, end) => {
    for (let i = start; i < end; ) {
      let to = i;
      while (to < end && isLetter(text.charCodeAt(to))) to++;
      if (to - i >= 16 && runsTogether(text, i, to)) writeCuts(weaver, text, i, to);
      else weaver.copy(text, i, to);
      if (to === i) weaver.put(text.charCodeAt(to), to, ++to);
      i = to;
    }
  }).layer();
}

export function writeCuts(weaver: Weaver, text: string, start: number, end: number): void {
  let first = true;
  for (const cut of segment(text, start, end)) {
    if (!first) weaver.put(32, cut.start, cut.start + 1);
    weaver.copy(text, cut.start, cut.end);
    first = false;
  }
}

function hashOf(word: string): number {
  let hash = HASH_SEED;
  for (let i = 0; i < word.length; i++) hash = hashStep(hash, word.charCodeAt(i));
  return hash;
}

export function isLetter(unit: number): boolean {
  return unit >= 97 && unit <= 122;
}

export function isSpace(unit: number): boolean {
  return unit === 32 || (unit >= 9 && unit <= 13);
}
