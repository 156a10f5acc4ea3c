/**
 * What a scan returns, and the words it is told in.
 *
 * Scores live on one scale in [0, 1]: 0.5 is where about 1 % of unseen benign text would be flagged, 0.8 where 0.1 %
 * would be (docs/architecture.md). Rule weights, neural scores and the thresholds `flagAt` and `blockAt` share it.
 */

/** Who the text comes from; the same order is harmless from a user and an attack in a tool result. */
export type Role = 'user' | 'tool' | 'document' | 'system' | 'assistant';
export const ROLES: readonly Role[] = ['user', 'tool', 'document', 'system', 'assistant'];

export type Category = 'prompt_injection' | 'jailbreak' | 'data_exfiltration' | 'malformed';
export const CATEGORIES: readonly Category[] = ['prompt_injection', 'jailbreak', 'data_exfiltration', 'malformed'];

/** What a classifier tells apart: the four categories and `benign`. */
export type Label = Category | 'benign';

export type Mode = 'auto' | 'neural' | 'patterns';
export type Decision = 'allow' | 'flag' | 'block';

/** A half-open range of UTF-16 offsets. */
export type Span = readonly [start: number, end: number];

export interface Threat {
  readonly category: Category;
  /** In [0, 1], on the scale above. */
  readonly score: number;
  /** The rule's id, the structural fault's name, or the model's id. */
  readonly name: string;
  /** Into the caller's text, or into the decoded string at `path` where there is one. */
  readonly span: Span;
  /** Where in the message the string stands, such as `messages[0].content[1].text`. */
  readonly path?: string;
  readonly role?: Role;
  /** The caller's characters inside `span`, cut to 200. */
  readonly evidence: string;
  readonly by: 'neural' | 'pattern';
  /** The form of the text in which it was found: `raw`, `normalized`, `base64`, `base64>rot13` … */
  readonly view: string;
}

/** Milliseconds spent in each stage of the scan. */
export interface Timing {
  readonly normalize: number;
  readonly pattern: number;
  readonly neural: number;
  readonly total: number;
}

export interface ModelIdentity {
  readonly id: string;
  readonly sha256: string;
  readonly device: string;
}

/** The facts of a verdict, as they are written in JSON. */
export interface VerdictFields {
  readonly verdict: Decision;
  /** How hostile the worst string is, in [0, 1]; ranks texts below the thresholds too. */
  readonly score: number;
  readonly scores: Readonly<Record<Category, number>>;
  /** Highest score first. */
  readonly threats: readonly Threat[];
  /** Which of the two really judged: `neural` means the classifier took part. */
  readonly mode: 'neural' | 'patterns';
  /** Why the classifier took no part although it was asked for; absent when nothing was given up. */
  readonly fallback?: string;
  /** The spans that a policy wants replaced before the text goes on; see `redact`. */
  readonly redactions?: readonly Threat[];
  readonly model: ModelIdentity | null;
  readonly timing: Timing;
}

/** The outcome of one scan. Plain fields for JSON; the accessors are names that earlier versions of the protocol used. */
export class Verdict implements VerdictFields {
  readonly safe: boolean;
  readonly verdict: Decision;
  readonly score: number;
  readonly scores: Readonly<Record<Category, number>>;
  readonly threats: readonly Threat[];
  readonly mode: 'neural' | 'patterns';
  declare readonly fallback?: string;
  declare readonly redactions?: readonly Threat[];
  readonly model: ModelIdentity | null;
  readonly timing: Timing;

  constructor(fields: VerdictFields) {
    this.safe = fields.verdict === 'allow';
    this.verdict = fields.verdict;
    this.score = fields.score;
    this.scores = fields.scores;
    this.threats = fields.threats;
    this.mode = fields.mode;
    if (fields.fallback !== undefined) this.fallback = fields.fallback;
    if (fields.redactions !== undefined) this.redactions = fields.redactions;
    this.model = fields.model;
    this.timing = fields.timing;
  }

  /** Alias of `score`. */
  get confidence(): number {
    return this.score;
  }

  /** Which stages found something: `combined` when both did. */
  get method(): 'neural' | 'pattern' | 'combined' {
    const by = new Set(this.threats.map((threat) => threat.by));
    if (by.size === 2) return 'combined';
    return by.has('neural') || (by.size === 0 && this.mode === 'neural') ? 'neural' : 'pattern';
  }

  /** True when the policy says that the text must not go on. */
  get should_block(): boolean {
    return this.verdict === 'block';
  }
}
