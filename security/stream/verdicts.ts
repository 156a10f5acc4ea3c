/** Several verdicts about parts of one stream → one verdict about the stream. */
import { CATEGORIES, type Category, type Decision, type Threat, Verdict, type VerdictFields } from '../verdict.ts';

const MAX_THREATS = 256;
const ORDER: readonly Decision[] = ['allow', 'flag', 'block'];

/** The strongest decision, the highest scores, all threats; times add up. */
export function merge(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 1) return verdicts[0]!;
  const scores = Object.fromEntries(
    CATEGORIES.map((category) => [category, Math.max(0, ...verdicts.map((v) => v.scores[category]))]),
  ) as Record<Category, number>;
  const redactions = verdicts.flatMap((v) => v.redactions ?? []);
  const fallback = verdicts.find((v) => v.fallback !== undefined)?.fallback;
  const sum = (stage: keyof Verdict['timing']): number => verdicts.reduce((total, v) => total + v.timing[stage], 0);
  return new Verdict({
    verdict: ORDER[Math.max(0, ...verdicts.map((v) => ORDER.indexOf(v.verdict)))]!,
    score: Math.max(0, ...verdicts.map((v) => v.score)),
    scores,
    threats: verdicts.flatMap((v) => v.threats).sort((a, b) => b.score - a.score),
    mode: verdicts.some((v) => v.mode === 'neural') ? 'neural' : 'patterns',
    ...(fallback === undefined ? {} : { fallback }),
    ...(redactions.length === 0 ? {} : { redactions }),
    model: verdicts.find((v) => v.model !== null)?.model ?? null,
    timing: { normalize: sum('normalize'), pattern: sum('pattern'), neural: sum('neural'), total: sum('total') },
  });
}

/** The same verdict with other facts in some places. */
export function withFields(verdict: Verdict, fields: Partial<VerdictFields>): Verdict {
  return new Verdict({ ...verdict, ...fields });
}

/** A verdict about a window, told in offsets of the whole text. */
export function shift(verdict: Verdict, by: number): Verdict {
  if (by === 0) return verdict;
  return eachThreat(verdict, (threat) => ({ ...threat, span: [threat.span[0] + by, threat.span[1] + by] }));
}

/** `merge` for any number of verdicts: of their threats, the highest scores remain. */
export function digest(verdicts: readonly Verdict[]): Verdict {
  const all = merge(verdicts);
  const most = <T>(list: readonly T[]): T[] => list.slice(0, MAX_THREATS);
  return withFields(all, {
    threats: most(all.threats),
    ...(all.redactions === undefined ? {} : { redactions: most(all.redactions) }),
  });
}

/** The verdict about a text at `path`, told as if the text stood alone. */
export function inside(verdict: Verdict, path: string): { redactions: readonly Threat[] } {
  const redactions = (verdict.redactions ?? []).map((threat) => {
    const { path: full, ...rest } = threat;
    const inner = full?.slice(path.length).replace(/^\./, '');
    return inner === undefined || inner === '' ? rest : { ...rest, path: inner };
  });
  return { redactions };
}

/** A verdict about one string that stands at another path than the one it was scanned at. */
export function relocated(verdict: Verdict, path: string): Verdict {
  return eachThreat(verdict, (threat) => ({ ...threat, path }));
}

function eachThreat(verdict: Verdict, change: (threat: Threat) => Threat): Verdict {
  return withFields(verdict, {
    threats: verdict.threats.map(change),
    ...(verdict.redactions === undefined ? {} : { redactions: verdict.redactions.map(change) }),
  });
}

/** The verdict of a text too long to be kept: what its windows found, each place once. */
export function conclude(
  found: readonly { readonly threat: Threat; readonly decision: Decision | 'redact' }[],
  like: Pick<VerdictFields, 'mode' | 'model'>,
): Verdict {
  const scores = Object.fromEntries(CATEGORIES.map((category) => [category, 0])) as Record<Category, number>;
  for (const { threat } of found) scores[threat.category] = Math.max(scores[threat.category], threat.score);
  const decisions = found.map((f) => f.decision);
  const redactions = found.filter((f) => f.decision === 'redact').map((f) => f.threat);
  return new Verdict({
    verdict: decisions.includes('block') ? 'block' : decisions.some((d) => d !== 'allow') ? 'flag' : 'allow',
    score: Math.max(...Object.values(scores)),
    scores,
    threats: found
      .filter((f) => f.decision !== 'allow')
      .map((f) => f.threat)
      .sort((a, b) => b.score - a.score),
    ...(redactions.length === 0 ? {} : { redactions }),
    ...like,
    timing: { normalize: 0, pattern: 0, neural: 0, total: 0 },
  });
}

/** A verdict about the stream's own form: bytes that cannot be read, a limit that was reached, a scan that failed. */
export function faulty(name: string, detail: string): Verdict {
  const threat: Threat = {
    category: 'malformed',
    score: 1,
    name,
    span: [0, 0],
    evidence: detail.slice(0, 200),
    by: 'pattern',
    view: 'raw',
  };
  return conclude([{ threat, decision: 'block' }], { mode: 'patterns', model: null });
}

/** The verdict of a stream in which nothing was judged. */
export const NOTHING: Verdict = conclude([], { mode: 'patterns', model: null });
