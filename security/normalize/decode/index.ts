/** The decoders, in the order in which their views come. */
import type { Features } from '../features.ts';
import type { Allowance, Layer } from '../layer.ts';
import { ascii85 } from './ascii85.ts';
import { base32 } from './base32.ts';
import { base64 } from './base64.ts';
import { braille } from './braille.ts';
import { bits, selectors, tags } from './carriers.ts';
import { binary, decimal, hex, octal } from './codes.ts';
import { inline, type Notation } from './inline.ts';
import { morse } from './morse.ts';
import { nato } from './nato.ts';
import { escapes, html, percent, quotedPrintable } from './notations.ts';
import { bidi, deletions } from './order.ts';
import { Pieces } from './pieces.ts';
import { uuencode } from './uuencode.ts';

export interface Decoded {
  readonly name: string;
  readonly layer: Layer;
  readonly hidden: boolean;
  /** The allowance ran out in the middle of it. */
  readonly full: boolean;
}

interface Decoder {
  readonly name: string;
  /** Whether the text has what the decoder needs. */
  wants(features: Features): boolean;
  read(text: string, pieces: Pieces): void;
}

/** Whole stretches that stand for other text. */
const STRETCHES: readonly Decoder[] = [
  { name: 'base64', wants: (f) => f.base64, read: base64 },
  { name: 'base32', wants: (f) => f.base32, read: base32 },
  { name: 'hex', wants: (f) => f.codes, read: hex },
  { name: 'binary', wants: (f) => f.binary, read: binary },
  { name: 'decimal', wants: (f) => f.codes, read: decimal },
  { name: 'octal', wants: (f) => f.codes, read: octal },
  { name: 'ascii85', wants: (f) => f.ascii85, read: ascii85 },
  { name: 'uuencode', wants: (f) => f.uuencode, read: uuencode },
  { name: 'morse', wants: (f) => f.morse, read: morse },
  { name: 'braille', wants: (f) => f.braille, read: braille },
];

/** Single characters inside ordinary text. */
const INLINE: readonly (Notation & { readonly name: string; wants(features: Features): boolean })[] = [
  { ...percent, name: 'percent', wants: (f) => f.percent },
  { ...escapes, name: 'escape', wants: (f) => f.backslash },
  { ...html, name: 'html', wants: (f) => f.ampersand },
  { ...quotedPrintable, name: 'quoted-printable', wants: (f) => f.equals },
];

/** Characters that nobody sees; read from the text before the fold drops them. */
const CARRIERS: readonly Omit<Decoder, 'wants'>[] = [
  { name: 'tags', read: tags },
  { name: 'variation-selectors', read: selectors },
  { name: 'invisible-bits', read: bits },
  { name: 'bidi', read: bidi },
  { name: 'deletion', read: deletions },
];

const NATO: Omit<Decoder, 'wants'> = { name: 'nato', read: nato };

export function decodeStretches(layer: Layer, features: Features, spelled: boolean, allowance: Allowance): Decoded[] {
  const decoders = STRETCHES.filter((decoder) => decoder.wants(features));
  const found = readAll(layer, spelled ? [...decoders, NATO] : decoders, allowance);
  for (const notation of INLINE) {
    if (!notation.wants(features)) continue;
    const { disguised, ordinary } = inline(layer, allowance, notation);
    take(found, notation.name, disguised, true);
    take(found, notation.name, ordinary, false);
  }
  return found;
}

export function decodeCarriers(layer: Layer, allowance: Allowance): Decoded[] {
  return readAll(layer, CARRIERS, allowance);
}

function readAll(layer: Layer, decoders: readonly Omit<Decoder, 'wants'>[], allowance: Allowance): Decoded[] {
  const found: Decoded[] = [];
  for (const decoder of decoders) {
    const pieces = new Pieces(layer, allowance);
    decoder.read(layer.text, pieces);
    take(found, decoder.name, pieces, true);
  }
  return found;
}

function take(found: Decoded[], name: string, pieces: Pieces, hidden: boolean): void {
  const { weaver } = pieces;
  if (weaver.length === 0) return;
  found.push({ name, layer: weaver.layer(name === 'bidi'), hidden, full: weaver.full });
}
