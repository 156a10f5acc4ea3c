/** The decoders, in the order in which their views come. */
import type { Allowance, Layer } from '../layer.ts';
import type { Leads, Scanned } from '../scan.ts';
import { ascii85 } from './ascii85.ts';
import { base32 } from './base32.ts';
import { base64 } from './base64.ts';
import { braille } from './braille.ts';
import { bits, selectors, tags } from './carriers.ts';
import { binary, decimal, hex, octal } from './codes.ts';
import { inline, type Notation } from './inline.ts';
import { markup } from './markup.ts';
import { morse } from './morse.ts';
import { nato } from './nato.ts';
import { escapes, html, percent, quotedPrintable } from './notations.ts';
import { bidi, deletions } from './order.ts';
import { Pieces } from './pieces.ts';
import { spaced } from './spaced.ts';
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
  /** Where it may find something; absent: anywhere. */
  leads?(scanned: Scanned): Leads;
  /** Whether it can find anything. */
  wants?(scanned: Scanned): boolean;
  read(text: string, pieces: Pieces, leads: Leads): void;
}

/** Whole stretches that stand for other text. */
const STRETCHES: readonly Decoder[] = [
  { name: 'spaced', leads: (s) => s.singles, read: spaced },
  { name: 'base64', leads: (s) => s.base64, read: base64 },
  { name: 'base32', leads: (s) => s.base64, read: base32 },
  { name: 'hex', leads: (s) => s.codes, read: hex },
  { name: 'binary', leads: (s) => s.codes, read: binary },
  { name: 'decimal', leads: (s) => s.codes, read: decimal },
  { name: 'octal', leads: (s) => s.codes, read: octal },
  { name: 'ascii85', leads: (s) => s.ascii85, read: ascii85 },
  { name: 'uuencode', wants: (s) => s.uuencode, read: uuencode },
  { name: 'morse', leads: (s) => s.strokes, read: morse },
  { name: 'braille', wants: (s) => s.braille, read: braille },
  { name: 'nato', wants: (s) => s.spelled, read: nato },
];

/** Single characters inside ordinary text. */
const INLINE: readonly (Notation & { readonly name: string })[] = [
  { ...percent, name: 'percent' },
  { ...escapes, name: 'escape' },
  { ...html, name: 'html' },
  { ...quotedPrintable, name: 'quoted-printable' },
  { ...markup, name: 'stripped' },
];

/** Characters that nobody sees; read from the text before the fold drops them. */
const CARRIERS: readonly Decoder[] = [
  { name: 'tags', read: tags },
  { name: 'variation-selectors', read: selectors },
  { name: 'invisible-bits', read: bits },
  { name: 'bidi', read: bidi },
  { name: 'deletion', read: deletions },
];

/** @param scanned  of the same text, at the same offsets */
export function decodeStretches(layer: Layer, scanned: Scanned, allowance: Allowance): Decoded[] {
  const found: Decoded[] = [];
  for (const decoder of STRETCHES) {
    const leads = decoder.leads?.(scanned) ?? [];
    if (leads.length > 0 || decoder.wants?.(scanned)) readOne(found, layer, decoder, leads, allowance);
  }
  if (layer.text.includes('<~') && scanned.ascii85.length === 0) {
    readOne(found, layer, { name: 'ascii85', read: ascii85 }, [], allowance);
  }
  for (const notation of INLINE) {
    if (!layer.text.includes(notation.sign)) continue;
    const { disguised, ordinary } = inline(layer, allowance, notation);
    take(found, notation.name, disguised, true);
    take(found, notation.name, ordinary, false);
  }
  return found;
}

export function decodeCarriers(layer: Layer, allowance: Allowance): Decoded[] {
  const found: Decoded[] = [];
  for (const decoder of CARRIERS) readOne(found, layer, decoder, [], allowance);
  return found;
}

function readOne(found: Decoded[], layer: Layer, decoder: Decoder, leads: Leads, allowance: Allowance): void {
  const pieces = new Pieces(layer, allowance);
  decoder.read(layer.text, pieces, leads);
  take(found, decoder.name, pieces, true);
}

function take(found: Decoded[], name: string, pieces: Pieces, hidden: boolean): void {
  const { weaver } = pieces;
  if (weaver.length === 0) {
    weaver.recycle();
    return;
  }
  found.push({ name, layer: weaver.layer(name === 'bidi'), hidden, full: weaver.full });
}
