/**
 * The tricks that the normaliser undid, as threats. Most of them only rank: people do paste zero-width spaces and
 * styled letters, and what was hidden is judged by the rules once it is readable. Control characters, lone surrogates and
 * encodings deeper than are decoded flag by themselves: nothing that a person types puts them into a text.
 */
import type { Normalized, Trace } from './normalize/view.ts';
import type { Piece } from './strings.ts';
import type { Threat } from './verdict.ts';

/** Score by name, and the count from which it holds. Benign train texts with the trace: control 1, the others above 0.5 none. */
const SCORES: Readonly<Record<string, readonly [score: number, from: number]>> = {
  control: [0.6, 1],
  'lone-surrogate': [0.6, 1],
  'nested-encoding': [0.6, 1],
  'terminal-control': [0.3, 1],
  'tag-characters': [0.45, 1],
  'bidi-control': [0.45, 2],
  'combining-marks': [0.42, 4],
  'mixed-script': [0.4, 2],
  'zero-width': [0.38, 5],
  'soft-hyphen': [0.35, 3],
  'variation-selectors': [0.35, 4],
  'styled-letters': [0.2, 3],
};

/** A `malformed` threat for each trace that counts. */
export function matchTraces(piece: Piece, { traces }: Normalized): Threat[] {
  return traces.flatMap((trace) => {
    const name = trace.name === 'control' && onlyTerminal(piece.text) ? 'terminal-control' : trace.name;
    const [score, from] = SCORES[name] ?? [0, 1];
    return score > 0 && trace.count >= from ? [threat(piece, trace, score)] : [];
  });
}

/** Backspace, escape and delete alone: what a captured terminal leaves behind. */
function onlyTerminal(text: string): boolean {
  return !/[\0-\x07\x0b\x0e-\x1a\x1c-\x1f\x80-\x84\x86-\x9f]/u.test(text);
}

function threat(piece: Piece, { name, span }: Trace, score: number): Threat {
  return {
    category: 'malformed',
    score,
    name,
    span,
    ...(piece.path === undefined ? {} : { path: piece.path }),
    ...(piece.role === undefined ? {} : { role: piece.role }),
    evidence: piece.text.slice(span[0], Math.min(span[1], span[0] + 200)),
    by: 'pattern',
    view: 'raw',
  };
}
