/** A fault in the structure of a message, found by a scan of its characters and not by a regular expression. */
import type { Span } from '../verdict.ts';

export interface Fault {
  /** `truncated-json`, `invalid-json`, `second-document`, `duplicate-key`, `too-deep`, `prototype-key`, `control-character`, `lone-surrogate`, `invalid-utf8` … */
  readonly name: string;
  /** On the verdict's scale. */
  readonly score: number;
  /** Into the text that was scanned. */
  readonly span: Span;
  /** What was expected and what was found, for people. */
  readonly detail: string;
}
