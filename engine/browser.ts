/** Hydra in a page: files by fetch, module workers. Needs no COOP or COEP headers, as no memory is shared. */
import { ClassifierUnavailableError, InvalidInputError } from '../errors.ts';
import { type HydraPool, type LoadOptions, openHydra, type Source } from './load.ts';
import { browserThread, type Thread } from './spawn.ts';

export type { HydraPool, LoadOptions } from './load.ts';

/** The files of a model that the page has already. */
export interface ModelBytes {
  /** Named in every verdict. */
  readonly id: string;
  readonly model: Uint8Array<ArrayBuffer>;
  /** tokenizer.json */
  readonly tokenizer: Uint8Array<ArrayBuffer>;
}

export interface BrowserLoadOptions extends LoadOptions {
  /** Where a folder with model.safetensors and tokenizer.json is served, or the files themselves. */
  readonly model: string | URL | ModelBytes;
  /** What the model's file must be, hexadecimal. */
  readonly sha256?: string;
}

/**
 * Loads a model into workers of this page.
 *
 * @throws InvalidInputError  no model was named; options out of range
 * @throws ModelFormatError  a file is malformed, or not what `sha256` or the model says
 * @throws ClassifierUnavailableError  a file cannot be fetched; no worker or no device runs here (CSP: wasm-unsafe-eval)
 */
export async function loadHydra(options: BrowserLoadOptions): Promise<HydraPool> {
  const { model, sha256 } = options;
  if (model === undefined) throw new InvalidInputError('model: expected where its folder is served, or its bytes');
  const known = sha256 === undefined ? {} : { sha256 };
  const source = typeof model === 'string' || model instanceof URL ? fetchModel(model) : model;
  return openHydra(
    Promise.resolve(source).then((found) => ({ ...found, ...known })),
    options,
    startThread,
  );
}

function startThread(): Thread {
  return browserThread(new Worker(new URL('./worker.browser.js', import.meta.url), { type: 'module', name: 'hydra' }));
}

async function fetchModel(place: string | URL): Promise<Source> {
  const folder = new URL(place, document.baseURI);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  const [model, tokenizer] = await Promise.all([
    fetchPart(new URL('model.safetensors', folder)),
    fetchPart(new URL('tokenizer.json', folder)),
  ]);
  return { id: folder.pathname.split('/').at(-2) || folder.host, model, tokenizer };
}

async function fetchPart(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new ClassifierUnavailableError(`${url}: ${(cause as Error).message}`, { cause });
  }
}
