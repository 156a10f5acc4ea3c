/**
 * The port: all that the scanner knows of a model. Hydra's engine fits it, an ONNX session fits it, a stub of two lines
 * fits it. `security` imports no model; index.ts and cli/ bring the two together (docs/architecture.md §3).
 */
import type { Label, ModelIdentity, Role, Span } from './verdict.ts';

export interface ClassifierInput {
  readonly text: string;
  readonly role?: Role;
}

export interface Classified {
  /** A probability for each label, calibrated; 1 − benign is the score of the worst window. */
  readonly scores: Readonly<Record<Label, number>>;
  /** The worst window, in UTF-16 offsets into the input's text; absent means all of it. */
  readonly span?: Span;
  readonly route?: string;
  readonly codec?: string;
}

export interface ClassifyOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds after which nobody waits for the answer any more. */
  readonly deadlineMs?: number;
}

export interface Classifier {
  /** Named in every verdict that the model took part in. */
  readonly model?: ModelIdentity | undefined;
  /** One answer for each text, in order. Rejects as a whole. */
  classify(texts: readonly ClassifierInput[], options?: ClassifyOptions): Promise<readonly Classified[]>;
}
