/**
 * What a request is expected to cost, as the original estimates it for routing: every operation rounded to single
 * precision, because the number travels in the header and peers compare its bytes.
 */

/** Cents for 1,000 tokens in and out, by the beginning of the model's name; the first that fits counts. */
const PRICES: readonly (readonly [prefix: string, input: number, output: number])[] = [
  ['gpt-4o-mini', 0.015, 0.06],
  ['gpt-4o', 0.25, 1],
  ['gpt-4-turbo', 1, 3],
  ['gpt-4', 3, 6],
  ['gpt-3.5-turbo', 0.05, 0.15],
  ['o1-preview', 1.5, 6],
  ['o1-mini', 0.3, 1.2],
  ['o3-mini', 0.11, 0.44],
  ['o3', 2, 8],
  ['claude-3-opus', 1.5, 7.5],
  ['claude-3.5-sonnet', 0.3, 1.5],
  ['claude-3-5-sonnet', 0.3, 1.5],
  ['claude-3-sonnet', 0.3, 1.5],
  ['claude-3.5-haiku', 0.08, 0.4],
  ['claude-3-5-haiku', 0.08, 0.4],
  ['claude-3-haiku', 0.025, 0.125],
  ['gemini-1.5-pro', 0.125, 0.5],
  ['gemini-1.5-flash', 0.0075, 0.03],
  ['gemini-2.0-flash', 0.01, 0.04],
];
const ELSE = ['', 0.1, 0.3] as const;

/** US dollars, in single precision. */
export function estimateCost(model: string, promptTokens: number, completionTokens: number): number {
  const name = model.toLowerCase();
  const [, input, output] = PRICES.find(([prefix]) => name.startsWith(prefix)) ?? ELSE;
  const f = Math.fround;
  const part = (tokens: number, price: number): number => f(f(f(tokens) / f(1000)) * f(price));
  return f(f(part(promptTokens, input) + part(completionTokens, output)) / f(100));
}
