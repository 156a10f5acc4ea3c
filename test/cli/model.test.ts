/** `--model` and `m2m models`, with the tiny golden model: random weights, so scores mean nothing, but they are exact. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadHydra } from '../../index.ts';
import { runs } from '../scale.ts';
import { m2m } from './m2m.ts';

const TINY = resolve(import.meta.dirname, '../models/golden/tiny');
let folder: string;
let broken: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'm2m-model-'));
  broken = join(folder, 'broken');
  await cp(TINY, broken, { recursive: true });
  const bytes = await readFile(join(TINY, 'model.safetensors'));
  // Code 3 in a ternary plane: every byte of 0xff is four of them. Planes make up the middle of the file.
  const at = bytes.length >> 1;
  bytes.fill(0xff, at, at + 2048);
  await writeFile(join(broken, 'model.safetensors'), bytes);
});
afterAll(() => rm(folder, { recursive: true }));

describe('m2m scan --model', () => {
  it('asks the model, and says which', async () => {
    const { code, stdout, stderr } = await m2m(['scan', '--model', TINY, '--mode', 'neural', 'Hello there']);
    expect(stderr).toMatch(/^mode neural \(tiny, wasm-\w+\), [\d.]+ ms\n$/);
    const hydra = await loadHydra({ model: TINY, workers: 1 });
    const [answer] = await hydra.classify([{ text: 'Hello there' }]);
    hydra.close();
    expect(stdout).toContain((1 - answer!.scores.benign).toFixed(2));
    expect(code).toBe(1);
  });

  it.each([
    [['--model', '/no/such/model'], /no folder|is missing/],
    [['--model', '/no/such/model.onnx'], /model\.onnx/],
    [['--tokenizer', TINY], /goes with --model FILE\.onnx/],
    [['--model', TINY, '--tokenizer', TINY], /a Hydra has its own/],
  ])('%j is an error, and no verdict', async (flags, message) => {
    const { code, stdout, stderr } = await m2m(['scan', ...flags, 'Hello']);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('a model that was named and is broken is an error, not a fallback', async () => {
    const { code, stdout, stderr } = await m2m(['scan', '--model', broken, 'Hello']);
    expect(stderr).toMatch(/code 3|finite|expected/);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('--jsonl keeps the order of lines, whichever worker is done first', { timeout: 300_000 }, async () => {
    const rows = Array.from({ length: runs(300, 5000) }, (_, i) => ({
      text: `line ${i} ${'word '.repeat((i * 37) % 90)}`,
    }));
    const file = join(folder, 'rows.jsonl');
    await writeFile(file, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n{"text":1}\n`);
    const { code, stdout } = await m2m(['scan', '--model', TINY, '--mode', 'neural', '--jsonl', file]);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { line: number; mode?: string; error?: string; score: number });
    expect(lines.map(({ line }) => line)).toEqual(Array.from({ length: rows.length + 1 }, (_, i) => i + 1));
    expect(lines.slice(0, -1).every(({ mode }) => mode === 'neural')).toBe(true);
    expect(lines.at(-1)!.error).toMatch(/expected a text/);
    const hydra = await loadHydra({ model: TINY, workers: 1 });
    const some = [0, 17, rows.length - 1];
    const answers = await hydra.classify(some.map((i) => rows[i]!));
    hydra.close();
    some.forEach((i, k) => {
      expect(lines[i]!.score).toBeCloseTo(1 - answers[k]!.scores.benign, 9);
    });
    expect(code).toBe(1);
  });
});

describe('m2m models', () => {
  it('lists what ships', async () => {
    const { code, stdout } = await m2m(['models', 'list', '--json']);
    expect(JSON.parse(stdout)).toEqual({ models: expect.any(Array) });
    expect(code).toBe(0);
    expect((await m2m(['models', 'list'])).stdout).not.toBe('');
  });

  it('shows what a file says of itself', async () => {
    const { stdout } = await m2m(['models', 'info', TINY]);
    expect(stdout).toMatch(/^config +vocab 520, dim 64, layers 2/m);
    expect(stdout).toMatch(/^threat +benign, prompt_injection/m);
    const { stdout: json } = await m2m(['models', 'info', TINY, '--json']);
    expect(JSON.parse(json)).toMatchObject({
      config: { vocab: 520 },
      tensors: expect.arrayContaining([expect.objectContaining({ name: 'embed.weight', dtype: 'I8' })]),
    });
  });

  it('verifies a file, and says what is wrong with another', async () => {
    const good = await m2m(['models', 'verify', TINY]);
    expect(good.stdout).toMatch(/^ok +swar +4 texts, the same scores$/m);
    expect(good.code).toBe(0);
    const bad = await m2m(['models', 'verify', broken, '--json']);
    expect(JSON.parse(bad.stdout)).toMatchObject({ ok: false });
    expect(bad.code).toBe(1);
  });

  it.each([
    [['models']],
    [['models', 'frob']],
    [['models', 'info', '/no/such']],
    [['models', 'list', 'x']],
    [['models', 'info', 'a', 'b']],
  ])('%j is wrong usage', async (args) => {
    const { code, stdout, stderr } = await m2m(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^m2m: /);
  });
});
