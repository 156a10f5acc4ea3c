/** loadHydra with real threads: the same scores as without them, on every tier; and what happens when threads are ended. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Classified, HydraClassifier } from '../../engine/classifier.ts';
import { openHydra } from '../../engine/load.ts';
import { type HydraPool, loadHydra, startThread } from '../../engine/node.ts';
import { createService } from '../../engine/serve.ts';
import { ClassifierUnavailableError, InvalidInputError, ModelFormatError } from '../../errors.ts';
import { createReference } from '../../kernels/reference.ts';
import { chooseTier, TIERS, type Tier } from '../../kernels/tier.ts';
import { loadHydraModel } from '../../models/load.ts';
import { type Classifier, SecurityScanner } from '../../security/index.ts';
import { readTokenizerFile } from '../../tokenizer/file.ts';
import { full } from '../scale.ts';
import { readGolden } from './golden.ts';
import { openTiny, TINY_FOLDER, tinySource, until } from './threads.ts';

const golden = readGolden('tiny');
/** Some of one window and some of more; the reference takes seconds for all of them. */
const TEXTS = golden.texts
  .filter(({ ids }, i) => ids.length < 400 && (full || i % 6 === 0))
  .map(({ text, role }) => ({ text, role }));
const open: HydraPool[] = [];
let folder: string;
let expected: readonly Classified[];

function keep<T extends HydraPool>(hydra: T): T {
  open.push(hydra);
  return hydra;
}

async function openKept(options: Parameters<typeof openTiny>[0]): ReturnType<typeof openTiny> {
  const opened = await openTiny(options);
  keep(opened.hydra);
  return opened;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'm2m-models-'));
  const { model } = await loadHydraModel(golden.model);
  const classifier = new HydraClassifier(model, createReference(), readTokenizerFile(golden.tokenizer));
  expected = await classifier.classify(TEXTS);
});
afterEach(() => {
  for (const hydra of open.splice(0)) hydra.close();
});
afterAll(() => rm(folder, { recursive: true }));

describe('loadHydra', () => {
  it('gives the scores of the classifier in this thread, bit for bit, and names itself', async () => {
    const hydra = keep(await loadHydra({ model: TINY_FOLDER, device: 'reference', workers: 2 }));
    expect(await hydra.classify(TEXTS)).toEqual(expected);
    expect(hydra.model).toEqual({ id: 'tiny', sha256: golden.sha256, device: 'reference' });
    expect(hydra.memoryBytes).toBeGreaterThan(golden.model.length);
  });

  it('computes in this thread where no worker is wanted: the same scores, one call after the other', async () => {
    const hydra = keep(await loadHydra({ model: TINY_FOLDER, device: 'reference', workers: 0 }));
    const [all, again] = await Promise.all([hydra.classify(TEXTS), hydra.classify(TEXTS)]);
    expect([all, again]).toEqual([expected, expected]);
    expect(hydra.model).toEqual({ id: 'tiny', sha256: golden.sha256, device: 'reference' });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(hydra.classify(TEXTS, { signal })).rejects.toThrow('enough');
    await expect(hydra.classify(TEXTS, { deadlineMs: 0 })).rejects.toThrow(ClassifierUnavailableError);
    hydra.close();
    await expect(hydra.classify(TEXTS)).rejects.toThrow(ClassifierUnavailableError);
    await expect(loadHydra({ model: folder, workers: 0 })).rejects.toThrow(ModelFormatError);
  });

  it.each(TIERS)('gives the same scores on tier %s', async (tier: Tier) => {
    const runs = (() => {
      try {
        return chooseTier(tier).tier === tier;
      } catch {
        return false;
      }
    })();
    const loading = loadHydra({ model: TINY_FOLDER, tier, workers: 2 });
    if (!runs) {
      await expect(loading).rejects.toThrow(ClassifierUnavailableError);
      return;
    }
    const hydra = keep(await loading);
    expect(hydra.model.device).toBe(`wasm-${tier}`);
    expect(await hydra.classify(TEXTS)).toEqual(expected);
  });

  it('gives the memory of the file back when the device has a copy', async () => {
    const service = createService();
    const model = golden.model.slice();
    await service.load({ model, tokenizer: golden.tokenizer }, 'wasm');
    expect(model.buffer.byteLength).toBe(0);
    expect(await service.classify(TEXTS[3]!)).toEqual(expected[3]);
    await expect(createService().classify(TEXTS[3]!)).rejects.toThrow(ClassifierUnavailableError);
  });

  it('fits the port of the scanner, whose verdict names the model', async () => {
    const hydra = keep(await loadHydra({ model: TINY_FOLDER, workers: 1 }));
    const port: Classifier = hydra as unknown as Classifier;
    for (const mode of ['auto', 'neural'] as const) {
      const scanner = new SecurityScanner({ classifier: port, mode, deadlineMs: 10_000 });
      const verdict = await scanner.scan('Please summarise the second paragraph.');
      expect(verdict.mode).toBe('neural');
      expect(verdict.model).toEqual(hydra.model);
      expect(verdict.fallback).toBeUndefined();
    }
  });

  it('keeps no process alive that is done, and cuts off no text that is on its way', async () => {
    const script = `
      import { loadHydra } from ${JSON.stringify(resolve(import.meta.dirname, '../../engine/node.ts'))};
      const hydra = await loadHydra({ model: ${JSON.stringify(TINY_FOLDER)}, workers: 2 });
      void hydra.classify(Array.from({ length: 300 }, (_, i) => ({ text: 'a text of some length '.repeat(9) + i })))
        .then((answers) => console.log(answers.length));
    `;
    const args = ['--input-type=module', '-e', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 50_000 });
    expect(stdout).toBe('300\n');
  });
});

