/** The rows that a Hydra is judged on: none of them was trained on. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Label, Role } from '../../security/verdict.ts';
import { corpus } from '../../test/scale.ts';

export interface Row {
  readonly text: string;
  readonly label: Label;
  readonly source: string;
  readonly role?: Role;
  /** 0 public text, 1 public text in a generated frame, 2 generated, 3 written one by one. */
  readonly synth: number;
  readonly kind: string;
}

interface Stored extends Omit<Row, 'synth'> {
  readonly synth?: number;
  readonly family?: string;
}

/** A scanner's caller knows who speaks in a plain text or a printed result; training-export/data.py has the whole table. */
const ROLES: Readonly<Record<string, Role>> = {
  plain: 'user',
  dialog: 'user',
  code: 'user',
  tool_print: 'tool',
  tool_json: 'tool',
  tool_schema: 'tool',
  md: 'document',
  secdoc: 'document',
  'carrier:start': 'document',
  'carrier:middle': 'document',
  'carrier:end': 'document',
  'carrier:email': 'document',
  system_prompt: 'system',
  assistant: 'assistant',
};

/** threats/dev.jsonl.gz; undefined where this clone has no corpus. */
export function devRows(): Row[] | undefined {
  const path = corpus('threats/dev.jsonl.gz');
  if (path === undefined) return undefined;
  return lines(gunzipSync(readFileSync(path)).toString('utf8')).map((row) => {
    const role = ROLES[row.kind.split('+')[0]!];
    return { ...row, synth: row.synth ?? 2, ...(role === undefined ? {} : { role }) };
  });
}

/** One family in five of threats/authored, by the rule of data.py: twins share a family. */
export function authoredRows(): Row[] | undefined {
  const folder = corpus('threats/authored');
  if (folder === undefined) return undefined;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => lines(readFileSync(resolve(folder, name), 'utf8')))
    .filter(({ source, family }) => createHash('sha256').update(`${source}/${family}`).digest()[0]! < 51)
    .map((row) => ({ ...row, synth: 3 }));
}

function lines(text: string): Stored[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Stored);
}
