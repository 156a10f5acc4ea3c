/** What a redaction cuts out of a text that goes on in pieces. */
import type { Threat } from '../verdict.ts';

interface Cut {
  /** Offsets into the whole text. */
  readonly from: number;
  readonly to: number;
  readonly worst: Threat;
}

export class Cuts {
  /** Disjoint, in order. */
  #cuts: Cut[] = [];

  /** Whether `[start, end)` is cut out already. */
  covers(start: number, end: number): boolean {
    return this.#cuts.some(({ from, to }) => from <= start && end <= to);
  }

  /** Cuts out a threat's span; spans that overlap become one, under the category with the highest score (redact.ts). */
  add(threat: Threat, safe: number): void {
    let cut: Cut = { from: Math.max(threat.span[0], safe), to: threat.span[1], worst: threat };
    if (cut.to <= cut.from) return;
    const apart: Cut[] = [];
    for (const other of this.#cuts) {
      if (other.to <= cut.from || other.from >= cut.to) apart.push(other);
      else {
        const worst = other.worst.score >= cut.worst.score ? other.worst : cut.worst;
        cut = { from: Math.min(cut.from, other.from), to: Math.max(cut.to, other.to), worst };
      }
    }
    this.#cuts = [...apart, cut].sort((a, b) => a.from - b.from);
  }

  /** What goes on of the stretch that begins at `offset`; the mark stands where a cut begins. */
  rewrite(text: string, offset: number): string {
    let out = '';
    let at = 0;
    for (const { from, to, worst } of this.#cuts) {
      const start = Math.max(at, from - offset);
      const end = Math.min(text.length, to - offset);
      if (end <= start) continue;
      out += text.slice(at, start);
      if (from >= offset) out += `[redacted:${worst.category}]`;
      at = end;
    }
    return out + text.slice(at);
  }
}
