/** The public names in a page. */
import type { BrowserLoadOptions } from './engine/browser.ts';
import { asClassifier, type Hydra } from './hydra.ts';

export * as codec from './codec/index.ts';
export type { BrowserLoadOptions, ModelBytes } from './engine/browser.ts';
export * from './errors.ts';
export type { Hydra, LoadOptions } from './hydra.ts';
export * from './security/index.ts';
export * from './tokenizer/index.ts';

/**
 * Loads Hydra into workers of the page. No COOP or COEP headers are needed; a Content-Security-Policy needs
 * `wasm-unsafe-eval` and `worker-src`.
 *
 * @param options.model  where a folder with model.safetensors and tokenizer.json is served, or the files themselves
 * @throws InvalidInputError  no model was named; options out of range
 * @throws ModelFormatError  a file is malformed, or not what `sha256` or the model says
 * @throws ClassifierUnavailableError  a file cannot be fetched; no worker or no device runs here
 */
export async function loadHydra(options: BrowserLoadOptions): Promise<Hydra> {
  const engine = await import('./engine/browser.ts');
  return asClassifier(await engine.loadHydra(options));
}
