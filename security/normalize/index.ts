/**
 * Text → views: the plain one first, then one for every disguise and encoding that was found. The order of passes:
 *
 *   fold        NFKC, lower case, invisible characters and accents gone          fold.ts
 *   words       homoglyphs, leetspeak, slips, spacing, ciphers: by the lexicon    homoglyphs.ts words.ts rewrite.ts
 *   carriers    tags, selectors, bits, direction, backspaces                      decode/carriers.ts decode/order.ts
 *   decoders    base64 … braille, each decoded text normalised again to depth 3   decode/
 *
 * What is done to a stretch depends on the stretch and at most a few hundred characters around it, never on the whole.
 */
import { backwards, forwards } from './backwards.ts';
import { type Decoded, decodeCarriers, decodeStretches } from './decode/index.ts';
import { type Folded, foldLayer } from './fold.ts';
import { unglyph } from './homoglyphs.ts';
import { type Allowance, excerpt, type Layer, origin } from './layer.ts';
import { apart, atbash, caesar, pigLatinBack, respell, reversed, reversedWords } from './rewrite.ts';
import { type Scanned, scan } from './scan.ts';
import { unspaced } from './spacing.ts';
import type { Normalized, Trace, View } from './view.ts';
import { visible } from './visible.ts';

export { fold } from './fold.ts';

export interface NormalizeOptions {
  /** Decodings inside decodings; default 3. */
  readonly depth?: number;
  /**
   * Characters that all decoded texts together may hold; never more than 100 times the text. The default is eight times
   * the text and 64 Ki, at most 16 Mi: real messages stay below, and a text made of all encodings at once costs a third.
   */
  readonly maxDecoded?: number;
  /** Default 48. */
  readonly maxViews?: number;
}

/** What a cipher gave is not put through a cipher again: rot13 twice is where it began. */
const CIPHER = /rot13|caesar|atbash|pig-latin|reversed/;

/** Encodings of whole texts; escapes, markup and ciphers lie in what people write. */
const WHOLE = /^(?:base\d|hex|binary|octal|decimal|ascii85|uuencode)/;

const MOST_DECODED = 16 * 1_048_576;

/** Never throws, whatever the string. */
export function normalize(text: string, options: NormalizeOptions = {}): Normalized {
  const run = new Run(text, options);
  run.all({ text });
  return run.result();
}

class Run {
  readonly #views: View[] = [];
  readonly #traces: Trace[] = [];
  readonly #allowance: Allowance;
  readonly #maxDepth: number;
  readonly #maxViews: number;
  readonly #seen = new Set<string>();
  readonly #waiting: { layer: Layer; depth: number; path: string; hidden: boolean }[] = [];
  #truncated: string | undefined;

  constructor(text: string, options: NormalizeOptions) {
    const generous = Math.min(MOST_DECODED, 8 * text.length + 65_536);
    this.#allowance = { left: Math.min(options.maxDecoded ?? generous, 100 * text.length) };
    this.#maxDepth = options.depth ?? 3;
    this.#maxViews = options.maxViews ?? 48;
  }

  result(): Normalized {
    const { views, traces } = { views: this.#views, traces: this.#traces };
    return this.#truncated === undefined ? { views, traces } : { views, traces, truncated: this.#truncated };
  }

  /** Layer by layer: what is encoded once comes before what is encoded twice, so that no nesting starves its neighbours. */
  all(text: Layer): void {
    this.#expand(text, 0, '', false);
    for (let i = 0; i < this.#waiting.length; i++) {
      const { layer, depth, path, hidden } = this.#waiting[i]!;
      this.#expand(layer, depth, path, hidden);
    }
  }

  /** Adds the views of one layer and puts what is encoded in it on the list. */
  #expand(layer: Layer, depth: number, path: string, hidden: boolean): void {
    const folded = foldLayer(layer);
    this.#add(path || (folded.changed ? 'normalized' : 'raw'), folded.layer, depth, hidden);
    if (depth === 0) this.#traces.push(...folded.traces);
    const name = (own: string): string => (path ? `${path}>${own}` : own);
    if (folded.unmasked.length > 0 && !hidden) {
      this.#add(name('unmasked'), excerpt(folded.layer, folded.unmasked), depth, true);
    }
    // Where the fold moved nothing, one scan serves the words and, at the same offsets, the decoders.
    const aligned = folded.layer.map === layer.map;
    const words = this.#unglyph(folded, aligned ? layer.text : undefined, depth, name);
    const found = scan(words.text, aligned ? layer.text : undefined);
    const stretches = this.#stretches(layer, folded, found, aligned);
    this.#respelled(words, found, depth, name, stretches.find((piece) => piece.name === 'spaced')?.layer);
    const decoded = [
      ...(folded.carriers ? decodeCarriers(layer, this.#allowance) : []),
      ...(CIPHER.test(path) ? [] : this.#ciphers(words, found)),
      ...stretches,
    ];
    for (const piece of decoded) {
      const nested = depth === this.#maxDepth && WHOLE.test(piece.name);
      if (nested && piece.layer.text.length >= layer.text.length / 3) this.#tooDeep(piece.layer);
      this.#descend(piece, depth, name(piece.name), hidden);
    }
  }

  /** The text with homoglyphs replaced, for everything that goes by words; its own view where there were any. */
  #unglyph(folded: Folded, cased: string | undefined, depth: number, name: (own: string) => string): Layer {
    const plain = folded.lookalikes ? unglyph(folded.layer, cased) : undefined;
    if (!plain) return folded.layer;
    this.#add(name('homoglyph'), excerpt(plain.layer, plain.spans), depth, true);
    if (depth === 0) {
      this.#traces.push({
        name: 'mixed-script',
        span: origin(plain.layer, plain.first, plain.last),
        count: plain.words,
      });
    }
    return plain.layer;
  }

