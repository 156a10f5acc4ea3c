/** What a redaction cuts out of a text that goes on in pieces. */
import type { Threat } from '../verdict.ts';

interface Cut {
  /** Offsets into the whole text. */
  readonly from: number;
  readonly to: number;
  readonly worst: Threat;
}

export class Cuts {
  /** Disjoint, in order. A hostile text has one every thirty characters, so nothing below walks over all of them. */
  readonly #cuts: Cut[] = [];

  /** Whether `[start, end)` is cut out already. */
  covers(start: number, end: number): boolean {
    const cut = this.#cuts[this.#firstEndingBehind(start)];
    return cut !== undefined && cut.from <= start && end <= cut.to;
  }

  /** Cuts out a threat's span; spans that overlap become one, under the category with the highest score (redact.ts). */
  add(threat: Threat, safe: number): void {
    let cut: Cut = { from: Math.max(threat.span[0], safe), to: threat.span[1], worst: threat };
    if (cut.to <= cut.from) return;
    const first = this.#firstEndingBehind(cut.from);
    let behind = first;
    for (let other = this.#cuts[behind]; other && other.from < cut.to; other = this.#cuts[++behind]) {
      const worst = other.worst.score >= cut.worst.score ? other.worst : cut.worst;
      cut = { from: Math.min(cut.from, other.from), to: Math.max(cut.to, other.to), worst };
    }
    this.#cuts.splice(first, behind - first, cut);
  }

  /** What goes on of the stretch that begins at `offset`; the mark stands where a cut begins. */
  rewrite(text: string, offset: number): string {
    let out = '';
    let at = 0;
    for (let i = this.#firstEndingBehind(offset); i < this.#cuts.length; i++) {
      const { from, to, worst } = this.#cuts[i]!;
      if (from >= offset + text.length) break;
      const start = Math.max(at, from - offset);
      const end = Math.min(text.length, to - offset);
      if (end <= start) continue;
      out += text.slice(at, start);
      if (from >= offset) out += `[redacted:${worst.category}]`;
      at = end;
    }
    return out + text.slice(at);
  }

  /** The index of the first cut that ends behind `offset`. */
  #firstEndingBehind(offset: number): number {
    let low = 0;
    for (let high = this.#cuts.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.#cuts[middle]!.to <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
