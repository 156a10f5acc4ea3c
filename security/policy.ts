/**
 * From threats to a decision: thresholds, what to do for each category, what is allowed by name, and monitor mode.
 * Nothing here looks at text except to see whether a threat lies inside a phrase that the operator allows.
 */
import { InvalidInputError } from '../errors.ts';
import { CATEGORIES, type Category, type Decision, type Threat } from './verdict.ts';

export interface CategoryPolicy {
  readonly flagAt?: number;
  readonly blockAt?: number;
  /** What happens at `blockAt`: `block` (default), `flag` only, `redact` the span and let the rest pass, or `ignore` the category. */
  readonly action?: 'block' | 'flag' | 'redact' | 'ignore';
}

export interface AllowList {
  /** Names of rules or faults that never count. */
  readonly names?: readonly string[];
  /** A threat that lies wholly inside one of these phrases (exact characters) does not count. */
  readonly phrases?: readonly string[];
  /** Strings at these paths are not judged; `*` stands for one index or key: `messages[*].name`. */
  readonly paths?: readonly string[];
}

export interface Policy {
  /** Default 0.5. */
  readonly flagAt?: number;
  /** Default 0.8. */
  readonly blockAt?: number;
  readonly categories?: Partial<Record<Category, CategoryPolicy>>;
  readonly allow?: AllowList;
  /** Report what would have been blocked, block nothing: the strongest decision is `flag`. */
  readonly monitor?: boolean;
}

type Resolved = Record<Category, Required<CategoryPolicy>>;

/** A policy with every default filled in and every number checked. */
export class Judge {
  readonly monitor: boolean;
  readonly #categories: Resolved;
  readonly #names: ReadonlySet<string>;
  readonly #phrases: readonly string[];
  readonly #paths: readonly RegExp[];

  /** @throws InvalidInputError  a threshold is outside [0, 1], or `flagAt` is above `blockAt`; names the setting */
  constructor(policy: Policy = {}) {
    this.monitor = policy.monitor ?? false;
    this.#categories = Object.fromEntries(CATEGORIES.map((c) => [c, resolve(policy, c)])) as Resolved;
    this.#names = new Set(policy.allow?.names);
    this.#phrases = (policy.allow?.phrases ?? []).filter((phrase) => phrase.length > 0);
    this.#paths = (policy.allow?.paths ?? []).map(pathPattern);
  }

  /** Whether a string at this path is to be judged at all. */
  reads(path: string | undefined): boolean {
    return path === undefined || !this.#paths.some((pattern) => pattern.test(path));
  }

  /** Whether a threat counts, given the string it was found in. */
  counts(threat: Threat, text: string): boolean {
    if (this.#categories[threat.category].action === 'ignore' || this.#names.has(threat.name)) return false;
    return !this.#phrases.some((phrase) => encloses(text, phrase, threat.span[0], threat.span[1]));
  }

  /** Whether any category blocks or redacts, and monitor mode is off. */
  get enforces(): boolean {
    const actions = Object.values(this.#categories).map((category) => category.action);
    return !this.monitor && actions.some((action) => action === 'block' || action === 'redact');
  }

  /** What one threat asks for. */
  decide(threat: Threat): Decision | 'redact' {
    const { flagAt, blockAt, action } = this.#categories[threat.category];
    if (threat.score >= blockAt && action === 'block') return this.monitor ? 'flag' : 'block';
    if (threat.score >= blockAt && action === 'redact') return this.monitor ? 'flag' : 'redact';
    return threat.score >= Math.min(flagAt, blockAt) ? 'flag' : 'allow';
  }
}

function resolve(policy: Policy, category: Category): Required<CategoryPolicy> {
  const own = policy.categories?.[category];
  const blockAt = threshold(own?.blockAt ?? policy.blockAt ?? 0.8, 'blockAt', category);
  // Lowering blockAt alone must not ask the caller to lower flagAt as well.
  const flagAt = threshold(own?.flagAt ?? policy.flagAt ?? Math.min(0.5, blockAt), 'flagAt', category);
  if (flagAt > blockAt) {
    throw new InvalidInputError(
      `flagAt (${flagAt}) is above blockAt (${blockAt}) for ${category}: raise blockAt or lower flagAt`,
    );
  }
  return { flagAt, blockAt, action: own?.action ?? 'block' };
}

function threshold(value: number, name: string, category: Category): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new InvalidInputError(`${name} for ${category}: expected a number from 0 to 1, found ${String(value)}`);
}

function pathPattern(path: string): RegExp {
  const escaped = path.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^.\\[\\]]+');
  return new RegExp(`^${escaped}$`, 'u');
}

function encloses(text: string, phrase: string, start: number, end: number): boolean {
  for (
    let at = text.indexOf(phrase, Math.max(0, end - phrase.length));
    at !== -1 && at <= start;
    at = text.indexOf(phrase, at + 1)
  ) {
    if (at + phrase.length >= end) return true;
  }
  return false;
}
