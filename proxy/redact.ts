/** Cuts the spans that a policy wants replaced out of a JSON body. */
import type { Threat } from '../security/index.ts';

const MARK = '[redacted]';

/**
 * The body with every span replaced by `[redacted]`.
 *
 * @param redactions  each with the path of its string and a span in the decoded string
 * @returns undefined where a span cannot be found again: not JSON, or a path that leads nowhere
 */
export function redactJson(body: Buffer, redactions: readonly Threat[]): Buffer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const byPath = Map.groupBy(redactions, (threat) => threat.path ?? '');
  let edited = 0;
  const walk = (node: unknown, path: string): unknown => {
    if (typeof node === 'string') {
      const spans = byPath.get(path);
      if (spans === undefined) return node;
      edited++;
      return cut(node, spans);
    }
    if (Array.isArray(node)) return node.map((child, i) => walk(child, `${path}[${i}]`));
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([k, v]) => [k, walk(v, path ? `${path}.${k}` : k)]));
  };
  const result = walk(value, '');
  return edited === byPath.size ? Buffer.from(JSON.stringify(result)) : undefined;
}

function cut(text: string, threats: readonly Threat[]): string {
  let out = '';
  let at = 0;
  for (const { span } of [...threats].sort((a, b) => a.span[0] - b.span[0])) {
    if (span[1] <= at) continue;
    out += text.slice(at, Math.max(at, span[0])) + (span[0] >= at ? MARK : '');
    at = span[1];
  }
  return out + text.slice(at);
}
