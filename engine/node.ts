/** Hydra in Node: files from disk, threads of worker_threads. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { InvalidInputError, ModelFormatError } from '../errors.ts';
import { findModel, MODELS } from '../models/registry.ts';
import { type HydraPool, type LoadOptions, openHydra, type Source } from './load.ts';
import { nodeThread, type Thread } from './spawn.ts';

export type { HydraPool, LoadOptions } from './load.ts';

export interface NodeLoadOptions extends LoadOptions {
  /** A name of models/registry.ts, or a folder with model.safetensors and tokenizer.json; default: the first name. */
  readonly model?: string;
}

/** No model of ours comes near; a file beyond it is not read. */
const MAX_FILE_BYTES = 1 << 30;

// The same file runs as it is written and as it is built.
const SCRIPT = new URL(import.meta.url.endsWith('.ts') ? './worker.node.ts' : './worker.node.js', import.meta.url);

/**
 * Loads a model into worker threads. The process does not wait for idle workers; it does for texts on their way.
 *
 * @throws InvalidInputError  there is no such model; options out of range
 * @throws ModelFormatError  a file is missing or malformed, or not what the registry or the model says
 * @throws ClassifierUnavailableError  no thread or no device runs here
 */
export async function loadHydra(options: NodeLoadOptions = {}): Promise<HydraPool> {
  const place = await find(options.model);
  return openHydra(read(place), options, startThread);
}

/** @param created  hears of each worker; for tests that end one */
export function startThread(created?: (worker: Worker) => void): Thread {
  // Flags of the process are its own: --input-type, for one, ends a worker.
  const worker = new Worker(SCRIPT, { name: 'hydra', execArgv: [] });
  created?.(worker);
  return nodeThread(worker);
}

interface Place {
  readonly id: string;
  readonly folder: string;
  readonly sha256?: string;
}

async function find(name: string | undefined): Promise<Place> {
  const chosen = name ?? MODELS[0]?.name;
  if (chosen === undefined) {
    throw new InvalidInputError(
      'no model comes with this version; name a folder: loadHydra({ model: "path/to/model" })',
    );
  }
  if (MODELS.some((model) => model.name === chosen)) {
    const { file, sha256 } = findModel(chosen);
    return { id: chosen, folder: dirname(fileURLToPath(new URL(`../models/${file}`, import.meta.url))), sha256 };
  }
  const folder = resolve(chosen);
  if ((await stat(folder).catch(() => undefined))?.isDirectory()) return { id: basename(folder), folder };
  const known = MODELS.map((model) => model.name).join(', ') || 'none yet';
  throw new InvalidInputError(`model ${JSON.stringify(chosen)}: no folder, and no name that is known (${known})`);
}

async function read({ folder, ...known }: Place): Promise<Source> {
  const [model, tokenizer] = await Promise.all([
    readPart(folder, 'model.safetensors'),
    readPart(folder, 'tokenizer.json'),
  ]);
  return { ...known, model, tokenizer };
}

async function readPart(folder: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const path = resolve(folder, name);
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new ModelFormatError(`${path}: ${size} bytes, more than any model has`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof ModelFormatError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new ModelFormatError(`${path}: ${code === 'ENOENT' ? 'is missing' : code}; a model is a folder with both`, {
      cause: error,
    });
  }
}