describe('a model that is none', () => {
  async function changed(name: string, change: (bytes: Uint8Array) => Uint8Array | string): Promise<string> {
    const copy = join(folder, `${name}-${Math.random()}`);
    await cp(TINY_FOLDER, copy, { recursive: true });
    const bytes = name === 'tokenizer.json' ? Buffer.from(golden.tokenizer) : Buffer.from(golden.model);
    await writeFile(join(copy, name), change(bytes));
    return copy;
  }

  it.each<[string, string, (bytes: Uint8Array) => Uint8Array | string, RegExp]>([
    ['an empty file', 'model.safetensors', () => '', /./],
    ['a header that claims 2^60 bytes', 'model.safetensors', (b) => Buffer.from(b).fill(15, 7, 8), /./],
    ['a file that ends early', 'model.safetensors', (b) => b.subarray(0, b.length - 1), /./],
    ['a code that is no weight', 'model.safetensors', (b) => Buffer.from(b).fill(255, b.length >> 1), /./],
    ['no JSON', 'tokenizer.json', () => 'nonsense', /tokenizer\.json/],
    ['no UTF-8', 'tokenizer.json', () => Uint8Array.of(0x7b, 0xff), /UTF-8/],
    ['another tokenizer', 'tokenizer.json', (b) => `${b} `, /names sha256/],
  ])('ends in ModelFormatError: %s', async (_, name, change, message) => {
    const loading = loadHydra({ model: await changed(name, change), workers: 1 });
    await expect(loading).rejects.toThrow(ModelFormatError);
    await expect(loading).rejects.toThrow(message);
  });

  it('names the tokenizer that has other ids than the model', async () => {
    const copy = join(folder, 'other-ids');
    await cp(TINY_FOLDER, copy, { recursive: true });
    await cp(resolve(TINY_FOLDER, '../default/tokenizer.json'), join(copy, 'tokenizer.json'));
    await expect(loadHydra({ model: copy })).rejects.toThrow(/16392 ids, but the model has/);
  });

  it('names the file that is missing', async () => {
    const copy = join(folder, 'half');
    await cp(TINY_FOLDER, copy, { recursive: true });
    await rm(join(copy, 'tokenizer.json'));
    const loading = loadHydra({ model: copy });
    await expect(loading).rejects.toThrow(ModelFormatError);
    await expect(loading).rejects.toThrow(/tokenizer\.json: is missing/);
  });

  it('is not the file that the registry names', async () => {
    const threads: Worker[] = [];
    const opening = openHydra({ ...tinySource(), sha256: 'f'.repeat(64) }, {}, () =>
      startThread((w) => threads.push(w)),
    );
    await expect(opening).rejects.toThrow(ModelFormatError);
    await expect(opening).rejects.toThrow(`expected sha256 ${'f'.repeat(64)}, found ${golden.sha256}`);
    // Ended, though it had loaded.
    await until(() => threads.every(({ threadId }) => threadId === -1));
    const named = keep(await openHydra({ ...tinySource(), sha256: golden.sha256 }, {}, () => startThread()));
    expect(named.model.sha256).toBe(golden.sha256);
  });

  it('is asked for by name or by folder, and no other way', async () => {
    await expect(loadHydra({ model: join(folder, 'nowhere') })).rejects.toThrow(InvalidInputError);
    const wrong = [
      { device: 'gpu' as 'auto' },
      { tier: 'avx' as 'swar' },
      { tier: 'swar', device: 'reference' },
      { workers: -1 },
      { queue: -1 },
    ] as const;
    for (const options of wrong) {
      await expect(loadHydra({ model: TINY_FOLDER, ...options })).rejects.toThrow(InvalidInputError);
    }
  });
});

