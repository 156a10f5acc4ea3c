/**
 * What a wire costs: bytes on the line, and tokens where a model reads it. The two are never quoted for one another: an
 * opaque wire saves bandwidth and costs a model more tokens than the message it stands for (bench/codec.ts).
 */
import { loadTokenizer, type VocabularyName } from '../tokenizer/index.ts';
import type { Form, FormatName, Wire } from './codec.ts';

export interface Size {
  /** UTF-8 bytes of a text, bytes of a binary wire. */
  readonly bytes: number;
  /** Tokens of a text by vocabulary; absent for a binary wire, which no model can read. */
  readonly tokens?: Readonly<Record<VocabularyName, number>>;
}

export interface Stats {
  readonly format: FormatName;
  readonly form: Form;
  readonly message: Size;
  readonly wire: Size;
}

/** Bytes of a wire; a text counts as UTF-8. */
export function wireBytes(wire: Wire): number {
  return typeof wire === 'string' ? utf8Length(wire) : wire.length;
}

/** Measures one encoding. Loads both vocabularies on first use (about 0.2 s). @throws TokenizerError  a lone surrogate */
export async function stats(format: FormatName, message: string, wire: Wire): Promise<Stats> {
  return {
    format,
    form: typeof wire === 'string' ? 'text' : 'binary',
    message: await sizeOf(message),
    wire: await sizeOf(wire),
  };
}

async function sizeOf(wire: Wire): Promise<Size> {
  if (typeof wire !== 'string') return { bytes: wire.length };
  const [cl100k, o200k] = await Promise.all([loadTokenizer('cl100k_base'), loadTokenizer('o200k_base')]);
  return {
    bytes: utf8Length(wire),
    tokens: { cl100k_base: cl100k.countTokens(wire), o200k_base: o200k.countTokens(wire) },
  };
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) bytes += code >= 0x800 ? 2 : 1;
    // A pair is four bytes, two for each of its units.
    if (code >= 0xd800 && code <= 0xdfff) bytes -= 1;
  }
  return bytes;
}
