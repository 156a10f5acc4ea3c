/**
 * Texts of any length as windows that the model can see at once, packed into batches without padding.
 *
 *   ids of a text:  |----- window - 1 -----|
 *                                 |overlap|----- …   every window starts with the token of its text's role
 */
import { InvalidInputError } from '../errors.ts';
import type { HydraConfig } from '../models/hydra.ts';

/** What the tokenizer answers: ids of the model's vocabulary, and where each token starts in the text. */
export interface Encoding {
  readonly ids: ArrayLike<number>;
  /** UTF-16 offsets, one for each id, never falling. */
  readonly starts: ArrayLike<number>;
}

/** A stretch of one text's ids. */
export interface Window {
  /** Which text of the request. */
  readonly text: number;
  /** First id and end. */
  readonly from: number;
  readonly to: number;
}

/** Roles with a token of their own, in the order of their ids; the last one is for all other roles. */
export const ROLES = ['user', 'tool', 'document', 'system', 'assistant', 'unknown'] as const;

/** [PAD], [CLS] and the roles stand behind the ranks of the tokenizer. */
const SPECIALS = 2 + ROLES.length;

/** The count of ids that a tokenizer may give: those below are ranks. */
export function ranks(config: HydraConfig): number {
  return config.vocab - SPECIALS;
}

/** The id of a role's token; a role that the model does not know, or none, is `unknown`. */
export function roleToken(config: HydraConfig, role: string | undefined): number {
  const at = (ROLES as readonly (string | undefined)[]).indexOf(role);
  return config.vocab - ROLES.length + (at < 0 ? ROLES.indexOf('unknown') : at);
}

/** The windows of a text of `tokens` ids: at least one, the last one shorter, each id in at least one of them. */
export function splitWindows(text: number, tokens: number, { window, overlap }: HydraConfig): readonly Window[] {
  const capacity = window - 1;
  const step = capacity - overlap;
  const count = Math.max(1, Math.ceil((tokens - overlap) / step));
  return Array.from({ length: count }, (_, i) => ({
    text,
    from: i * step,
    to: Math.min(i * step + capacity, tokens),
  }));
}

/** Runs of windows whose rows, one role token each included, fit `maxRows`, and whose count fits `maxWindows`. */
export function* batches(windows: Iterable<Window>, maxRows: number, maxWindows: number): Generator<readonly Window[]> {
  let batch: Window[] = [];
  let rows = 0;
  for (const window of windows) {
    const size = 1 + window.to - window.from;
    if (batch.length === maxWindows || rows + size > maxRows) {
      yield batch;
      batch = [];
      rows = 0;
    }
    batch.push(window);
    rows += size;
  }
  if (batch.length > 0) yield batch;
}

/**
 * Writes one window's rows, role token first, and returns the row behind them.
 *
 * @throws InvalidInputError  an id that the model has no row for: another tokenizer than the model's
 */
export function fillWindow(
  { from, to }: Window,
  ids: ArrayLike<number>,
  roleId: number,
  config: HydraConfig,
  out: Int32Array,
  row: number,
): number {
  const limit = ranks(config);
  out[row++] = roleId;
  for (let i = from; i < to; i++) {
    const id = ids[i]!;
    if (!(id >= 0 && id < limit)) {
      throw new InvalidInputError(`token ${i} has id ${id}; the model knows ${limit}: is this its tokenizer?`);
    }
    out[row++] = id;
  }
  return row;
}

/** Where a window lies in its text, in UTF-16 offsets. */
export function windowSpan(
  { from, to }: Window,
  { ids, starts }: Encoding,
  length: number,
): [start: number, end: number] {
  return [from === 0 ? 0 : starts[from]!, to < ids.length ? starts[to]! : length];
}
