/**
 * The Python side, run where there is a Python with what each script needs (numpy, torch, onnx) and skipped aloud
 * elsewhere. M2M_PYTHON names an interpreter; otherwise python3 of the PATH and of the system are asked.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as ort from 'onnxruntime-web';
import { afterAll, describe, expect, it } from 'vitest';
import { differences, readGolden, WIDTH, windowsOf } from '../engine/golden.ts';
import { python, run } from './python.ts';

const GOLDEN = resolve(import.meta.dirname, '../models/golden');
const work = mkdtempSync(join(tmpdir(), 'm2m-export-'));
afterAll(() => rmSync(work, { recursive: true }));

/** A folder with the golden tokenizer, where a model may be written. */
function folder(name: string, config: string): string {
  const out = join(work, name);
  mkdirSync(out);
  cpSync(join(GOLDEN, config, 'tokenizer.json'), join(out, 'tokenizer.json'));
  return out;
}

describe('training-export', () => {
  it('packs T16x4 and takes it apart', (ctx) => {
    expect(run(python(ctx, 'numpy'), 'files.py')).toContain('unpack(pack(w)) == w');
  });

  it('generates the default-sized model byte for byte as test/models/generated.ts does', (ctx) => {
    const out = folder('generated', 'default');
    run(python(ctx, 'numpy'), 'export_safetensors.py', '--config', 'hydra-1', '--generated', '--out', out);
    expect(readFileSync(join(out, 'model.safetensors')).equals(readGolden('default').model)).toBe(true);
  });

  it('exports the tiny model from its seed', (ctx) => {
    const out = folder('seeded', 'tiny');
    run(python(ctx, 'numpy', 'torch'), 'export_safetensors.py', '--config', 'tiny', '--seed', '7', '--out', out);
    expect(readFileSync(join(out, 'model.safetensors')).equals(readGolden('tiny').model)).toBe(true);
  });

  it('gives the golden logits, whichever torch this is', (ctx) => {
    const interpreter = python(ctx, 'numpy', 'torch');
    const golden = join(work, 'golden', 'tiny');
    mkdirSync(golden, { recursive: true });
    cpSync(join(GOLDEN, 'texts.json'), join(golden, '..', 'texts.json'));
    cpSync(join(GOLDEN, 'tiny', 'ids.json'), join(golden, 'ids.json'));
    run(interpreter, 'parity.py', '--model', join(GOLDEN, 'tiny'), '--golden', golden);
    const { windows, logits } = JSON.parse(readFileSync(join(golden, 'logits.json'), 'utf8'));
    const bytes = Uint8Array.from(Buffer.from(logits, 'base64'));
    const all = new Float32Array(bytes.buffer);
    const { texts } = readGolden('tiny');
    let used = 0;
    const found = texts.map((_, i) => {
      const from = used;
      used += windows[i] * WIDTH;
      return all.subarray(from, used);
    });
    expect(differences(texts, found).filter(({ relative }) => !(relative <= 1e-3))).toEqual([]);
  }, 120_000);

  it.for([
    { name: 'self-contained', flags: [] },
    { name: 'external', flags: ['--external'] },
  ])('writes an ONNX file that onnxruntime-web runs: $name', async ({ name, flags }, ctx) => {
    const interpreter = python(ctx, 'numpy', 'onnx');
    const out = join(work, name);
    mkdirSync(out);
    cpSync(join(GOLDEN, 'tiny', 'model.safetensors'), join(out, 'model.safetensors'));
    run(interpreter, 'export_onnx.py', '--model', out, ...flags);
    const { texts, model } = readGolden('tiny');
    ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(join(out, 'model.onnx'))), {
      executionProviders: ['wasm'],
      logSeverityLevel: 3,
      externalData: flags.length === 0 ? [] : [{ path: 'model.safetensors', data: model }],
    });
    const some = texts.filter(({ ids }) => ids.length < 60).slice(0, 20);
    const found: number[][] = [];
    for (const text of some) {
      const roleId = 512 + 2 + ['user', 'tool', 'document', 'system', 'assistant', 'unknown'].indexOf(text.role);
      const [ids] = windowsOf(text, roleId, { window: 64, overlap: 16 });
      const input = new ort.Tensor('int64', BigInt64Array.from(ids!.map(BigInt)), [ids!.length]);
      const { threat, route, codec } = await session.run({ ids: input });
      found.push([threat, route, codec].flatMap((head) => [...(head!.data as Float32Array)]));
    }
    await session.release();
    expect(differences(some, found).filter(({ relative }) => !(relative <= 1e-3))).toEqual([]);
  });

  it('learns: gradients reach every parameter through the roundings, and padding changes nothing', (ctx) => {
    const script = `
import torch, torch.nn.functional as F
from model import CONFIGS, seeded
model = seeded(CONFIGS["tiny"], 1).train()
ids, lengths = torch.randint(0, 512, (8, 20)), torch.tensor([20, 3, 17, 1, 9, 20, 12, 5])
ids[:, 0] = 514 + torch.arange(8) % 6  # roles
labels = torch.arange(8) % 4
with torch.no_grad():
    together = model(ids, lengths)[0]["threat"]
    alone = torch.cat([model(ids[i : i + 1, : lengths[i]])[0]["threat"] for i in range(8)])
    assert (together - alone).abs().max() < 1e-3 * alone.abs().max(), "padding"
optimiser = torch.optim.Adam(model.parameters(), 3e-3)
first = None
for step in range(60):
    heads, losses = model(ids, lengths)
    loss = sum(F.cross_entropy(head, labels) for head in heads.values())
    optimiser.zero_grad()
    (loss + 0.01 * losses["balance"] + 0.001 * losses["z"]).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all() and parameter.grad.abs().sum() > 0, name
    optimiser.step()
    first = first or loss.item()
assert losses["used"].shape == (2, 4) and (losses["used"].sum(-1) - 1).abs().max() < 1e-5
print(first, loss.item())
`;
    const [first, last] = run(python(ctx, 'numpy', 'torch'), '-c', script)
      .split(' ')
      .map(Number) as [number, number];
    expect(last).toBeLessThan(first / 4);
  }, 120_000);
});
