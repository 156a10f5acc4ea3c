/**
 * Any ONNX sequence classifier as the scanner's `Classifier`: onnxruntime-web runs it (WASM, one thread), its tokenizer.json
 * is read by @huggingface/transformers. Both are optional peers and are loaded when a model is. The ONNX exports of our own
 * Hydra are recognised by their outputs and read with our tokenizer. Scores are the model's own, not calibrated by us.
 */
import { ClassifierUnavailableError, InvalidInputError, ModelFormatError } from '../errors.ts';
import { readTokenizerFile } from '../tokenizer/index.ts';
import { type Label, type LabelMap, labelsOf, probabilities } from './onnx/labels.ts';
import { type ForeignTokenizer, foreignTokenizer, runtime, type Session } from './onnx/peers.ts';
import { slices } from './onnx/slices.ts';
import { roleToken, splitWindows, windowSpan } from './windows.ts';

export type { Label, LabelMap } from './onnx/labels.ts';

export interface OnnxOptions {
  /** Path of the .onnx file, or its bytes. */
  readonly model: string | Uint8Array;
  /** Folder of tokenizer.json and config.json, or what these hold; default: the model's own folder. */
  readonly tokenizer?: string | { readonly tokenizer: string; readonly config?: string };
  /** Our label for each class of the model, by name or index, where its own names are not understood. */
  readonly labels?: LabelMap;
  /** Ids of one window, special tokens included; default: what the model's config says, at most 512. */
  readonly maxTokens?: number;
}

export interface OnnxClassifier {
  readonly model: { readonly id: string; readonly sha256: string; readonly device: string };
  classify(
    texts: readonly { readonly text: string; readonly role?: string }[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<
    readonly { readonly scores: Readonly<Record<Label, number>>; readonly span?: readonly [number, number] }[]
  >;
  close(): void;
}

/** A window's probabilities, and where it lies. */
interface Judged {
  readonly scores: Record<Label, number>;
  readonly span: readonly [start: number, end: number];
}

/** Judges one text, window by window. */
type Judge = (text: string, role: string | undefined) => AsyncGenerator<Judged>;

/**
 * @throws ClassifierUnavailableError  a peer is not installed (the message has the line), or the runtime refuses the model
 * @throws ModelFormatError            files are missing or malformed, inputs or classes that nobody understands
 * @throws InvalidInputError           options out of range
 */
export async function loadOnnx(options: OnnxOptions): Promise<OnnxClassifier> {
  const { maxTokens } = options;
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens >= 8 && maxTokens <= 65_536)) {
    throw new InvalidInputError(`maxTokens: expected a whole number from 8 to 65536, found ${maxTokens}`);
  }
  const files = await filesOf(options);
  const session = await open(files);
  const judge = isHydra(session) ? await hydraJudge(session, files) : await foreignJudge(session, files, options);
  const model = { id: files.id, sha256: await sha256(files.model), device: 'onnxruntime-web' };
  // One session, one run at a time: calls take turns, and it is released behind the last of them.
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;
  return {
    model,
    classify(texts, { signal } = {}) {
      const answers = turn.then(async () => {
        if (closed) throw new ClassifierUnavailableError('the classifier is closed');
        const found: Awaited<ReturnType<typeof worstOf>>[] = [];
        for (const { text, role } of texts) found.push(await worstOf(judge(text, role), signal));
        return found;
      });
      turn = answers.catch(() => undefined); // whoever called is told
      return answers;
    },
    close() {
      if (closed) return;
      closed = true;
      void turn.then(() => session.release());
    },
  };
}

/** The window that is likeliest an attack; its span, where there are several. */
async function worstOf(
  windows: AsyncGenerator<Judged>,
  signal: AbortSignal | undefined,
): Promise<{ scores: Judged['scores']; span?: Judged['span'] }> {
  let worst: Judged | undefined;
  let count = 0;
  signal?.throwIfAborted();
  for await (const judged of windows) {
    signal?.throwIfAborted();
    count++;
    if (worst === undefined || judged.scores.benign < worst.scores.benign) worst = judged;
  }
  const { scores, span } = worst!;
  return count === 1 ? { scores } : { scores, span };
}

