/** Text → views. Skeleton: the identity view only; replaced by the full normaliser. */
import type { Normalized, View } from './view.ts';

export function normalize(text: string): Normalized {
  const view: View = {
    name: 'raw',
    text: text.toLowerCase(),
    depth: 0,
    hidden: false,
    source: (start, end) => [start, end],
  };
  return { views: [view], traces: [] };
}
