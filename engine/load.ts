/**
 * From the files of a model to a classifier that answers: what node.ts and browser.ts have in common. Hashes are made here,
 * while the first worker reads the same bytes; nothing is handed out before both are done.
 */
import { ClassifierUnavailableError, InvalidInputError, ModelFormatError } from '../errors.ts';
import type { DeviceName } from '../kernels/choose.ts';
import type { CallOptions } from './calls.ts';
import type { Classified, Input } from './classifier.ts';
import { DEFAULT_QUEUE, type ModelIdentity, Pool } from './pool.ts';
import type { Loaded } from './service.ts';
import type { Thread } from './spawn.ts';

/** What runs the model: `auto` is `wasm`, in the tier that runs fastest here; the reference is slow and for comparisons. */
export interface LoadOptions {
  readonly device?: 'auto' | 'wasm' | 'reference';
  /** Forces a tier of the WASM device. */
  readonly tier?: 'dot32' | 'dot16' | 'swar';
  /**
   * At most; default: one less than the machine has threads, 1 to 8. They start with demand. 0: no worker, the thread of the
   * caller computes, which is the fastest way to a single score and holds up everything else meanwhile.
   */
  readonly workers?: number;
  /** Texts that may wait for a worker; see PoolLimits. Default 4,096. */
  readonly queue?: number;
}

/** A loaded Hydra: the `Classifier` that security asks for. */
export interface HydraPool {
  readonly model: ModelIdentity;
  /** Weights and activations of one worker, in bytes; its thread and tokenizer come on top. */
  readonly memoryBytes: number;
  /** See Pool.classify. */
  classify(inputs: readonly Input[], options?: CallOptions): Promise<readonly Classified[]>;
  close(): void;
}

/** A model's files and what is known of them. */
export interface Source {
  /** Named in every verdict. */
  readonly id: string;
  readonly model: Uint8Array<ArrayBuffer>;
  /** tokenizer.json */
  readonly tokenizer: Uint8Array<ArrayBuffer>;
  /** What the registry says of the model's file; absent for a model that the user points at. */
  readonly sha256?: string;
}

/**
 * @param source  the files, which may still be on their way while the first worker starts
 * @param start   makes a worker of this platform
 * @throws ModelFormatError  no Hydra model, another file than the registry names, or another tokenizer than the model names
 * @throws ClassifierUnavailableError  no worker or no device runs here
 * @throws InvalidInputError  options that contradict each other or are out of range
 */
export async function openHydra(
  source: Promise<Source> | Source,
  options: LoadOptions,
  start: () => Thread,
): Promise<HydraPool> {
  const files = Promise.resolve(source);
  // Awaited below; until then, what else fails comes first.
  files.catch(() => undefined);
  const device = deviceOf(options);
  const threads = navigator.hardwareConcurrency ?? 2;
  const { workers = Math.min(8, Math.max(1, threads - 1)), queue = DEFAULT_QUEUE } = options;
  if (workers === 0) return here(files, device);
  // A worker takes longer to start than a file to be read.
  let first: Thread | undefined = start();
  const next = (): Thread => {
    const thread = first ?? start();
    first = undefined;
    return thread;
  };
  try {
    const { id, model, tokenizer, sha256 } = await files;
    const parts = { model, tokenizer: decodeUtf8(tokenizer) };
    const pool = new Pool({ files: parts, device, workers, queue, start: next });
    return await check(pool, { id, model, tokenizer, ...(sha256 === undefined ? {} : { sha256 }) });
  } catch (error) {
    first?.end();
    throw error;
  }
}

/** The same without workers. */
async function here(files: Promise<Source>, name: DeviceName): Promise<HydraPool> {
  const [{ createService }, source] = await Promise.all([import('./service.ts'), files]);
  const service = createService();
  let closed = false;
  let turn: Promise<unknown> = Promise.resolve();
  const all = async (
    inputs: readonly Input[],
    { signal, deadlineMs }: CallOptions,
    since: number,
  ): Promise<Classified[]> => {
    const answers: Classified[] = [];
    for (const input of inputs) {
      signal?.throwIfAborted();
      if (closed) throw new ClassifierUnavailableError('the classifier is closed');
      if (deadlineMs !== undefined && performance.now() - since > deadlineMs) {
        throw new ClassifierUnavailableError(`no answer within ${deadlineMs} ms`);
      }
      answers.push(await service.classify(input));
    }
    return answers;
  };
  // The hashes first: loading frees the file.
  const hashes = Promise.all([sha256(source.model.slice()), sha256(source.tokenizer)]);
  const { model, tokenizer } = source;
  const loaded = await service.load({ model, tokenizer: decodeUtf8(tokenizer) }, name);
  const identity = identify(source, loaded, await hashes);
  return {
    model: identity,
    memoryBytes: loaded.memoryBytes,
    classify(inputs, options = {}) {
      const since = performance.now();
      const next = turn.then(() => all(inputs, options, since));
      turn = next.catch(() => undefined);
      return next;
    },
    close() {
      closed = true;
    },
  };
}

type Hashes = readonly [model: string, tokenizer: string];

/** @throws ModelFormatError  another file than the registry names, or another tokenizer than the model names */
function identify(
  source: Omit<Source, 'model' | 'tokenizer'>,
  loaded: Loaded,
  [found, tokenizer]: Hashes,
): ModelIdentity {
  if (source.sha256 !== undefined && found !== source.sha256) {
    throw new ModelFormatError(`model file: expected sha256 ${source.sha256}, found ${found}; install it again`);
  }
  if (loaded.tokenizerSha256 !== '' && loaded.tokenizerSha256 !== tokenizer) {
    throw new ModelFormatError(
      `tokenizer.json: the model names sha256 ${loaded.tokenizerSha256}, found ${tokenizer}; export both again`,
    );
  }
  return { id: source.id, sha256: found, device: loaded.device };
}

async function check(pool: Pool, source: Source): Promise<HydraPool> {
  try {
    const [loaded, ...hashes] = await Promise.all([pool.open(), sha256(source.model), sha256(source.tokenizer)]);
    const model = identify(source, loaded, hashes);
    return {
      model,
      memoryBytes: loaded.memoryBytes,
      classify: (inputs, options) => pool.classify(inputs, options),
      close: () => pool.close(),
    };
  } catch (error) {
    pool.close();
    throw error;
  }
}

function deviceOf({ device = 'auto', tier }: LoadOptions): DeviceName {
  if (!['auto', 'wasm', 'reference'].includes(device)) {
    throw new InvalidInputError(`device: expected auto, wasm or reference, found ${JSON.stringify(device)}`);
  }
  if (tier === undefined) return device;
  if (!['dot32', 'dot16', 'swar'].includes(tier)) {
    throw new InvalidInputError(`tier: expected dot32, dot16 or swar, found ${JSON.stringify(tier)}`);
  }
  if (device === 'reference') throw new InvalidInputError('tier: the reference device has none');
  return `wasm-${tier}`;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ModelFormatError('tokenizer.json: no UTF-8', { cause });
  }
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
