/** What bench/scan.ts measures with: the default golden model as a folder, and texts of as many tokens as are asked for. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { generatedModel } from '../../test/models/generated.ts';
import { type ModelTokenizer, readTokenizerFile } from '../../tokenizer/index.ts';

const GOLDEN = resolve(import.meta.dirname, '../../test/models/golden');

/** A new folder with model.safetensors, tokenizer.json and model.onnx, whose weights lie in model.safetensors. */
export function modelFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'm2m-scan-'));
  const header = readFileSync(join(GOLDEN, 'default/header.json'), 'utf8');
  writeFileSync(join(folder, 'model.safetensors'), generatedModel(header));
  for (const name of ['tokenizer.json', 'model.onnx']) copyFileSync(join(GOLDEN, 'default', name), join(folder, name));
  return folder;
}

export function readTokenizer(folder: string): ModelTokenizer {
  return readTokenizerFile(readFileSync(join(folder, 'tokenizer.json'), 'utf8'));
}

/** Different texts of exactly `tokens` ids each, cut from the golden texts. */
export function textsOf(tokens: number, count: number, { encode }: ModelTokenizer): readonly string[] {
  const golden = JSON.parse(readFileSync(join(GOLDEN, 'texts.json'), 'utf8')) as { text: string }[];
  const all = golden.map(({ text }) => text).join(' ');
  const { starts } = encode(all);
  const texts: string[] = [];
  for (let from = 0; texts.length < count; from += 61) {
    if (from + tokens >= starts.length) throw new Error(`only ${texts.length} texts of ${tokens} tokens`);
    const text = all.slice(starts[from], starts[from + tokens]);
    // A cut may fall where the tokenizer would not have split.
    if (encode(text).ids.length === tokens) texts.push(text);
  }
  return texts;
}

/** What a user runs, dist/, unless it is missing or older than the source. */
export function builtEngine(): { readonly path: string; readonly what: string } {
  const root = resolve(import.meta.dirname, '../..');
  const built = join(root, 'dist/engine/node.js');
  const source = { path: join(root, 'engine/node.ts'), what: 'source, whose types are stripped at each start' };
  if (!existsSync(built)) return { ...source, what: `${source.what}; there is no dist` };
  const newest = Math.max(
    ...['engine', 'kernels', 'models', 'tokenizer']
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((f) => join(root, folder, f)),
      )
      .filter((path) => path.endsWith('.ts'))
      .map((path) => statSync(path).mtimeMs),
  );
  if (statSync(built).mtimeMs < newest) return { ...source, what: `${source.what}; dist is older, build it anew` };
  return { path: built, what: 'dist' };
}

/** A part of a distribution, 0.5 is the median. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