interface Files {
  readonly id: string;
  readonly model: Uint8Array;
  /** Text of tokenizer.json. */
  readonly tokenizer: string;
  /** Text of config.json; undefined where there is none. */
  readonly config: string | undefined;
  /** The file that Hydra's small exports take their weights from. */
  readonly weights: Uint8Array | undefined;
}

async function filesOf({ model, tokenizer }: OnnxOptions): Promise<Files> {
  const given = typeof tokenizer === 'object' ? tokenizer : undefined;
  if (typeof model !== 'string' && given === undefined && typeof tokenizer !== 'string') {
    throw new InvalidInputError('tokenizer: bytes of a model lie in no folder; pass its tokenizer.json');
  }
  const { readFile } = await import('node:fs/promises');
  const { basename, dirname, join } = await import('node:path');
  /** Undefined where there is no such file; one that is there and cannot be read is no missing one. */
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    try {
      return await readFile(path);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new ModelFormatError(`${path}: ${code ?? messageOf(error)}`, { cause: error });
    }
  };
  const needed = async (path: string): Promise<Uint8Array> => {
    const bytes = await read(path);
    if (bytes) return bytes;
    throw new ModelFormatError(
      `${path}: cannot be read; an ONNX model needs its tokenizer.json beside it, or --tokenizer`,
    );
  };
  const folder = typeof tokenizer === 'string' ? tokenizer : typeof model === 'string' ? dirname(model) : '.';
  const text = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);
  return {
    id: typeof model === 'string' ? basename(model, '.onnx') : 'onnx',
    model: typeof model === 'string' ? await needed(model) : model,
    tokenizer: given?.tokenizer ?? text(await needed(join(folder, 'tokenizer.json')))!,
    config: given ? given.config : text(await read(join(folder, 'config.json'))),
    weights: typeof model === 'string' ? await read(join(dirname(model), 'model.safetensors')) : undefined,
  };
}

async function open({ model, weights }: Files): Promise<Session> {
  const ort = await runtime();
  const externalData = weights ? [{ path: 'model.safetensors', data: weights }] : [];
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: ['wasm'],
      logSeverityLevel: 3,
      externalData,
    });
  } catch (error) {
    throw new ModelFormatError(`onnxruntime-web cannot run this model: ${messageOf(error)}`, { cause: error });
  }
}

function isHydra({ inputNames, outputNames }: Session): boolean {
  return inputNames.join() === 'ids' && ['threat', 'route', 'codec'].every((name) => outputNames.includes(name));
}

/** Windows as engine/windows.ts makes them: a role token, and a quarter of the ids those of the window before. */
async function hydraJudge(session: Session, files: Files): Promise<Judge> {
  const tokenizer = readTokenizerFile(files.tokenizer);
  // The dimensions that windows need; the others are in the graph.
  const sizes = { vocab: tokenizer.vocabSize } as Parameters<typeof roleToken>[0];
  const window = await rowsOf(session, roleToken(sizes, undefined));
  const config = { ...sizes, window, overlap: window / 4 };
  const labels = labelsOf(5, {
    0: 'benign',
    1: 'prompt_injection',
    2: 'jailbreak',
    3: 'data_exfiltration',
    4: 'malformed',
  });
  return async function* judge(text, role) {
    const encoding = tokenizer.encode(text);
    for (const window of splitWindows(0, encoding.ids.length, config)) {
      const ids = [roleToken(config, role), ...encoding.ids.subarray(window.from, window.to)];
      const { threat } = await session.run({ ids: await int64(ids, [ids.length]) });
      yield {
        scores: probabilities(threat!.data as Float32Array, labels),
        span: windowSpan(window, encoding, text.length),
      };
    }
  };
}

