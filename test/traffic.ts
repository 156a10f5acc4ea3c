/** Bodies of LLM-API traffic, exact texts: the sample of the repository, or the corpus where `M2M_DATA` has it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { corpus } from './scale.ts';

export interface Body {
  readonly kind: string;
  readonly body: string;
}

export const sample: readonly Body[] = read(
  readFileSync(resolve(import.meta.dirname, 'data/traffic-sample.jsonl'), 'utf8'),
);

/** All bodies of the corpus; undefined where this clone has none. */
export function wholeCorpus(): readonly Body[] | undefined {
  const path = corpus('traffic/traffic-dev.jsonl.gz');
  return path === undefined ? undefined : read(gunzipSync(readFileSync(path)).toString('utf8'));
}

function read(lines: string): Body[] {
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Body);
}
