/**
 * The strings that a scanner reads in each message of the pool, for training: Hydra is asked about them, never about the JSON
 * around them.
 *
 *   node tools/pieces.ts OUT.jsonl < ROWS.jsonl        rows {id, text, role}, as `python training-export/data.py --rows` prints them
 *
 * OUT.jsonl: {id, pieces: [[role or null, text], …]}, a line for each text that is read as something else than itself; the
 * longest MOST pieces of it.
 */
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { readInput } from '../security/input.ts';
import { ROLES, type Role } from '../security/verdict.ts';

const MOST = 24;

const [, , path] = process.argv;
if (path === undefined) throw new Error('usage: node tools/pieces.ts OUT.jsonl < ROWS.jsonl');

const out = createWriteStream(path);
let [rows, read, strings] = [0, 0, 0];
for await (const line of createInterface({ input: process.stdin })) {
  const { id, text, role } = JSON.parse(line) as { id: string; text: string; role: string };
  rows++;
  const known = (ROLES as readonly string[]).includes(role) ? { role: role as Role } : {};
  const pieces = readInput(text, known).pieces.filter(({ seams }) => !seams);
  if (pieces.length === 1 && pieces[0]!.text === text) continue;
  const asked = new Map(pieces.map((piece) => [`${piece.role ?? ''}\n${piece.text}`, piece]));
  const longest = [...asked.values()].sort((a, b) => b.text.length - a.text.length).slice(0, MOST);
  out.write(`${JSON.stringify({ id, pieces: longest.map((piece) => [piece.role ?? null, piece.text]) })}\n`);
  read++;
  strings += longest.length;
}
out.end();
await finished(out);
console.log(`${rows} texts, ${read} of them read as ${strings} strings`);