/** Rows of the longest window that the graph takes, which it tells only by refusing more. */
async function rowsOf(session: Session, role: number): Promise<number> {
  let refusal: unknown;
  for (let rows = 1024; rows >= 32; rows /= 2) {
    try {
      await session.run({ ids: await int64([role, ...new Array<number>(rows - 1).fill(0)], [rows]) });
      return rows;
    } catch (error) {
      refusal = error;
    }
  }
  return failed(refusal);
}

const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'] as const;

async function foreignJudge(session: Session, files: Files, options: OnnxOptions): Promise<Judge> {
  const strange = session.inputNames.filter((name) => !(INPUTS as readonly string[]).includes(name));
  if (strange.length > 0 || !session.inputNames.includes('input_ids')) {
    throw new ModelFormatError(
      `the model's inputs: expected input_ids (attention_mask, token_type_ids), found ${session.inputNames.join(', ')}`,
    );
  }
  const config = parse(files.config ?? '{}', 'config.json') as {
    id2label?: Record<string, string>;
    max_position_embeddings?: number;
  };
  const tokenizer = await foreignTokenizer(parse(files.tokenizer, 'tokenizer.json'), {});
  const [prefix, suffix] = specials(tokenizer);
  const most = options.maxTokens ?? Math.min(512, config.max_position_embeddings ?? 512);
  const room = most - prefix.length - suffix.length;
  const encode = (text: string): readonly number[] => tokenizer.encode(text, { add_special_tokens: false });
  const run = async (ids: readonly number[]): Promise<Float32Array> => {
    const shape = [1, ids.length];
    const all = { input_ids: ids, attention_mask: ids.map(() => 1), token_type_ids: ids.map(() => 0) };
    const feeds: Record<string, unknown> = {};
    for (const name of INPUTS) if (session.inputNames.includes(name)) feeds[name] = await int64(all[name], shape);
    const output = (await session.run(feeds))[
      session.outputNames.includes('logits') ? 'logits' : session.outputNames[0]!
    ]!;
    if (!(output.data instanceof Float32Array) || output.data.length !== output.dims.at(-1)) {
      throw new ModelFormatError(`the model's output: expected one row of logits, found [${output.dims.join(', ')}]`);
    }
    return output.data;
  };
  // The number of classes is not in the session: one run tells it, and whether the model runs at all.
  const count = (await run([...prefix, ...encode('Hello'), ...suffix]).catch(failed)).length;
  const labels = labelsOf(count, config.id2label, options.labels);
  return async function* judge(text) {
    for (const { ids, from, to } of slices(text, room, encode)) {
      yield { scores: probabilities(await run([...prefix, ...ids, ...suffix]), labels), span: [from, to] };
    }
  };
}

/** What the tokenizer puts before and behind a text. */
function specials(tokenizer: ForeignTokenizer): readonly [prefix: readonly number[], suffix: readonly number[]] {
  const [bare, dressed] = [tokenizer.encode('a', { add_special_tokens: false }), tokenizer.encode('a')];
  const at = dressed.findIndex((_, i) => bare.every((id, k) => dressed[i + k] === id));
  return at === -1 ? [[], []] : [dressed.slice(0, at), dressed.slice(at + bare.length)];
}

async function int64(values: readonly number[], dims: readonly number[]): Promise<unknown> {
  const { Tensor } = await runtime();
  return new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}

function parse(text: string, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new ModelFormatError(`${name}: ${messageOf(error)}`, { cause: error });
  }
  throw new ModelFormatError(`${name}: expected a JSON object`);
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function failed(error: unknown): never {
  if (error instanceof ModelFormatError) throw error;
  throw new ClassifierUnavailableError(`the model does not run: ${messageOf(error)}`, { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]!.slice(0, 200) : String(error);
}
