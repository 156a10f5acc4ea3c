/**
 * The main line: text or messages → strings → views → rules (and the classifier) → threats → policy → verdict.
 * Everything but the classifier is synchronous and linear in the input; see docs/architecture.md §3.
 */
import { InvalidInputError } from '../errors.ts';
import type { Classifier } from './classifier.ts';
import { type Read, readInput } from './input.ts';
import { type Judged, judgePiece } from './judge.ts';
import { askClassifier, type Neural } from './neural.ts';
import type { View } from './normalize/view.ts';
import { Judge, type Policy } from './policy.ts';
import type { Piece } from './strings.ts';
import {
  CATEGORIES,
  type Category,
  type Decision,
  type Mode,
  ROLES,
  type Role,
  type Threat,
  Verdict,
} from './verdict.ts';

/** Text, UTF-8 bytes, a list of messages, or any JSON value. */
export type ScanInput = string | Uint8Array | readonly unknown[] | Readonly<Record<string, unknown>>;

export interface ScannerOptions extends Policy {
  /** Default: `auto` where a classifier is given, else `patterns`. */
  readonly mode?: Mode;
  readonly classifier?: Classifier;
  /** Milliseconds that a scan waits for the classifier; default 50. */
  readonly deadlineMs?: number;
}

export interface ScanOptions {
  /** Who said it, where the message itself does not tell. */
  readonly role?: Role;
  /** `json` claims that a text is JSON, so that anything else is a fault; `text` never looks; default: as it appears. */
  readonly format?: 'auto' | 'json' | 'text';
  /** Where the text stands in a larger message; leads the paths of the threats: `choices[0].message.content`. */
  readonly path?: string;
  readonly signal?: AbortSignal;
  readonly deadlineMs?: number;
}

/** What the pattern rules see in one string, before a verdict is made of it; see `inspect`. */
export interface Inspected {
  readonly views: readonly View[];
  /** The threats that count, each with what the policy asks for. */
  readonly found: readonly { readonly threat: Threat; readonly decision: Decision | 'redact' }[];
}

export class SecurityScanner {
  readonly mode: Mode;
  readonly #classifier: Classifier | undefined;
  readonly #deadlineMs: number;
  readonly #judge: Judge;

  /** @throws InvalidInputError  an unknown mode, or a threshold outside [0, 1] */
  constructor(options: ScannerOptions = {}) {
    this.mode = options.mode ?? (options.classifier ? 'auto' : 'patterns');
    if (!['auto', 'neural', 'patterns'].includes(this.mode)) {
      throw new InvalidInputError(`mode: expected auto, neural or patterns, found ${String(options.mode)}`);
    }
    this.#classifier = options.classifier;
    this.#deadlineMs = options.deadlineMs ?? 50;
    this.#judge = new Judge(options);
  }

  /**
   * Judges a text or a message.
   *
   * @throws InvalidInputError           the input is neither text, bytes nor a JSON value, or the role is unknown
   * @throws ClassifierUnavailableError  `mode: 'neural'` and the classifier is missing, failed or was too slow
   */
  async scan(input: ScanInput, options: ScanOptions = {}): Promise<Verdict> {
    const started = performance.now();
    checkRole(options.role);
    options.signal?.throwIfAborted();
    const read = placeAt(options.path, readInput(input, options));
    const judged = this.#judgeAll(read);
    const neural =
      this.mode === 'patterns'
        ? undefined
        : await askClassifier(this.#classifier, judged, {
            failClosed: this.mode === 'neural',
            deadlineMs: options.deadlineMs ?? this.#deadlineMs,
            signal: options.signal,
          });
    return this.#conclude(read, judged, neural, started);
  }

  /** Whether the policy can stop or change a text at all; if not, a stream need not be held back. */
  get enforces(): boolean {
    return this.#judge.enforces;
  }

  /** The pattern rules alone over one plain string, at once: what a stream asks about each of its windows. */
  inspect(piece: Piece): Inspected {
    if (!this.#judge.reads(piece.path)) return { views: [], found: [] };
    const { normalized, threats } = judgePiece(piece);
    const counted = threats.filter((threat) => this.#judge.counts(threat, piece.text));
    return {
      views: normalized.views,
      found: counted.map((threat) => ({ threat, decision: this.#judge.decide(threat) })),
    };
  }

  #judgeAll(read: Read): Judged[] {
    return read.pieces.filter((piece) => this.#judge.reads(piece.path)).map(judgePiece);
  }

  #conclude(read: Read, judged: readonly Judged[], neural: Neural | undefined, started: number): Verdict {
    const threats: Threat[] = read.faults.filter((fault) => this.#judge.counts(fault, read.text ?? ''));
    for (const { piece, threats: found } of judged)
      threats.push(...found.filter((t) => this.#judge.counts(t, piece.text)));
    for (const { threat, text } of neural?.threats ?? []) if (this.#judge.counts(threat, text)) threats.push(threat);
    threats.sort((a, b) => b.score - a.score);

    const scores = Object.fromEntries(CATEGORIES.map((c) => [c, 0])) as Record<Category, number>;
    let verdict: Decision = 'allow';
    const redactions: Threat[] = [];
    const reported: Threat[] = [];
    for (const threat of threats) {
      scores[threat.category] = Math.max(scores[threat.category], threat.score);
      const decision = this.#judge.decide(threat);
      if (decision === 'redact') redactions.push(threat);
      if (decision === 'block') verdict = 'block';
      else if (decision !== 'allow' && verdict === 'allow') verdict = 'flag';
      if (decision !== 'allow') reported.push(threat);
    }
    const done = performance.now();
    const spent = { normalize: 0, pattern: 0 };
    for (const { timing } of judged) {
      spent.normalize += timing.normalize;
      spent.pattern += timing.pattern;
    }
    return new Verdict({
      verdict,
      score: Math.max(...Object.values(scores)),
      scores,
      threats: reported,
      mode: neural?.answered ? 'neural' : 'patterns',
      ...(neural?.fallback === undefined ? {} : { fallback: neural.fallback }),
      ...(redactions.length === 0 ? {} : { redactions }),
      model: neural?.answered ? (this.#classifier?.model ?? null) : null,
      timing: { ...spent, neural: neural?.elapsed ?? 0, total: done - started },
    });
  }
}

/** The same strings and faults, told as parts of the message that the text stands in. */
function placeAt(path: string | undefined, read: Read): Read {
  if (path === undefined) return read;
  const under = (inner: string | undefined): string =>
    inner === undefined || inner === '' ? path : `${path}${inner.startsWith('[') ? '' : '.'}${inner}`;
  return {
    ...read,
    pieces: read.pieces.map((piece) => ({ ...piece, path: under(piece.path) })),
    faults: read.faults.map((fault) => ({ ...fault, path: under(fault.path) })),
  };
}

function checkRole(role: unknown): void {
  if (role !== undefined && !ROLES.includes(role as Role)) {
    throw new InvalidInputError(`role: expected ${ROLES.join(', ')}, found ${String(role)}`);
  }
}
