/**
 * The main line: text or messages → strings → views → rules (and the classifier) → threats → policy → verdict.
 * Everything but the classifier is synchronous and linear in the input; see docs/architecture.md §3.
 */
import { InvalidInputError } from '../errors.ts';
import { Answers } from './answers.ts';
import type { Classifier } from './classifier.ts';
import { type Read, readInput } from './input.ts';
import { judgePiece } from './judge.ts';
import { askClassifier, type Neural } from './neural.ts';
import type { View } from './normalize/view.ts';
import { Judge, type Policy } from './policy.ts';
import { placedAt, Recall, type Recalled } from './recall.ts';
import { type Distinct, distinct, type Piece } from './strings.ts';
import { type Category, type Decision, type Mode, ROLES, type Role, type Threat, Verdict } from './verdict.ts';

/** Text, UTF-8 bytes, a list of messages, or any JSON value. */
export type ScanInput = string | Uint8Array | readonly unknown[] | Readonly<Record<string, unknown>>;

export interface ScannerOptions extends Policy {
  /** Default: `auto` where a classifier is given, else `patterns`. */
  readonly mode?: Mode;
  readonly classifier?: Classifier;
  /**
   * Milliseconds that a scan waits for the classifier; default: 1 s and 1 ms for each 20 characters, several times what Hydra
   * takes. It is there for a worker that hangs, not to save time.
   */
  readonly deadlineMs?: number;
  /**
   * Characters of judged strings that are kept, so that a conversation that is sent again is not judged again: by the rules
   * in patterns mode (recall.ts), by the classifier in the others (answers.ts). Default 4 Mi, which holds some 16 MB at
   * most; 0 keeps none.
   */
  readonly recallChars?: number;
}

export interface ScanOptions {
  /** Who said it, where the message itself does not tell; `tool` and `document` stand for all of the input. */
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
  readonly #deadlineMs: number | undefined;
  readonly #judge: Judge;
  readonly #recall: Recall | undefined;

  /** @throws InvalidInputError  an unknown mode, a deadline that is no time, or a policy that contradicts itself */
  constructor(options: ScannerOptions = {}) {
    this.mode = options.mode ?? (options.classifier ? 'auto' : 'patterns');
    if (!['auto', 'neural', 'patterns'].includes(this.mode)) {
      throw new InvalidInputError(`mode: expected auto, neural or patterns, found ${String(options.mode)}`);
    }
    this.#deadlineMs = checkDeadline(options.deadlineMs);
    this.#judge = new Judge(options);
    const recallChars = options.recallChars ?? 4_194_304;
    if (!(recallChars >= 0)) throw new InvalidInputError(`recallChars: expected a count from 0, found ${recallChars}`);
    this.#recall = recallChars > 0 ? new Recall(recallChars) : undefined;
    const { classifier } = options;
    this.#classifier = classifier && recallChars > 0 ? new Answers(classifier, recallChars) : classifier;
  }

