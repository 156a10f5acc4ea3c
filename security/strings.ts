/** JSON → its strings, each with the path and the role it is said in. Skeleton: replaced by the full walker. */
import type { Role } from './verdict.ts';

/** One string of a message. */
export interface Piece {
  readonly text: string;
  /** `messages[0].content[1].text`; absent for a text that is no message. */
  readonly path?: string;
  readonly role?: Role;
}

export function pieces(value: unknown, role?: Role): Piece[] {
  const found: Piece[] = [];
  const walk = (node: unknown, path: string): void => {
    if (typeof node === 'string') found.push(role ? { text: node, path, role } : { text: node, path });
    else if (Array.isArray(node)) node.forEach((child, i) => walk(child, `${path}[${i}]`));
    else if (node && typeof node === 'object')
      for (const [k, v] of Object.entries(node)) walk(v, path ? `${path}.${k}` : k);
  };
  walk(value, '');
  return found;
}
