/** Where engine and scanner meet: the type that both fit. index.ts has the public names of Node, index.browser.ts those of a page. */
import type { HydraPool } from './engine/load.ts';
import type { Classifier } from './security/index.ts';

export type { LoadOptions } from './engine/load.ts';

/** A loaded Hydra, as a scanner takes it. */
export interface Hydra extends Classifier {
  /** Weights and activations of one worker, in bytes; its thread and tokenizer come on top. */
  readonly memoryBytes: number;
  /** Ends the workers. What was on its way is answered with ClassifierUnavailableError. */
  close(): void;
}

/** The engine knows no scanner; its labels are those of the model's file, and the scanner looks at every answer. */
export function asClassifier(pool: HydraPool): Hydra {
  return pool as unknown as Hydra;
}

/**
 * A classifier that is loaded by its first call, once for all who ask. A load that failed is told to whoever waits for it,
 * and the next call tries again.
 */
export function onDemand(load: () => Promise<Hydra>): Classifier {
  let loading: Promise<Hydra> | undefined;
  let loaded: Hydra | undefined;
  return {
    get model() {
      return loaded?.model;
    },
    async classify(texts, options) {
      loading ??= load();
      try {
        loaded = await loading;
      } catch (error) {
        loading = undefined;
        throw error;
      }
      return loaded.classify(texts, options);
    },
  };
}
