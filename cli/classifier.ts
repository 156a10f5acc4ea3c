/** `--model`: where the command line brings a model and the scanner together. */
import { stat } from 'node:fs/promises';
import type { ArgsDef } from 'citty';
import { loadHydra } from '../index.ts';
import type { Classifier, Mode } from '../security/index.ts';
import { UsageError } from './usage.ts';

/** A classifier that has to be let go, or the process would wait for it. */
export interface Loaded extends Classifier {
  close(): void;
}

/** The flags of every command that takes a model. */
export const MODEL_FLAGS: ArgsDef = {
  model: {
    type: 'string',
    valueHint: 'PATH',
    description: 'a folder with a Hydra model, an .onnx classifier, or a name of m2m models list',
  },
  tokenizer: {
    type: 'string',
    valueHint: 'DIR',
    description: 'with an .onnx model: the folder of its tokenizer.json and config.json (default: its own folder)',
  },
};

/**
 * Loads what `--model` names, or else the model that comes with the package; undefined where rules alone are wanted.
 *
 * @param mode  as flags, environment and file settled it
 * @throws UsageError  flags that do not go together; what loading throws, as a model that was asked for must not be missing
 */
export async function loadClassifier(
  flags: Readonly<Record<string, unknown>>,
  mode: Mode | undefined,
): Promise<Loaded | undefined> {
  const { model, tokenizer } = flags as { model?: string; tokenizer?: string };
  if (model === undefined && tokenizer !== undefined) throw new UsageError('--tokenizer goes with --model FILE.onnx');
  if (mode === 'patterns') {
    if (model !== undefined) throw new UsageError('mode patterns asks no model: leave --model out');
    return undefined;
  }
  if (model === undefined) return loadHydra();
  if (model.toLowerCase().endsWith('.onnx') && !(await isFolder(model))) {
    const { loadOnnx } = await import('../engine/onnx.ts');
    return (await loadOnnx({ model, ...(tokenizer === undefined ? {} : { tokenizer }) })) as unknown as Loaded;
  }
  if (tokenizer !== undefined) throw new UsageError('--tokenizer goes with an .onnx model; a Hydra has its own');
  return loadHydra({ model });
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // what is wrong with it, loading says
  }
}
