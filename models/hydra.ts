/**
 * A Hydra model: what a safetensors file must hold to be one, checked once, here. Behind `parseHydra` every shape fits
 * the config, every code is a weight, every number is finite, and nobody checks again. Format: docs/model-format.md.
 */
import { ModelFormatError } from '../errors.ts';
import { validate } from '../kernels/format/t16x4.ts';
import { type Calibration, type HydraConfig, parseMetadata } from './metadata.ts';
import type { Dtype, Safetensors, StoredTensor } from './safetensors.ts';

export type { Calibration, HydraConfig } from './metadata.ts';

/** N ternary outputs of K inputs, or one such map for each of E experts. */
export interface TernaryWeights {
  /** [N/16, K/4, 16] or [E, N/16, K/4, 16], T16x4 */
  readonly codes: Uint8Array;
  /** [N] or [E, N] */
  readonly scales: Float32Array;
  readonly shape: readonly number[];
}

export interface HydraLayer {
  /** [D] */
  readonly attnNorm: Float32Array;
  /** N 3D, K D: query heads, key heads, value heads */
  readonly qkv: TernaryWeights;
  /** [D] */
  readonly attnSubln: Float32Array;
  /** N D, K D */
  readonly out: TernaryWeights;
  /** [D] */
  readonly ffnNorm: Float32Array;
  /** [E, D] */
  readonly router: Float32Array;
  /** E times N H, K D */
  readonly up: TernaryWeights;
  /** [H], shared by the experts */
  readonly ffnSubln: Float32Array;
  /** E times N D, K H */
  readonly down: TernaryWeights;
}

export interface HydraHead {
  /** [labels, D] */
  readonly weight: Float32Array;
  /** [labels] */
  readonly bias: Float32Array;
  readonly labels: readonly string[];
}

/** A hashed bag of n-grams beside the encoder; engine/ngrams.ts says what is looked up. */
export interface HydraNgrams {
  readonly buckets: number;
  /** Of the threat head. */
  readonly labels: number;
  /** [buckets, labels] */
  readonly table: Int8Array;
  /** [labels] */
  readonly scales: Float32Array;
  /** [roles, labels] */
  readonly biases: Float32Array;
}

export interface HydraModel {
  readonly config: HydraConfig;
  /** [V, D] */
  readonly embedding: Int8Array;
  /** [V] */
  readonly embeddingScales: Float32Array;
  readonly layers: readonly HydraLayer[];
  /** [D] */
  readonly finalNorm: Float32Array;
  /** [D], the query of the attention pooling */
  readonly pool: Float32Array;
  readonly heads: { readonly threat: HydraHead; readonly route: HydraHead; readonly codec: HydraHead };
  readonly ngrams?: HydraNgrams;
  readonly calibration: Calibration;
  /** Hexadecimal; empty where the model names no tokenizer. */
  readonly tokenizerSha256: string;
  /** Where the weights come from, as the training wrote it. */
  readonly training: unknown;
}

/** @throws ModelFormatError  names the tensor or the metadata key, what was expected and what was found */
export function parseHydra(file: Safetensors): HydraModel {
  const { config, labels, routes, codecs, ...rest } = parseMetadata(file.metadata);
  const tensors = new TensorTable(file.tensors);
  const { vocab, dim, layers } = config;
  const head = (name: string, labels: readonly string[]): HydraHead => ({
    weight: tensors.f32(`heads.${name}.weight`, [labels.length, dim]),
    bias: tensors.f32(`heads.${name}.bias`, [labels.length]),
    labels,
  });
  const model: HydraModel = {
    config,
    embedding: tensors.take('embed.weight', 'I8', [vocab, dim]) as Int8Array,
    embeddingScales: tensors.f32('embed.scale', [vocab]),
    layers: Array.from({ length: layers }, (_, i) => layer(tensors, `layers.${i}`, config)),
    finalNorm: tensors.f32('final_norm', [dim]),
    pool: tensors.f32('pool', [dim]),
    heads: { threat: head('threat', labels), route: head('route', routes), codec: head('codec', codecs) },
    ...(config.ngrams === undefined ? {} : { ngrams: ngrams(tensors, config.ngrams, labels.length) }),
    ...rest,
  };
  tensors.end();
  return model;
}

function layer(tensors: TensorTable, name: string, { dim, hidden, experts }: HydraConfig): HydraLayer {
  return {
    attnNorm: tensors.f32(`${name}.attn_norm`, [dim]),
    qkv: tensors.ternary(`${name}.qkv`, [], 3 * dim, dim),
    attnSubln: tensors.f32(`${name}.attn_subln`, [dim]),
    out: tensors.ternary(`${name}.out`, [], dim, dim),
    ffnNorm: tensors.f32(`${name}.ffn_norm`, [dim]),
    router: tensors.f32(`${name}.router`, [experts, dim]),
    up: tensors.ternary(`${name}.up`, [experts], hidden, dim),
    ffnSubln: tensors.f32(`${name}.ffn_subln`, [hidden]),
    down: tensors.ternary(`${name}.down`, [experts], dim, hidden),
  };
}

/** Roles that a window can begin with: the last tokens of the vocabulary. */
const ROLES = 6;

function ngrams(tensors: TensorTable, buckets: number, labels: number): HydraNgrams {
  return {
    buckets,
    labels,
    table: tensors.take('ngrams.weight', 'I8', [buckets, labels]) as Int8Array,
    scales: tensors.f32('ngrams.scale', [labels]),
    biases: tensors.f32('ngrams.bias', [ROLES, labels]),
  };
}

/** The file's tensors, each taken once under its name; what is left over at the end belongs to another model. */
class TensorTable {
  readonly #left: Map<string, StoredTensor>;

  constructor(tensors: ReadonlyMap<string, StoredTensor>) {
    this.#left = new Map(tensors);
  }

  take(name: string, dtype: Dtype, shape: readonly number[]): StoredTensor['values'] {
    const tensor = this.#left.get(name);
    if (tensor === undefined) throw new ModelFormatError(`tensor "${name}" is missing; export the model again`);
    const found = `${tensor.dtype} [${tensor.shape}]`;
    const expected = `${dtype} [${shape}]`;
    if (found !== expected) throw new ModelFormatError(`${name}: expected ${expected}, found ${found}`);
    this.#left.delete(name);
    return tensor.values;
  }

  f32(name: string, shape: readonly number[]): Float32Array {
    const values = this.take(name, 'F32', shape) as Float32Array;
    let at = 0;
    while (at < values.length && Number.isFinite(values[at])) at++;
    if (at === values.length) return values;
    throw new ModelFormatError(`${name}: element ${at} is ${values[at]}, expected a finite number`);
  }

  ternary(name: string, outer: readonly number[], n: number, k: number): TernaryWeights {
    const shape = [...outer, n / 16, k / 4, 16];
    const codes = this.take(`${name}.weight`, 'U8', shape) as Uint8Array;
    validate(codes, `${name}.weight`);
    return { codes, scales: this.f32(`${name}.scale`, [...outer, n]), shape };
  }

  end(): void {
    for (const name of this.#left.keys()) throw new ModelFormatError(`tensor ${JSON.stringify(name)} is unknown`);
  }
}
