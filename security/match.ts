/** Views × rules → hits. Skeleton: replaced by the keyword filter and the scorer. */
import type { Normalized, View } from './normalize/view.ts';
import type { Hit, Rule } from './rules/rule.ts';
import type { Role } from './verdict.ts';

export function match(view: View, rules: readonly Rule[], role?: Role): Hit[] {
  const hits: Hit[] = [];
  for (const rule of rules) {
    const weight = rule.roleWeight?.[role ?? 'unknown'] ?? rule.weight;
    if (weight === 0 || !rule.words.some((word) => view.text.includes(word))) continue;
    const found = rule.pattern.exec(view.text);
    if (found) hits.push({ rule, weight, start: found.index, end: found.index + found[0].length });
  }
  return hits;
}

/** What the traces themselves are worth: hiding as such, found by the normaliser. */
export function matchTraces(_normalized: Normalized): [] {
  return [];
}