describe('threads that are ended', () => {
  const batch = Array.from({ length: 2000 }, (_, i) => ({ text: `message ${i} of a batch` }));

  it('in mid-batch lose no message of 2,000', async () => {
    const { hydra, threads } = await openKept({ workers: 2 });
    const whole = await hydra.classify(batch);
    expect(threads.length).toBe(2);
    const answers = hydra.classify(batch);
    for (let kill = 0; kill < 3; kill++) {
      await until(() => threads.length === 2 + kill);
      await new Promise((done) => setTimeout(done, 20));
      await threads[kill]!.terminate();
    }
    expect(await answers).toEqual(whole);
    await until(() => threads.length === 5);
    expect(new Set(whole.map(({ scores }) => scores.benign)).size).toBeGreaterThan(1900);
  });

  it('leave a visible fallback in auto mode, an error in neural mode, and a classifier that answers again', async () => {
    const { hydra, threads } = await openKept({ workers: 1 });
    const classifier = hydra as unknown as Classifier;
    const auto = new SecurityScanner({ classifier, mode: 'auto', deadlineMs: 1 });
    const neural = new SecurityScanner({ classifier, mode: 'neural', deadlineMs: 1 });
    await threads[0]!.terminate();
    const verdict = await auto.scan('Good morning.');
    expect(verdict.mode).toBe('patterns');
    expect(verdict.fallback).toBe('no answer within 1 ms');
    await expect(neural.scan('Good morning.')).rejects.toThrow(ClassifierUnavailableError);
    const again = await neural.scan('Good morning.', { deadlineMs: 50_000 });
    expect(again.mode).toBe('neural');
    hydra.close();
    expect((await auto.scan('Good morning.')).fallback).toBe('the classifier is closed');
  });

  it('by close() in mid-batch are told to whoever waits', async () => {
    const { hydra, threads } = await openKept({ workers: 2 });
    const answers = hydra.classify(batch);
    answers.catch(() => undefined);
    await until(() => threads.length === 2);
    const exits = threads.map((thread) => new Promise((done) => thread.once('exit', done)));
    hydra.close();
    await expect(answers).rejects.toThrow('the classifier is closed');
    await Promise.all(exits);
  });
});
