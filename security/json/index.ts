/**
 * Text that is or claims to be JSON → its value and its faults.
 *
 * JSON is claimed by the caller (a content type, a field whose contract says so) or by the text itself: it begins as a
 * container and has the keys of a message. A broken text without either is a note, a snippet, a log: not judged.
 */
import type { Fault, FaultName, Found } from './fault.ts';
import { type Scanned, scanJson } from './scan.ts';

export type { Fault, FaultName } from './fault.ts';
export { MAX_DEPTH } from './scan.ts';

export interface ReadJson {
  /** The parsed text; undefined where the text is no JSON, is broken, or holds several documents. */
  readonly value?: unknown;
  readonly faults: readonly Fault[];
}

/**
 * On the verdict's scale: where JSON is claimed, and where a text only looks like a message. A claimed body that cannot
 * be read cannot be vouched for, because the receiver may read it more leniently than we do, so it blocks; the same
 * fault in a text that somebody pasted only flags. Recall and false positives: bench/structure.ts.
 */
const SCORES: Readonly<Record<FaultName, readonly [claimed: number, unclaimed: number]>> = {
  'truncated-json': [0.85, 0.6],
  'invalid-json': [0.9, 0.6],
  'raw-control': [0.85, 0.6],
  'second-document': [0.9, 0.7],
  'trailing-characters': [0.85, 0.6],
  'byte-order-mark': [0.5, 0.3],
  'duplicate-key': [0.85, 0.8],
  'disguised-key': [0.85, 0.8],
  'prototype-key': [0.9, 0.8],
  'too-deep': [0.85, 0.8],
  'number-range': [0.6, 0.5],
  'nul-character': [0.85, 0.8],
  'control-character': [0.6, 0.6],
  noncharacter: [0.6, 0.6],
  'lone-surrogate': [0.7, 0.7],
  'invalid-utf8': [0.9, 0.9],
};

/** In data that is no message: old services do write a key twice (3 of 30,934 real benign texts), nobody is deceived by it. */
const STRAY: Partial<Record<FaultName, number>> = { 'duplicate-key': 0.6 };

/**
 * Scans and parses. Linear in the text, never throws.
 *
 * @param claimed  the sender says that it is JSON (a content type), so anything else is a fault
 */
export function readJson(text: string, claimed: boolean): ReadJson {
  if (!claimed && !beginsAsJson(text)) return { faults: [] };
  const scanned = scanJson(text, claimed);
  const faults = judged(scanned, claimed).map(({ name, span, detail }) => ({
    name,
    score: claimed ? SCORES[name][0] : unclaimed(name, scanned.message),
    span,
    detail,
  }));
  if (!scanned.parses) return { faults };
  return { value: JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) as unknown, faults };
}

/** A fault that makes a text something else than JSON. */
const SYNTAX: ReadonlySet<FaultName> = new Set([
  'truncated-json',
  'invalid-json',
  'raw-control',
  'second-document',
  'trailing-characters',
  'byte-order-mark',
]);

/**
 * The faults of JSON that stands in a string of a message. By contract (the arguments of a tool call), broken JSON is a
 * fault that flags: models do break it. A tool's answer that merely looks like JSON may be cut or commented, and only
 * what is wrong inside a whole one counts.
 */
export function nestedFaults(text: string, contract: boolean): readonly Fault[] {
  if (contract ? text.trim() === '' : !beginsAsJson(text)) return [];
  const { faults, parses, message } = scanJson(text, contract);
  if (!contract && !parses) return [];
  return faults
    .filter(({ name }) => contract || !SYNTAX.has(name))
    .map(({ name, span, detail }) => ({ name, score: unclaimed(name, message), span, detail }));
}

/** The weight of a fault where nobody claimed JSON. */
export function scoreOf(name: FaultName): number {
  return SCORES[name][1];
}

function unclaimed(name: FaultName, message: boolean): number {
  return message ? scoreOf(name) : Math.min(scoreOf(name), STRAY[name] ?? 1);
}

function judged({ faults, message, brokenAt }: Scanned, claimed: boolean): readonly Found[] {
  if (claimed || message || brokenAt === undefined) return faults;
  return faults.filter((fault) => fault.span[0] < brokenAt);
}

/** `{"`, `{}`, or `[` before another value: as JSON is written, and seldom anything else. */
function beginsAsJson(text: string): boolean {
  let i = skipSpace(text, text.charCodeAt(0) === 0xfeff ? 1 : 0);
  const c = text.charCodeAt(i);
  if (c !== 0x7b && c !== 0x5b) return false;
  i = skipSpace(text, i + 1);
  return (c === 0x7b ? '"}' : '{["]-0123456789tfn').includes(text.charAt(i) || '?');
}

function skipSpace(text: string, from: number): number {
  let i = from;
  for (let c = text.charCodeAt(i); c === 0x20 || (c >= 0x09 && c <= 0x0d); ) c = text.charCodeAt(++i);
  return i;
}
