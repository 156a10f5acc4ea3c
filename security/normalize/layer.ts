/**
 * A layer is text plus the way back: which of the caller's characters each of its code units came from. Layers are made
 * from layers (fold, decode, fold again) and always point straight at the caller's text, so that no chain is walked.
 */
import type { Span } from '../verdict.ts';

export interface Layer {
  readonly text: string;
  /** Start and end of each code unit's origin in the caller's text; absent where every unit stands for itself. */
  readonly map?: OffsetMap;
}

export interface OffsetMap {
  /** [text.length] u32 */
  readonly starts: Uint32Array;
  /** [text.length] u32 */
  readonly ends: Uint32Array;
  /** True where the origins do not rise with the text: reversed or reordered. */
  readonly scrambled: boolean;
}

/** The caller's characters behind `layer.text[start, end)`; an empty stretch gives an empty span. */
export function origin(layer: Layer, start: number, end: number): Span {
  const size = layer.text.length;
  const from = Math.max(0, Math.min(start, size));
  const to = Math.max(from, Math.min(end, size));
  const map = layer.map;
  if (!map) return [from, to];
  if (size === 0) return [0, 0];
  if (from === to) {
    const at = from < size ? map.starts[from]! : map.ends[size - 1]!;
    return [at, at];
  }
  if (!map.scrambled) return [map.starts[from]!, Math.max(map.starts[from]!, map.ends[to - 1]!)];
  let low = map.starts[from]!;
  let high = map.ends[from]!;
  for (let i = from + 1; i < to; i++) {
    low = Math.min(low, map.starts[i]!);
    high = Math.max(high, map.ends[i]!);
  }
  return [low, high];
}

/** How many more characters may be decoded before a budget names itself. */
export interface Allowance {
  left: number;
}

const NO_UNITS = new Uint16Array(0);
const NO_OFFSETS = new Uint32Array(0);
let spare: [Uint16Array, Uint32Array, Uint32Array] | undefined;

/** Builds a layer unit by unit over a parent. Everything is written in the parent's offsets and stored in the caller's. */
export class Weaver {
  #units: Uint16Array;
  #starts: Uint32Array;
  #ends: Uint32Array;
  readonly #parent: OffsetMap | undefined;
  readonly #allowance: Allowance | undefined;
  #scrambled: boolean;
  length = 0;
  /** Set when the allowance ran out: the rest was dropped. */
  full = false;

  constructor(parent: Layer, capacity = 0, allowance?: Allowance) {
    // Most weavers of most texts stay empty: the decoders that find nothing.
    this.#units = capacity === 0 ? NO_UNITS : new Uint16Array(capacity);
    this.#starts = capacity === 0 ? NO_OFFSETS : new Uint32Array(capacity);
    this.#ends = capacity === 0 ? NO_OFFSETS : new Uint32Array(capacity);
    this.#parent = parent.map;
    this.#scrambled = parent.map?.scrambled ?? false;
    this.#allowance = allowance;
  }

