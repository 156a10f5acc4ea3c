/** One string → its views → hits → threats in the caller's offsets. */
import { match } from './match.ts';
import { normalize } from './normalize/index.ts';
import type { Normalized, View } from './normalize/view.ts';
import { isLocal } from './reach.ts';
import { rules } from './rules/index.ts';
import type { Hit } from './rules/rule.ts';
import type { Piece } from './strings.ts';
import type { Threat } from './verdict.ts';

export interface Judged {
  readonly piece: Piece;
  readonly normalized: Normalized;
  readonly threats: readonly Threat[];
  /** Milliseconds. */
  readonly timing: { readonly normalize: number; readonly pattern: number };
}

export function judgePiece(piece: Piece): Judged {
  const started = performance.now();
  const normalized = normalize(piece.text);
  const viewed = performance.now();
  const threats = normalized.views.flatMap((view) =>
    match(view, rules, piece.role)
      .filter((hit) => isLocal(view, hit.start, hit.end))
      .map((hit) => threat(piece, view, hit)),
  );
  return { piece, normalized, threats, timing: { normalize: viewed - started, pattern: performance.now() - viewed } };
}

/** A hit in a view, told in the caller's offsets. */
function threat(piece: Piece, view: View, hit: Hit): Threat {
  const span = view.source(hit.start, hit.end);
  return {
    category: hit.rule.category,
    score: hit.weight,
    name: hit.rule.id,
    span,
    ...(piece.path === undefined ? {} : { path: piece.path }),
    ...(piece.role === undefined ? {} : { role: piece.role }),
    evidence: piece.text.slice(span[0], Math.min(span[1], span[0] + 200)),
    by: 'pattern',
    view: view.name,
  };
}
