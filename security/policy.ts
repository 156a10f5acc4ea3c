/**
 * From threats to a decision: thresholds, what to do for each category, what is allowed by name, and monitor mode.
 * Nothing here looks at text except to see whether a threat lies inside a phrase that the operator allows.
 */
import { InvalidInputError } from '../errors.ts';
import { parsePath, type Segment } from './path.ts';
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
  readonly #paths: readonly PathPattern[];

  /** @throws InvalidInputError  an unknown category, action or path, a threshold outside [0, 1], `flagAt` above `blockAt` */
  constructor(policy: Policy = {}) {
    this.monitor = policy.monitor ?? false;
    const unknown = Object.keys(policy.categories ?? {}).find((name) => !CATEGORIES.includes(name as Category));
    if (unknown !== undefined) {
      throw new InvalidInputError(`categories: expected ${CATEGORIES.join(', ')}, found ${unknown}`);
    }
    this.#categories = Object.fromEntries(CATEGORIES.map((c) => [c, resolve(policy, c)])) as Resolved;
    this.#names = new Set(policy.allow?.names);
    this.#phrases = (policy.allow?.phrases ?? []).filter((phrase) => phrase.length > 0);
    this.#paths = (policy.allow?.paths ?? []).map(pathPattern);
  }

  /** Whether a string at this path is to be judged at all. */
  reads(path: string | undefined): boolean {
    if (path === undefined || this.#paths.length === 0) return true;
    const { segments } = parsePath(path);
    return !this.#paths.some((pattern) => covers(pattern, segments));
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

const ACTIONS: readonly unknown[] = ['block', 'flag', 'redact', 'ignore'];

function resolve(policy: Policy, category: Category): Required<CategoryPolicy> {
  const own = policy.categories?.[category];
  const blockAt = threshold(own?.blockAt ?? policy.blockAt ?? 0.8, 'blockAt', category);
  // Lowering blockAt alone must not ask the caller to lower flagAt as well.
  const inherited = own?.blockAt === undefined ? policy.flagAt : Math.min(policy.flagAt ?? 0.5, blockAt);
  const flagAt = threshold(own?.flagAt ?? inherited ?? Math.min(0.5, blockAt), 'flagAt', category);
  if (flagAt > blockAt) {
    throw new InvalidInputError(
      `flagAt (${flagAt}) is above blockAt (${blockAt}) for ${category}: raise blockAt or lower flagAt`,
    );
  }
  const action = own?.action ?? 'block';
  if (!ACTIONS.includes(action)) {
    throw new InvalidInputError(`action for ${category}: expected ${ACTIONS.join(', ')}, found ${String(action)}`);
  }
  return { flagAt, blockAt, action };
}

function threshold(value: number, name: string, category: Category): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new InvalidInputError(`${name} for ${category}: expected a number from 0 to 1, found ${String(value)}`);
}

/** The segments of a path; `null` is `*`. */
type PathPattern = readonly (Segment | null)[];

// A name that no key has by accident stands for `*`, so that patterns are read by the grammar of path.ts.
const ANY = '\u0000*';

function pathPattern(path: string): PathPattern {
  const written = path.replaceAll('[*]', `["\\u0000*"]`).replaceAll('.*', `["\\u0000*"]`);
  const rooted = written.startsWith('*') ? `["\\u0000*"]${written.slice(1)}` : written;
  return parsePath(rooted).segments.map((segment) => (segment === ANY ? null : segment));
}

function covers(pattern: PathPattern, segments: readonly Segment[]): boolean {
  if (pattern.length !== segments.length) return false;
  return pattern.every((expected, i) => expected === null || expected === segments[i]);
}

function encloses(text: string, phrase: string, start: number, end: number): boolean {
  // Only here can an occurrence lie around the span; searching the rest for each threat would be quadratic.
  const from = Math.max(0, end - phrase.length);
  return start >= from && text.slice(from, start + phrase.length).includes(phrase);
}