  #respelled(
    words: Layer,
    found: Scanned,
    depth: number,
    name: (own: string) => string,
    read: Layer | undefined,
  ): void {
    if (found.respell.length > 0) {
      const { layer, name: own, hidden } = respell(words, found);
      this.#add(name(own), layer, depth, hidden);
    }
    if (found.joined.length > 0) this.#add(name('joined'), apart(words, found.joined), depth, true);
    if (found.spaced.length === 0 || (read && readsAll(read, words, found.singles))) return;
    const closed = unspaced(words, found.spaced);
    this.#add(name('spaced'), closed, depth, true);
    // Letters set apart may be leetspeak or slips as well.
    const again = scan(closed.text, closed.text);
    if (again.respell.length > 0) this.#add(name('spaced>leet'), respell(closed, again).layer, depth, true);
  }

  #ciphers(words: Layer, found: Scanned): Decoded[] {
    const decoded: Decoded[] = [];
    const push = (name: string, layer: Layer): void => {
      decoded.push({ name, layer, hidden: true, full: false });
    };
    for (const [shift, spans] of found.caesar) {
      if (spans.length > 0) push(shift === 13 ? 'rot13' : 'caesar', caesar(words, spans, shift));
    }
    const turned = backwards(words.text);
    if (turned.length > 0) push('reversed-order', forwards(words, turned));
    if (found.atbash.length > 0) push('atbash', atbash(words, found.atbash));
    if (found.pig.length > 0) push('pig-latin', pigLatinBack(words, found.pig));
    if (found.reversed.length > 0) {
      push('reversed', reversed(words, found.reversed));
      push('reversed-words', reversedWords(words, found.reversed));
    }
    return decoded;
  }

  /** Decoders want the text in its own case, but without what was put between its letters. */
  #stretches(layer: Layer, folded: Folded, found: Scanned, aligned: boolean): Decoded[] {
    const dotted = folded.carriers || folded.unmasked.length > 0;
    if (aligned || (!dotted && !pointsAnywhere(found))) return decodeStretches(layer, found, this.#allowance);
    const source = dotted ? visible(layer) : layer;
    const lower = source.text.toLowerCase();
    const text = lower.length === source.text.length ? lower : source.text;
    return decodeStretches(source, scan(text, source.text), this.#allowance);
  }

  /** What is encoded once more as a whole; a word of a decoded text that looks encoded is no nesting. */
  #tooDeep(layer: Layer): void {
    if (this.#traces.some(({ name }) => name === 'nested-encoding')) return;
    this.#traces.push({ name: 'nested-encoding', span: origin(layer, 0, layer.text.length), count: 1 });
  }

  #descend(piece: Decoded, depth: number, path: string, hidden: boolean): void {
    if (piece.full) this.#truncated ??= 'decoded size';
    if (depth >= this.#maxDepth) {
      this.#truncated ??= 'depth';
      return;
    }
    if (this.#views.length >= this.#maxViews) {
      this.#truncated ??= 'view count';
      return;
    }
    if (piece.layer.text.length > this.#allowance.left) {
      this.#truncated ??= 'decoded size';
      return;
    }
    // Two encodings side by side are reached in either order; once is enough.
    if (this.#seen.has(piece.layer.text)) return;
    this.#seen.add(piece.layer.text);
    this.#allowance.left = Math.max(0, this.#allowance.left - piece.layer.text.length);
    this.#waiting.push({ layer: piece.layer, depth: depth + 1, path, hidden: hidden || piece.hidden });
  }

  #add(name: string, layer: Layer, depth: number, hidden: boolean): void {
    if (this.#views.length >= this.#maxViews) {
      this.#truncated ??= 'view count';
      return;
    }
    this.#views.push({
      name,
      text: layer.text,
      depth,
      hidden,
      source: (start, end) => origin(layer, start, end),
    });
  }
}

/** Whether a scan found anything that a decoder might read, at whatever offset. */
function pointsAnywhere({ base64, codes, ascii85, strokes, singles, braille, uuencode, spelled }: Scanned): boolean {
  const leads = base64.length + codes.length + ascii85.length + strokes.length + singles.length;
  return leads > 0 || braille || uuencode || spelled;
}

/** Whether the decoder of characters set apart read all runs of single letters: its reading has the signs as well. */
function readsAll(read: Layer, words: Layer, runs: readonly number[]): boolean {
  const starts = read.map?.starts ?? [];
  for (let k = 0; k < runs.length; k += 2) {
    const [from, to] = origin(words, runs[k]!, runs[k + 1]!);
    let characters = 0;
    for (let i = lowerBound(starts, from); i < starts.length && starts[i]! < to; i++) characters++;
    if (characters * 4 < to - from) return false;
  }
  return runs.length > 0;
}

/** The first index whose value is not below `value`; `sorted` rises. */
function lowerBound(sorted: ArrayLike<number>, value: number): number {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
