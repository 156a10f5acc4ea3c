/** The public names in Node. `m2m-protocol/proxy` is the proxy; in a page index.browser.ts stands in this place. */
import type { NodeLoadOptions } from './engine/node.ts';
import { asClassifier, type Hydra } from './hydra.ts';

export * as codec from './codec/index.ts';
export type { NodeLoadOptions } from './engine/node.ts';
export * from './errors.ts';
export type { Hydra, LoadOptions } from './hydra.ts';
export * from './scanner.ts';
export * from './tokenizer/index.ts';

/**
 * Loads a Hydra into worker threads; `new SecurityScanner({ classifier: await loadHydra({ model }) })`. A scanner that is given
 * none loads the one of the package by itself. The engine's code is loaded by the first call.
 *
 * @param options.model  a folder with model.safetensors and tokenizer.json, or a name of `m2m models list`; default: its first
 * @throws InvalidInputError  there is no such model; options out of range
 * @throws ModelFormatError  a file is missing or malformed, or not what the registry or the model says
 * @throws ClassifierUnavailableError  no thread or no device runs here
 */
export async function loadHydra(options: NodeLoadOptions = {}): Promise<Hydra> {
  const engine = await import('./engine/node.ts');
  return asClassifier(await engine.loadHydra(options));
}
