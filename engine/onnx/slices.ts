/** Texts cut so that each piece fits a foreign model. Foreign tokenizers tell no offsets, so characters are cut, not ids. */

export interface Slice {
  /** UTF-16 offsets. */
  readonly from: number;
  readonly to: number;
  readonly ids: readonly number[];
}

/** Characters of a token, at least; the first guess of how long a piece may be. */
const CHARACTERS = 3;

/**
 * Pieces of at most `most` ids that overlap, so that what is cut in one of them is whole in the next.
 *
 * @param encode   ids of a text, special tokens left out
 * @param overlap  share of a piece that the next one repeats
 */
export function slices(
  text: string,
  most: number,
  encode: (text: string) => readonly number[],
  overlap = 0.25,
): Slice[] {
  const whole = encodeWithin(text, 0, text.length, most, encode);
  if (whole) return [whole];
  const found: Slice[] = [];
  let length = Math.max(1, most * CHARACTERS);
  for (let from = 0; from < text.length; ) {
    let slice: Slice | undefined;
    for (let tried = Math.min(length, text.length - from); slice === undefined; tried >>= 1) {
      const to = boundary(text, from, from + Math.max(1, tried));
      // One character may be more ids than fit; then it is cut there, as the tokenizer's own truncation would.
      slice = encodeWithin(text, from, to, tried <= 1 ? Number.POSITIVE_INFINITY : most, encode);
    }
    found.push({ ...slice, ids: slice.ids.slice(0, most) });
    length = Math.max(1, Math.ceil(((slice.to - from) * most) / Math.max(1, slice.ids.length)));
    if (slice.to >= text.length) break;
    const next = slice.to - Math.floor((slice.to - from) * overlap);
    from = Math.max(from + 1, boundary(text, from, next));
  }
  return found;
}

function encodeWithin(
  text: string,
  from: number,
  to: number,
  most: number,
  encode: (text: string) => readonly number[],
): Slice | undefined {
  // A token has seldom more than 32 characters: what is far too long need not be encoded to be refused.
  if (Number.isFinite(most) && to - from > most * 32) return undefined;
  const ids = encode(text.slice(from, to));
  return ids.length <= most ? { from, to, ids } : undefined;
}

/** The end of a piece: at white space where there is some in its last quarter, never inside a surrogate pair. */
function boundary(text: string, from: number, at: number): number {
  if (at >= text.length) return text.length;
  for (let i = at; i > from + (at - from) * 0.75; i--) if (/\s/u.test(text[i]!)) return i;
  const low = text.charCodeAt(at);
  return low >= 0xdc00 && low <= 0xdfff && at - 1 > from ? at - 1 : at;
}
