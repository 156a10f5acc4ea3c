/** A fault in the structure of a message, found by a scan of its characters and not by a regular expression. */
import type { Span } from '../verdict.ts';

/**
 * What can be wrong. `truncated-json`, `invalid-json`, `raw-control`, `second-document`, `trailing-characters` and
 * `byte-order-mark` make a text something that `JSON.parse` refuses; the others are valid JSON and still no honest message.
 */
export type FaultName =
  | 'truncated-json'
  | 'invalid-json'
  | 'raw-control'
  | 'second-document'
  | 'trailing-characters'
  | 'byte-order-mark'
  | 'duplicate-key'
  | 'disguised-key'
  | 'prototype-key'
  | 'too-deep'
  | 'number-range'
  | 'nul-character'
  | 'control-character'
  | 'noncharacter'
  | 'lone-surrogate'
  | 'invalid-utf8';

/** Before it is weighed. */
export interface Found {
  readonly name: FaultName;
  /** Into the text that was scanned. */
  readonly span: Span;
  /** What was expected and what was found, for people. */
  readonly detail: string;
}

export interface Fault extends Found {
  /** On the verdict's scale. */
  readonly score: number;
}
