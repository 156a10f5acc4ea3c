/**
 * One model, one device, one message at a time: what a worker does, or the thread of the caller where there are no workers.
 */
import { ClassifierUnavailableError, ModelFormatError } from '../errors.ts';
import { createDevice, type DeviceName } from '../kernels/choose.ts';
import { parseHydra } from '../models/hydra.ts';
import { readSafetensors } from '../models/safetensors.ts';
import { readTokenizerFile } from '../tokenizer/file.ts';
import { type Classified, HydraClassifier, type Input } from './classifier.ts';

export interface ModelFiles {
  /** model.safetensors; whoever sends it transfers it. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** The text of tokenizer.json. */
  readonly tokenizer: string;
}

export interface Loaded {
  /** The device that was chosen, by a name that chooses it again. */
  readonly device: DeviceName;
  /** What the model says of its tokenizer.json; empty where it says nothing. */
  readonly tokenizerSha256: string;
  /** Weights and activations, in bytes. */
  readonly memoryBytes: number;
}

/** What a worker can be asked. Errors arrive by name and message alone. */
export interface Service {
  /**
   * Before all else, once.
   *
   * @throws ModelFormatError  no Hydra model, or a tokenizer that is not this model's
   * @throws ClassifierUnavailableError  the device does not run here, or has no memory for the model
   */
  load(files: ModelFiles, device: DeviceName): Promise<Loaded>;
  /** Not to be called again before it has answered. */
  classify(input: Input): Promise<Classified>;
}

export function createService(): Service {
  let classifier: HydraClassifier | undefined;
  return {
    async load({ model: bytes, tokenizer: text }, name) {
      // Compiles in the background while the files are read.
      const compiling = createDevice(name);
      compiling.catch(() => undefined);
      const model = parseHydra(readSafetensors(bytes));
      const tokenizer = readTokenizerFile(text);
      const { config, tokenizerSha256 } = model;
      if (tokenizer.vocabSize !== config.vocab) {
        throw new ModelFormatError(
          `tokenizer.json: ${tokenizer.vocabSize} ids, but the model has ${config.vocab}; is it this model's own?`,
        );
      }
      const device = await compiling;
      classifier = new HydraClassifier(model, device, tokenizer);
      // The device has its own copy. The classifier keeps the model for its labels, and would keep the file with it.
      bytes.buffer.transfer(0);
      return { device: device.name as DeviceName, tokenizerSha256, memoryBytes: device.memoryBytes };
    },
    async classify(input) {
      if (classifier === undefined) throw new ClassifierUnavailableError('the worker has no model yet');
      const [answer] = await classifier.classify([input]);
      return answer!;
    },
  };
}
