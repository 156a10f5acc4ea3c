/**
 * Text → the plain view that rules match on, and what had to be undone on the way. ASCII costs one regex test and a
 * toLowerCase; prose in any script one table look-up a character; only specials take the slow road.
 */
import type { Span } from '../verdict.ts';
import { isPlain, isSelector, isTag, joinsNothing, Kind, kindOf, nearRightToLeft } from './invisible.ts';
import { type Layer, toText, Weaver } from './layer.ts';
import { foldSpecial, foldUnit, isStyled, LOOKS_LIKE, REWRITTEN, SPECIAL } from './points.ts';
import { Regions } from './regions.ts';
import type { Trace } from './view.ts';

export interface Folded {
  readonly layer: Layer;
  /** False where nothing but letter case changed. */
  readonly changed: boolean;
  readonly traces: readonly Trace[];
  /** Regions of `layer.text` whose words were taken apart by characters that nobody sees or types by accident. */
  readonly unmasked: readonly Span[];
  /** Letters of other scripts that look Latin occur. */
  readonly lookalikes: boolean;
  /** Characters that can carry a second text occur: tags, selectors, zero-width bits, direction controls, backspaces. */
  readonly carriers: boolean;
}

const ODD = /[^\t\n\r -~]/;
const NOTHING: readonly never[] = [];
let scratch: Uint16Array = new Uint16Array(4096);

/**
 * Text as views have it, for comparing words of one's own with theirs: `fold('Ｉｇｎｏｒé')` is `'ignore'`.
 */
export function fold(text: string): string {
  return foldLayer({ text }).layer.text;
}

export function foldLayer(source: Layer): Folded {
  const text = source.text;
  const first = text.search(ODD);
  if (first < 0) {
    const lower = text.toLowerCase();
    const layer = lower === text ? source : source.map ? { text: lower, map: source.map } : { text: lower };
    return { layer, changed: false, traces: NOTHING, unmasked: NOTHING, lookalikes: false, carriers: false };
  }
  if (scratch.length < text.length) scratch = new Uint16Array(Math.max(text.length, scratch.length * 2));
  const out = scratch;
  let lookalikes = 0;
  let changed = 0;
  // Locals: see scan.ts.
  const rewritten = REWRITTEN;
  const alike = LOOKS_LIKE;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 128) {
      if (unit >= 65 && unit <= 90) out[i] = unit | 32;
      else if (unit > 31 ? unit < 127 : unit === 10 || unit === 9 || unit === 13) out[i] = unit;
      else return new SlowFold(source, out, i, lookalikes !== 0).run();
      continue;
    }
    const folded = foldUnit(unit);
    if (folded === SPECIAL) return new SlowFold(source, out, i, lookalikes !== 0).run();
    changed |= rewritten[unit]!;
    lookalikes |= alike[folded]!;
    out[i] = folded;
  }
  const lower = toText(out, 0, text.length);
  return {
    layer: source.map ? { text: lower, map: source.map } : { text: lower },
    changed: changed !== 0,
    traces: NOTHING,
    unmasked: NOTHING,
    lookalikes: lookalikes !== 0,
    carriers: false,
  };
}

/** The road for text with specials: every unit keeps its origin. */
class SlowFold {
  readonly #text: string;
  readonly #source: Layer;
  readonly #out: Weaver;
  readonly #traces = new Map<string, { start: number; end: number; count: number }>();
  readonly #masked = new Regions(3);
  #at: number;
  #lookalikes: boolean;
  #carriers = false;
  /** Marks since the last letter, and its kind of base. */
  #stack = 0;

  constructor(source: Layer, done: Uint16Array, upTo: number, lookalikes: boolean) {
    this.#source = source;
    this.#text = source.text;
    this.#out = new Weaver(source, Math.max(64, source.text.length));
    this.#out.putAligned(done, 0, upTo);
    this.#at = upTo;
    this.#lookalikes = lookalikes;
  }

  run(): Folded {
    const text = this.#text;
    const units = scratch;
    while (this.#at < text.length) {
      const from = this.#at;
      let i = from;
      let alike = 0;
      for (; i < text.length; i++) {
        const folded = foldUnit(text.charCodeAt(i));
        if (folded === SPECIAL) break;
        alike |= LOOKS_LIKE[folded]!;
        units[i] = folded;
      }
      if (alike !== 0) this.#lookalikes = true;
      if (i > from) {
        this.#out.putAligned(units, from, i);
        this.#at = i;
        this.#stack = 0;
      } else this.#special(text.charCodeAt(i));
    }
    const layer = this.#out.layer();
    return {
      layer,
      changed: true,
      traces: this.#found(),
      unmasked: this.#masked.spans(layer.text),
      lookalikes: this.#lookalikes,
      carriers: this.#carriers,
    };
  }

