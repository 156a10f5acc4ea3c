/** Hydra in a real browser without COOP and COEP: the scores of Node bit for bit, on every tier, from real workers. */
import { resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Classified, HydraClassifier } from '../../engine/classifier.ts';
import { createDevice } from '../../kernels/choose.ts';
import { TIERS } from '../../kernels/tier.ts';
import { loadHydraModel } from '../../models/load.ts';
import { readTokenizerFile } from '../../tokenizer/file.ts';
import { readGolden } from '../engine/golden.ts';
import type * as entry from './engine.entry.ts';
import { launch, type Opened, openPage } from './harness.ts';

const golden = readGolden('tiny');
const INPUTS = golden.texts
  .filter(({ ids }, i) => ids.length < 400 && i % 2 === 0)
  .map(({ text, role }) => ({ text, role }));

const browser = await launch();
let opened: Opened;
let expected: readonly Classified[];

beforeAll(async () => {
  if ('missing' in browser) return;
  opened = await openPage(browser, resolve(import.meta.dirname, 'engine.entry.ts'), {
    '/tiny/model.safetensors': golden.model,
    '/tiny/tokenizer.json': new TextEncoder().encode(golden.tokenizer),
    '/hostile/model.safetensors': golden.model.subarray(0, 1000),
    '/hostile/tokenizer.json': new TextEncoder().encode(golden.tokenizer),
  });
  const { model } = await loadHydraModel(golden.model);
  const device = await createDevice('wasm');
  expected = await new HydraClassifier(model, device, readTokenizerFile(golden.tokenizer)).classify(INPUTS);
}, 120_000);
beforeEach((context) => {
  if ('missing' in browser) context.skip(browser.missing);
});
afterAll(async () => {
  await opened?.close();
  await (browser as Browser).close?.();
});

type Names = typeof entry;
/** Calls an export of the entry in the page. */
function there<N extends keyof Names>(name: N, ...args: Parameters<Names[N]>): Promise<Awaited<ReturnType<Names[N]>>> {
  const call = ([fn, list]: [string, unknown[]]): unknown =>
    (globalThis as unknown as { m2m: Record<string, (...all: unknown[]) => unknown> }).m2m[fn]!(...list);
  return opened.page.evaluate(call, [name, args] as [string, unknown[]]) as Promise<Awaited<ReturnType<Names[N]>>>;
}

async function openThere(options: object): Promise<entry.Opened> {
  const outcome = await there('open', { model: '/tiny', ...options });
  if ('error' in outcome) throw new Error(`${outcome.error}: ${outcome.message}`);
  return outcome.value;
}

describe('Hydra in a page', () => {
  it('gives the scores of Node from two workers, and needs no isolation', async () => {
    const before = (await there('facts')).workers;
    const { at, model } = await openThere({ workers: 2, sha256: golden.sha256 });
    expect(await there('classify', at, INPUTS)).toEqual({ value: expected });
    expect(model).toEqual({ id: 'tiny', sha256: golden.sha256, device: expect.stringMatching(/^wasm-/) });
    expect(await there('facts')).toEqual({ workers: before + 2, isolated: false });
    await there('close', at);
    expect(opened.complaints).toEqual([]);
  });

  it.each([...TIERS, 'reference'] as const)('gives the scores of Node on %s', async (tier) => {
    const options = tier === 'reference' ? { device: tier } : { tier };
    const outcome = await there('open', { model: '/tiny', workers: 1, ...options });
    if ('error' in outcome) {
      // A Chromium on a machine that lacks the tier must say so, and nothing else.
      expect(outcome).toEqual({
        error: 'ClassifierUnavailableError',
        message: expect.stringMatching(/unsupported|wrong/),
      });
      return;
    }
    const some = INPUTS.slice(0, 20);
    expect(await there('classify', outcome.value.at, some)).toEqual({ value: expected.slice(0, 20) });
    await there('close', outcome.value.at);
  });

  it('loses no message of a batch whose worker fails', async () => {
    const { at } = await openThere({ workers: 2 });
    const before = (await there('facts')).workers;
    const many = Array.from({ length: 12 }, () => INPUTS).flat();
    const outcome = await there('classifyAndFail', at, many);
    expect(outcome).toEqual({ value: Array.from({ length: 12 }, () => expected).flat() });
    expect((await there('facts')).workers).toBeGreaterThan(before + 1);
    await there('close', at);
  });

  it('refuses hostile files, missing ones and wrong hashes by their classes', async () => {
    expect(await there('open', { model: '/hostile' })).toMatchObject({ error: 'ModelFormatError' });
    expect(await there('open', { model: '/nowhere' })).toEqual({
      error: 'ClassifierUnavailableError',
      message: expect.stringMatching(/nowhere\/(model|tokenizer).*: status 404/),
    });
    expect(await there('open', { model: '/tiny', sha256: '00' })).toMatchObject({
      error: 'ModelFormatError',
      message: expect.stringMatching(/expected sha256 00/),
    });
  });

  it('shows its fallback, and fails closed in neural mode', async () => {
    const { at, model } = await openThere({ workers: 1 });
    const text = 'Please summarise the second paragraph.';
    expect(await there('scan', at, text, 'neural', 20_000)).toMatchObject({ value: { mode: 'neural', model } });
    await there('close', at);
    expect(await there('scan', at, text, 'auto', 20_000)).toMatchObject({
      value: { mode: 'patterns', fallback: 'the classifier is closed' },
    });
    expect(await there('scan', at, text, 'neural', 20_000)).toMatchObject({ error: 'ClassifierUnavailableError' });
  });
});