  /** One code unit that stands for the parent's `[start, end)`, `end > start`. */
  put(unit: number, start: number, end: number): void {
    if (this.#allowance && this.length >= this.#allowance.left) {
      this.full = true;
      return;
    }
    if (this.length === this.#units.length) this.#grow();
    this.#units[this.length] = unit;
    this.#place(this.length++, start, end);
  }

  /** `units[start, end)`, which stand for the parent's same offsets. For makers without an allowance. */
  putAligned(units: Uint16Array, start: number, end: number): void {
    while (this.length + end - start > this.#units.length) this.#grow();
    const at = this.length - start;
    this.#units.set(units.subarray(start, end), this.length);
    this.length += end - start;
    if (this.#parent) for (let i = start; i < end; i++) this.#place(at + i, i, i + 1);
    else {
      for (let i = start; i < end; i++) {
        this.#starts[at + i] = i;
        this.#ends[at + i] = i + 1;
      }
    }
  }

  putText(text: string, start: number, end: number): void {
    for (let i = 0; i < text.length; i++) this.put(text.charCodeAt(i), start, end);
  }

  putPoint(point: number, start: number, end: number): void {
    if (point < 0x10000) this.put(point, start, end);
    else {
      this.put(0xd800 + ((point - 0x10000) >> 10), start, end);
      this.put(0xdc00 + ((point - 0x10000) & 0x3ff), start, end);
    }
  }

  /** The parent's own characters, each standing for itself. */
  copy(text: string, start: number, end: number): void {
    for (let i = start; i < end; i++) this.put(text.charCodeAt(i), i, i + 1);
  }

  /** The unit at `index` now stands for text up to the parent's `end` (a mark that was dropped belongs to its letter). */
  stretch(index: number, end: number): void {
    const last = this.#parent ? this.#parent.ends[end - 1]! : end;
    // In a text that was turned round, the mark stands before its letter.
    if (!this.#parent?.scrambled) this.#ends[index] = last;
    else {
      this.#starts[index] = Math.min(this.#starts[index]!, this.#parent.starts[end - 1]!);
      this.#ends[index] = Math.max(this.#ends[index]!, last);
    }
  }

  unitAt(index: number): number {
    return this.#units[index]!;
  }

  replace(index: number, unit: number): void {
    this.#units[index] = unit;
  }

  /** Forgets everything after `length`: a stretch that turned out to be no text. */
  rewind(length: number): void {
    this.length = length;
  }

  /** Gives the room of a weaver that nobody needs any more to the next one: a decoder that found nothing. */
  recycle(): void {
    if (this.#units.length > 0 && this.#units.length <= 4096) spare = [this.#units, this.#starts, this.#ends];
    this.#units = NO_UNITS;
    this.#starts = this.#ends = NO_OFFSETS;
    this.length = 0;
  }

  layer(scrambled = false): Layer {
    return {
      text: toText(this.#units, 0, this.length),
      map: {
        starts: this.#starts.slice(0, this.length),
        ends: this.#ends.slice(0, this.length),
        scrambled: scrambled || this.#scrambled,
      },
    };
  }

  #place(at: number, start: number, end: number): void {
    const parent = this.#parent;
    if (!parent) {
      this.#starts[at] = start;
      this.#ends[at] = end;
    } else if (parent.scrambled) {
      this.#starts[at] = Math.min(parent.starts[start]!, parent.starts[end - 1]!);
      this.#ends[at] = Math.max(parent.ends[start]!, parent.ends[end - 1]!);
    } else {
      this.#starts[at] = parent.starts[start]!;
      this.#ends[at] = parent.ends[end - 1]!;
    }
  }

  #grow(): void {
    if (this.#units.length === 0 && spare) {
      [this.#units, this.#starts, this.#ends] = spare;
      spare = undefined;
      return;
    }
    const size = Math.max(64, this.#units.length * 2);
    const units = new Uint16Array(size);
    const starts = new Uint32Array(size);
    const ends = new Uint32Array(size);
    units.set(this.#units);
    starts.set(this.#starts);
    ends.set(this.#ends);
    this.#units = units;
    this.#starts = starts;
    this.#ends = ends;
  }
}

/** UTF-16 code units → a string, in runs that the engine's argument limit allows. */
export function toText(units: Uint16Array, start: number, end: number): string {
  if (end - start <= 4096) return String.fromCharCode.apply(null, units.subarray(start, end) as unknown as number[]);
  const parts: string[] = [];
  for (let i = start; i < end; i += 4096) {
    parts.push(String.fromCharCode.apply(null, units.subarray(i, Math.min(end, i + 4096)) as unknown as number[]));
  }
  return parts.join('');
}

/** Stretches of a layer, joined by newlines, as a layer of their own; the layer itself where one stretch is all of it. */
export function excerpt(layer: Layer, spans: readonly Span[]): Layer {
  if (spans.length === 1 && spans[0]![0] === 0 && spans[0]![1] === layer.text.length) return layer;
  const weaver = new Weaver(layer);
  for (const [start, end] of spans) {
    if (weaver.length > 0 && end > start) weaver.put(10, start, start + 1);
    weaver.copy(layer.text, start, end);
  }
  return weaver.layer();
}
