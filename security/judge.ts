/** One string → its views → hits → threats in the caller's offsets. */
import { match } from './match.ts';
import { normalize } from './normalize/index.ts';
import type { Normalized, View } from './normalize/view.ts';
import { isLocal } from './reach.ts';
import { rules } from './rules/index.ts';
import type { Hit } from './rules/rule.ts';
import { rank } from './score.ts';
import type { Piece } from './strings.ts';
import { matchTraces } from './traces.ts';
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
  if (piece.seams)
    return { piece, normalized, threats: threats.filter(crosses(piece.seams)), timing: since(started, viewed) };
  threats.push(...matchTraces(piece, normalized), ...ranked(piece, normalized.views[0]));
  return { piece, normalized, threats, timing: since(started, viewed) };
}

function since(started: number, viewed: number): Judged['timing'] {
  return { normalize: viewed - started, pattern: performance.now() - viewed };
}

/** What lies within one part was found there. */
function crosses(seams: readonly number[]): (threat: Threat) => boolean {
  return ({ span }) => seams.some((seam) => span[0] < seam && seam < span[1]);
}

/** The ranking of the plain view; a system prompt talks of rules all day, so it ranks half as high. */
function ranked(piece: Piece, view: View | undefined): Threat[] {
  const found = view === undefined ? undefined : rank(view.text);
  if (view === undefined || found === undefined) return [];
  const score = piece.role === 'system' ? found.score / 2 : found.score;
  return [placed(piece, view, { name: 'cues', category: found.category, score, span: found.span })];
}

/** A hit in a view, told in the caller's offsets. */
function threat(piece: Piece, view: View, { rule, weight, start, end }: Hit): Threat {
  return placed(piece, view, { name: rule.id, category: rule.category, score: weight, span: [start, end] });
}

function placed(piece: Piece, view: View, found: Pick<Threat, 'name' | 'category' | 'score' | 'span'>): Threat {
  const span = view.source(found.span[0], found.span[1]);
  return {
    category: found.category,
    score: found.score,
    name: found.name,
    span,
    ...(piece.path === undefined ? {} : { path: piece.path }),
    ...(piece.role === undefined ? {} : { role: piece.role }),
    evidence: piece.text.slice(span[0], Math.min(span[1], span[0] + 200)),
    by: 'pattern',
    view: view.name,
  };
}
