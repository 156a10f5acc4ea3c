/** How much work a test does: a fraction in `npm test`, everything in `npm run test:full`; and where the big corpora lie. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

export const full: boolean = process.env.M2M_FULL === '1';

/** The count for this run: `reduced` in `npm test`, `complete` in `npm run test:full`. */
export function runs(reduced: number, complete: number): number {
  return full ? complete : reduced;
}

const root = resolve(import.meta.dirname, '..', process.env.M2M_DATA ?? '../shared/data');

/** The path of a corpus file under `M2M_DATA`, or undefined where this clone has none; a test then skips aloud. */
export function corpus(path: string): string | undefined {
  const file = resolve(root, path);
  return existsSync(file) ? file : undefined;
}