  #special(unit: number): void {
    const at = this.#at;
    switch (kindOf(unit)) {
      case Kind.ordinary:
        this.#letter(unit, 1);
        return;
      case Kind.surrogate:
        this.#surrogate(unit);
        return;
      case Kind.mark:
        this.#mark(unit);
        return;
      case Kind.composing:
        this.#compose(unit);
        return;
      case Kind.control:
        this.#control(unit);
        return;
      case Kind.bom:
        if (at > 0 || this.#source.map) this.#zeroWidth('zero-width');
        break;
      case Kind.zeroWidth:
        if (unit !== 0x0640) this.#zeroWidth('zero-width');
        break;
      case Kind.joiner:
        if (joinsNothing(this.#before(), this.#after(1))) this.#zeroWidth('zero-width');
        break;
      case Kind.softHyphen:
        this.#zeroWidth('soft-hyphen');
        break;
      case Kind.bidiMark:
        if (!nearRightToLeft(this.#text, at)) this.#zeroWidth('bidi-mark');
        break;
      case Kind.bidiControl:
        this.#carriers = true;
        if (unit === 0x202d || unit === 0x202e || !nearRightToLeft(this.#text, at)) this.#zeroWidth('bidi-control');
        break;
      case Kind.selector:
        this.#selector(1);
        break;
    }
    this.#at = at + 1;
  }

  #letter(point: number, width: number): void {
    const text = foldSpecial(point);
    if (isStyled(point) && text.length === 1 && isPlain(text.charCodeAt(0)))
      this.#trace('styled-letters', this.#at, width, 0.25);
    this.#out.putText(text, this.#at, this.#at + width);
    this.#at += width;
    this.#stack = 0;
  }

  #surrogate(unit: number): void {
    const next = this.#after(1);
    if (unit >= 0xdc00 || next < 0xdc00 || next > 0xdfff) {
      this.#trace('lone-surrogate', this.#at, 1, 0);
      this.#out.put(0xfffd, this.#at, this.#at + 1);
      this.#at++;
      return;
    }
    const point = ((unit - 0xd800) << 10) + (next - 0xdc00) + 0x10000;
    if (isTag(point)) {
      this.#carriers = true;
      if (!this.#inFlag()) this.#trace('tag-characters', this.#at, 2, 0);
      this.#at += 2;
    } else if (isSelector(point)) {
      this.#selector(2);
      this.#at += 2;
    } else this.#letter(point, 2);
  }

  /** A selector after a symbol, a digit's keycap or an ideograph chooses a glyph; two in a row choose nothing. */
  #selector(width: number): void {
    const before = this.#before();
    const stacked = (before >= 0xfe00 && before <= 0xfe0f) || (before >= 0xdd00 && before <= 0xddef);
    if (stacked) this.#carriers = true;
    const keycap = this.#after(1) === 0x20e3;
    if (stacked || (isPlain(before) && !keycap) || before <= 32) {
      this.#trace('variation-selectors', this.#at, width, 1);
    }
  }

  #mark(unit: number): void {
    const at = this.#at;
    const size = this.#out.length;
    const base = size > 0 ? this.#out.unitAt(size - 1) : 0;
    this.#stack++;
    // й, ў and ї written as two characters are the letters, not accents.
    const own =
      this.#stack === 1 &&
      ((unit === 0x0306 && (base === 0x438 || base === 0x443)) || (unit === 0x0308 && base === 0x456));
    if (own) this.#out.replace(size - 1, base === 0x438 ? 0x439 : base === 0x443 ? 0x45e : 0x457);
    // Three marks on one letter, a line through it, or an accent that no language writes on it.
    const strange =
      this.#stack > 2 ||
      (unit >= 0x0332 && unit <= 0x0338) ||
      (unit >= 0x20d0 && unit !== 0x20e3 && unit <= 0x20ff) ||
      unit === 0x0305 ||
      unit === 0x033f ||
      unit === 0x035f ||
      unit === 0x035e ||
      (isPlain(base) && (String.fromCharCode(base, unit).normalize('NFC').length > 1 || base < 97));
    if (strange && unit !== 0x20e3) this.#trace('combining-marks', at, 1, this.#stack === 1 ? 1 : 0);
    if (size > 0) this.#out.stretch(size - 1, at + 1);
    this.#at++;
  }

  #compose(unit: number): void {
    const size = this.#out.length;
    const whole = size > 0 ? String.fromCharCode(this.#out.unitAt(size - 1), unit).normalize('NFC') : '';
    if (whole.length === 1) {
      this.#out.replace(size - 1, whole.charCodeAt(0));
      this.#out.stretch(size - 1, this.#at + 1);
    } else this.#out.put(unit, this.#at, this.#at + 1);
    this.#at++;
  }

  #control(unit: number): void {
    if (unit === 8 || unit === 0x7f) this.#carriers = true;
    this.#trace('control', this.#at, 1, 1);
    this.#at++;
  }

  #zeroWidth(name: string): void {
    const inWord = isPlain(this.#before()) && isPlain(this.#after(1));
    const at = this.#at;
    const between = inWord || name === 'bidi-control' || this.#traces.get(name)?.end === at;
    this.#trace(name, at, 1, between && name !== 'soft-hyphen' ? 1 : inWord ? 0.5 : 0);
    const unit = this.#text.charCodeAt(at);
    if (unit >= 0x200b && unit <= 0x2064) this.#carriers = true;
  }

  /** @param weight  how much it says that the words around it were taken apart on purpose */
  #trace(name: string, at: number, width: number, weight: number): void {
    const known = this.#traces.get(name);
    if (known) {
      known.end = at + width;
      known.count++;
    } else this.#traces.set(name, { start: at, end: at + width, count: 1 });
    if (weight > 0) this.#masked.add(this.#out.length, this.#out.length, weight);
  }

  /** Flags of regions are a black flag, up to six tags and a cancel tag (UTS #51, ED-14a). */
  #inFlag(): boolean {
    for (let i = this.#at, n = 0; i >= 2 && n < 9; i -= 2, n++) {
      const point = this.#text.codePointAt(i - 2) ?? 0;
      if (point === 0x1f3f4) return true;
      if (!isTag(point)) return false;
    }
    return false;
  }

  #before(): number {
    return this.#at > 0 ? this.#text.charCodeAt(this.#at - 1) : 0;
  }

  #after(width: number): number {
    return this.#at + width < this.#text.length ? this.#text.charCodeAt(this.#at + width) : 0;
  }

  #found(): Trace[] {
    const map = this.#source.map;
    return [...this.#traces].map(([name, { start, end, count }]) => ({
      name,
      span: map ? [map.starts[start]!, map.ends[end - 1]!] : [start, end],
      count,
    }));
  }
}