  /**
   * Judges a text or a message.
   *
   * @throws InvalidInputError           the input is neither text, bytes nor a JSON value; an unknown role or a deadline that is no time
   * @throws ClassifierUnavailableError  `mode: 'neural'` and the classifier is missing, failed or was too slow
   */
  async scan(input: ScanInput, options: ScanOptions = {}): Promise<Verdict> {
    const started = performance.now();
    checkRole(options.role);
    checkDeadline(options.deadlineMs);
    options.signal?.throwIfAborted();
    const read = placeAt(options.path, readInput(input, options));
    const strings = distinct(read.pieces.filter((piece) => this.#judge.reads(piece.path)));
    if (this.mode === 'patterns') {
      const recall = this.#recall;
      const known = [...strings.keys()].map(
        (piece) => (piece.seams ? undefined : recall?.judge(piece)) ?? judgePiece(piece),
      );
      return this.#conclude(read, strings, known, undefined, started);
    }
    const judged = [...strings.keys()].map(judgePiece);
    const neural = await askClassifier(
      this.#classifier,
      judged.filter(({ piece }) => !piece.seams),
      {
        failClosed: this.mode === 'neural',
        deadlineMs: options.deadlineMs ?? this.#deadlineMs ?? patience(strings.keys()),
        signal: options.signal,
      },
    );
    return this.#conclude(read, strings, judged, neural, started);
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

  #conclude(
    read: Read,
    strings: Distinct,
    judged: readonly Recalled[],
    neural: Neural | undefined,
    started: number,
  ): Verdict {
    const found: Found[] = [];
    const scores: Record<Category, number> = { prompt_injection: 0, jailbreak: 0, data_exfiltration: 0, malformed: 0 };
    /** Most of what is found only ranks; what it says and where is made out for the rest alone. */
    const asks = (threat: Threat, text: string): Decision | 'redact' => {
      if (!this.#judge.counts(threat, text)) return 'allow';
      if (threat.score > scores[threat.category]) scores[threat.category] = threat.score;
      return this.#judge.decide(threat);
    };
    const add = (threat: Threat, piece: Piece): void => {
      const decision = asks(threat, piece.text);
      if (decision === 'allow') return;
      for (const place of strings.get(piece)!) {
        // A threat in a message that names no path cannot be found again to be cut out.
        const cuttable = !place.seams && (place.path !== undefined || read.text !== undefined);
        found.push({ threat: placedAt(threat, place), decision, cuttable });
      }
    };
    for (const { threat, text } of read.faults) {
      const decision = this.#judge.reads(threat.path) ? asks(threat, text) : 'allow';
      if (decision !== 'allow') found.push({ threat, decision, cuttable: false });
    }
    for (const { piece, threats } of judged) for (const threat of threats) add(threat, piece);
    for (const { threat, piece } of neural?.threats ?? []) add(threat, piece);
    if (found.length > 1) found.sort((a, b) => b.threat.score - a.threat.score);

    const { verdict, reported, redactions } = decided(found);
    const spent = (stage: 'normalize' | 'pattern'): number =>
      judged.reduce((sum, { timing }) => sum + timing[stage], 0);
    return new Verdict({
      verdict,
      score: Math.max(scores.prompt_injection, scores.jailbreak, scores.data_exfiltration, scores.malformed),
      scores,
      threats: reported,
      mode: neural?.answered ? 'neural' : 'patterns',
      ...(neural?.fallback === undefined ? {} : { fallback: neural.fallback }),
      ...(redactions.length === 0 ? {} : { redactions }),
      model: neural?.answered ? (this.#classifier?.model ?? null) : null,
      timing: {
        normalize: spent('normalize'),
        pattern: spent('pattern'),
        neural: neural?.elapsed ?? 0,
        total: performance.now() - started,
      },
    });
  }
}

/** A text made of attacks has thousands; the strongest say it. Redactions are never left out. */
const MOST_REPORTED = 64;

/** What is left to decide when every threat has said what it asks for. */
function decided(found: readonly Found[]): { verdict: Decision; reported: Threat[]; redactions: Threat[] } {
  const reported: Threat[] = [];
  const redactions: Threat[] = [];
  let verdict: Decision = 'allow';
  for (const { threat, decision, cuttable } of found) {
    if (reported.length < MOST_REPORTED) reported.push(threat);
    if (decision === 'redact' && cuttable) redactions.push(threat);
    // What cannot be cut out must not pass.
    if (decision === 'block' || (decision === 'redact' && !cuttable)) verdict = 'block';
    else if (verdict === 'allow') verdict = 'flag';
  }
  // Spans in the raw text and strings by path cannot be cut out of one text at once; see redact.ts.
  const placed = redactions.filter((threat) => threat.path !== undefined).length;
  if (placed > 0 && placed < redactions.length) verdict = 'block';
  return { verdict, reported, redactions };
}

interface Found {
  readonly threat: Threat;
  readonly decision: Decision | 'redact';
  readonly cuttable: boolean;
}

/** The same strings and faults, told as parts of the message that the text stands in. */
function placeAt(path: string | undefined, read: Read): Read {
  if (path === undefined) return read;
  const under = (inner: string | undefined): string =>
    inner === undefined || inner === '' ? path : `${path}${inner.startsWith('[') ? '' : '.'}${inner}`;
  return {
    ...read,
    // What path.ts writes no path for keeps none: it could not be found again.
    pieces: read.pieces.map((piece) =>
      piece.path === undefined && read.pieces.length > 1 ? piece : { ...piece, path: under(piece.path) },
    ),
    faults: read.faults.map(({ threat, text }) => ({ threat: { ...threat, path: under(threat.path) }, text })),
  };
}

function checkRole(role: unknown): void {
  if (role !== undefined && !ROLES.includes(role as Role)) {
    throw new InvalidInputError(`role: expected ${ROLES.join(', ')}, found ${String(role)}`);
  }
}

/** The default deadline for what is to be judged, in milliseconds. */
function patience(pieces: Iterable<Piece>): number {
  let chars = 0;
  for (const { text } of pieces) chars += text.length;
  return 1000 + chars / 20;
}

function checkDeadline(deadlineMs: unknown): number | undefined {
  if (deadlineMs === undefined || (typeof deadlineMs === 'number' && deadlineMs >= 0)) return deadlineMs;
  throw new InvalidInputError(`deadlineMs: expected a number of milliseconds from 0, found ${String(deadlineMs)}`);
}
