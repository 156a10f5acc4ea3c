/** The two packages that foreign models need and nobody else: found when they are first asked for, named when they are missing. */
import { ClassifierUnavailableError } from '../../errors.ts';

type Values = Float32Array | BigInt64Array;

/** The part of an onnxruntime session that is used here. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(
    feeds: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, { readonly data: unknown; readonly dims: readonly number[] }>>>;
  release(): Promise<void>;
}

interface Runtime {
  readonly env: { readonly wasm: { numThreads?: number } };
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: 'int64', data: Values, dims: readonly number[]) => unknown;
}

/** The part of a tokenizer of @huggingface/transformers that is used here. */
export interface ForeignTokenizer {
  encode(text: string, options?: { add_special_tokens?: boolean }): readonly number[];
}

interface Transformers {
  readonly PreTrainedTokenizer: new (tokenizer: object, config: object) => ForeignTokenizer;
}

const INSTALL = 'npm i onnxruntime-web@1.30.0 @huggingface/transformers@4.3.1';

/** @throws ClassifierUnavailableError  the package is not installed; the message has the line that installs it */
async function peer<T>(name: string, load: () => Promise<unknown>): Promise<T> {
  try {
    return (await load()) as T;
  } catch (error) {
    throw new ClassifierUnavailableError(`${name} is needed for ONNX models and is not there: ${INSTALL}`, {
      cause: error,
    });
  }
}

/** One thread, and no more memory than one: the caller may have workers of its own. */
export async function runtime(load = () => import('onnxruntime-web') as Promise<unknown>): Promise<Runtime> {
  const found = await peer<Runtime>('onnxruntime-web', load);
  found.env.wasm.numThreads = 1;
  return found;
}

export async function foreignTokenizer(
  tokenizer: object,
  config: object,
  load = () => import('@huggingface/transformers') as Promise<unknown>,
): Promise<ForeignTokenizer> {
  const { PreTrainedTokenizer } = await peer<Transformers>('@huggingface/transformers', load);
  return new PreTrainedTokenizer(tokenizer, config);
}
