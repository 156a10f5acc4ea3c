/** How the tests of strings and roles write pieces down. */
import { pieces } from '../../security/strings.ts';
import type { Role } from '../../security/verdict.ts';

/** `role path = text` of each piece. */
export function told(value: unknown, role?: Role): string[] {
  return pieces(value, role).map((piece) => `${piece.role ?? '-'} ${piece.path} = ${piece.text}`);
}
