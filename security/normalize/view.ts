/**
 * A view is one form of a text that the rules and the model read: the text itself, its normalised form, or what an
 * encoding inside it decodes to. Every view can tell which of the caller's characters a stretch of it came from.
 */
import type { Span } from '../verdict.ts';

export interface View {
  /** `raw`, `normalized`, `base64` …; nested decodings are joined outermost first: `base64>rot13`. */
  readonly name: string;
  /** Folded for matching: NFKC, lower case, invisible characters gone (see normalize.ts for the whole list). */
  readonly text: string;
  /** How many decodings lie between the caller's text and this view; 0 for `raw` and `normalized`. */
  readonly depth: number;
  /** True when a reader of the caller's text would not have seen these words: decoded, or disguised on purpose. */
  readonly hidden: boolean;
  /** The caller's characters behind `text[start, end)`. */
  source(start: number, end: number): Span;
}

/** A trick that the normaliser undid, wherever it was used: evidence for the `malformed` rules, not yet a threat. */
export interface Trace {
  /** `tag-characters`, `variation-selectors`, `zero-width`, `bidi-control`, `mixed-script`, `combining-marks`, `control`, `lone-surrogate` … */
  readonly name: string;
  /** From the first to the last place, in the caller's text. */
  readonly span: Span;
  readonly count: number;
}

export interface Normalized {
  /** Best first: the plain view, then the decoded ones. Never empty. */
  readonly views: readonly View[];
  readonly traces: readonly Trace[];
  /** Set when a budget (depth, bytes, count) cut decoding short; names it. */
  readonly truncated?: string;
}
