/** Whole passes: every device gives the logits of a model written down once more, plainly, and the same ones bit for bit. */
import { describe, expect, it, vi } from 'vitest';
import { Forward } from '../../engine/forward.ts';
import { ClassifierUnavailableError } from '../../errors.ts';
import { createReference } from '../../kernels/reference.ts';
import { type HydraConfig, type HydraModel, parseHydra } from '../../models/hydra.ts';
import { DEVICES, indices, offsetsOf, WASM } from '../kernels/devices.ts';
import { DEFAULT, metadataOf, randomModel, randomTensors, TINY } from '../models/random-model.ts';
import { plainLogits } from './plain.ts';

const CONFIGS: readonly HydraConfig[] = [
  TINY,
  { ...TINY, dim: 64, heads: 2, hidden: 96, experts: 4, layers: 3, window: 64 },
  { ...TINY, dim: 16, heads: 1, hidden: 16, experts: 1, topK: 1, layers: 1 },
  { ...TINY, dim: 128, heads: 2, hidden: 256, experts: 8, topK: 3, layers: 2 },
];
const BATCHES = [[1], [24], [3, 1, 24, 7], [24, 24, 24]];
const LIMITS = { rows: 80, windows: 6 };

async function logitsOn(
  create: (typeof DEVICES)[number]['create'],
  model: HydraModel,
  batches: readonly (readonly number[])[],
  limits = LIMITS,
): Promise<Float32Array[]> {
  const device = await create();
  const forward = new Forward(device, model, limits);
  const all: Float32Array[] = [];
  for (const [i, windows] of batches.entries()) {
    const offsets = offsetsOf(windows);
    all.push((await forward.run(indices(offsets.at(-1)!, model.config.vocab, i), offsets)).slice());
  }
  device.close();
  return all;
}

describe('the reference', () => {
  it.each(CONFIGS)('computes the model: $dim wide, $heads heads, $topK of $experts experts', async (config) => {
    const model = randomModel(config, 5);
    const [logits] = await logitsOn(async () => createReference(), model, [[9, 4]]);
    const ids = indices(13, config.vocab, 0);
    const expected = [...plainLogits(model, ids.subarray(0, 9)), ...plainLogits(model, ids.subarray(9))];
    expect(logits!.length).toBe(28);
    // float64 beside f32: 2e-7 as measured. A value on the edge of two int8 steps would show as 1e-3; these seeds have none.
    const size = Math.max(...expected.map(Math.abs));
    for (const [i, value] of logits!.entries()) expect(Math.abs(value - expected[i]!) / size).toBeLessThan(1e-5);
  });
});

describe.each(WASM)('$name', ({ create }) => {
  it.each(CONFIGS)(
    'agrees with the reference bit for bit: $dim wide, $hidden hidden, $topK of $experts',
    async (config) => {
      const model = randomModel(config, 3);
      const expected = await logitsOn(async () => createReference(), model, BATCHES);
      expect(await logitsOn(create, model, BATCHES)).toEqual(expected);
      expect(expected[0]!.every(Number.isFinite)).toBe(true);
    },
  );
});

describe('a model of the default size', () => {
  it('has the same logits everywhere', async () => {
    const model = randomModel(DEFAULT, 8);
    const limits = { rows: 256, windows: 3 };
    const expected = await logitsOn(async () => createReference(), model, [[33, 1, 6]], limits);
    for (const { create } of WASM) expect(await logitsOn(create, model, [[33, 1, 6]], limits)).toEqual(expected);
  });
});

describe('numbers that run out', () => {
  const floats = [...randomTensors(TINY, 1)].filter(([, { dtype }]) => dtype === 'F32').map(([name]) => name);

  it.each([0, 1e-30, 1e20, 3e38])('end alike on every device: weights times %f', async (factor) => {
    let endless = 0;
    for (const name of floats) {
      const tensors = randomTensors(TINY, 1);
      const { values } = tensors.get(name)!;
      for (const [i, value] of values.entries()) values[i] = Math.max(-3e38, Math.min(3e38, value * factor));
      const model = parseHydra({ metadata: metadataOf(TINY), tensors });
      const [expected] = await logitsOn(async () => createReference(), model, [[5, 3]]);
      if (!expected!.every(Number.isFinite)) endless++;
      for (const { create } of WASM) expect(await logitsOn(create, model, [[5, 3]]), name).toEqual([expected]);
    }
    // Not a test of ordinary numbers under another name.
    if (factor === 3e38) expect(endless).toBeGreaterThan(5);
  });
});

describe.each(DEVICES)('a pass on $name', ({ create }) => {
  it('gives a window the same logits alone and beside others', async () => {
    const model = randomModel(TINY, 4);
    const device = await create();
    const forward = new Forward(device, model, LIMITS);
    const ids = indices(40, TINY.vocab, 1);
    const together = (await forward.run(ids, Int32Array.of(0, 10, 34, 40))).slice();
    for (const [i, [from, to]] of (
      [
        [0, 10],
        [10, 34],
        [34, 40],
      ] as const
    ).entries()) {
      const alone = await forward.run(ids.subarray(from, to), Int32Array.of(0, to - from));
      expect(alone).toEqual(together.subarray(i * forward.width, (i + 1) * forward.width));
    }
    device.close();
  });

  it('makes no tensor, takes no memory, and answers into the same array', async () => {
    const device = await create();
    const made = [vi.spyOn(device, 'allocate'), vi.spyOn(device, 'upload')];
    const grown = vi.spyOn(WebAssembly.Memory.prototype, 'grow');
    const forward = new Forward(device, randomModel(TINY, 4), LIMITS);
    expect(made.map(({ mock }) => mock.calls.length > 0)).toEqual([true, true]);
    expect(grown.mock.calls.length > 0).toBe(device.name !== 'reference');
    for (const spy of [...made, grown]) spy.mockClear();
    const before = device.memoryBytes;
    const first = await forward.run(indices(24, TINY.vocab, 1), Int32Array.of(0, 24));
    const second = await forward.run(indices(80, TINY.vocab, 2), Int32Array.of(0, 24, 48, 72, 80));
    expect([...made, grown].map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0]);
    expect(device.memoryBytes).toBe(before);
    expect(second.buffer).toBe(first.buffer);
    vi.restoreAllMocks();
    device.close();
  });

  it('says so where a model needs more memory than there is', async () => {
    const device = await create();
    const greedy = { rows: 2 ** 40, windows: 1 };
    expect(() => new Forward(device, randomModel(TINY, 4), greedy)).toThrow(ClassifierUnavailableError);
  });

  it('refuses a batch limit that no window fits', async () => {
    const device = await create();
    expect(() => new Forward(device, randomModel(TINY, 4), { rows: 23, windows: 1 })).toThrow(RangeError);
  });
});
