/** What a client is told of a verdict: enough to mend its message, nothing of what was withheld from it. */
import type { Verdict } from '../security/index.ts';
import type { Direction } from './guard.ts';
import type { Detail } from './problem.ts';

/**
 * The `m2m` member of an error. Evidence is what the client itself sent; of a blocked response none is told, since that
 * would deliver what was blocked. `secrets` are cut out of both.
 */
export function detailOf(verdict: Verdict, direction: Direction, secrets: readonly string[]): Detail {
  const own = direction === 'request';
  const threats = verdict.threats.slice(0, 10).map(({ evidence, path, ...threat }) => ({
    ...threat,
    ...(path === undefined ? {} : { path: own ? path : withoutNames(path) }),
    ...(own ? { evidence: without(evidence, secrets) } : {}),
  }));
  const { score, scores, mode, fallback, model } = verdict;
  return {
    stage: direction,
    verdict: verdict.verdict,
    score,
    scores,
    threats,
    mode,
    ...(fallback === undefined ? {} : { fallback: without(fallback, secrets) }),
    model,
  };
}

/** A place up to the first member whose name its author chose: in a response, that name can be what was blocked. */
export function withoutNames(path: string): string {
  return path.replace(/\[".*$/su, '').replace(/\.?[\w$]+#$/u, '');
}

function without(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => (secret.length < 4 ? rest : rest.replaceAll(secret, '[secret]')), text);
}
