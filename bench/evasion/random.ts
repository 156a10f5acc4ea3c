/**
 * Randomness that repeats: one generator for each (transform, text), so that adding a transform or leaving out a text
 * changes no other text.
 */

/** A stream of numbers in [0, 1). */
export type Random = () => number;

/** The generator that belongs to these words; the same words give the same stream on every machine. */
export function seeded(...words: readonly string[]): Random {
  let state = fnv1a(words.join('\u0000'));
  // mulberry32 (Tommy Ettinger, public domain): 32 bits of state are plenty for choosing letters.
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** 32-bit FNV-1a over UTF-16 code units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}

/** One of `items`, each as likely as any other. */
export function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)]!;
}

/** A copy of `items` in another order (Fisher–Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}
