/**
 * Which algorithm `auto` finds best for each text of the pool: the labels of the codec head.
 *
 *   node tools/codec-labels.ts OUT.json [seconds] < ROWS.jsonl        rows {id, text}, as `python training-export/data.py --rows` prints them
 *
 * OUT.json maps ids to names; what it already holds is not done again, so that a run of some seconds goes on later.
 * Brotli works at quality 5 here, which is what a proxy can afford, and sixteen times as fast as 11.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { auto } from '../codec/index.ts';

const [, , out, seconds = 'Infinity'] = process.argv;
if (out === undefined) throw new Error('usage: node tools/codec-labels.ts OUT.json [seconds] < ROWS.jsonl');

const known: Record<string, string> = existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')) : {};
const stop = Date.now() + 1000 * Number(seconds);
let done = 0;
for await (const line of createInterface({ input: process.stdin })) {
  if (Date.now() > stop) break;
  const { id, text } = JSON.parse(line) as { id: string; text: string };
  if (id in known || !text.isWellFormed()) continue;
  known[id] = (await auto(text, { quality: 5 })).format;
  done++;
}
writeFileSync(out, `${JSON.stringify(known)}\n`);

const counts: Record<string, number> = {};
for (const name of Object.values(known)) counts[name] = (counts[name] ?? 0) + 1;
console.log(`${done} new, ${Object.keys(known).length} in all: ${JSON.stringify(counts)}`);
