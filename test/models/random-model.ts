/** Hydra models with random weights from a seed, as the file that holds them. */
import { type HydraConfig, type HydraModel, parseHydra } from '../../models/hydra.ts';
import type { Dtype, StoredTensor } from '../../models/safetensors.ts';

export const TINY: HydraConfig = {
  vocab: 72,
  dim: 32,
  layers: 2,
  heads: 2,
  experts: 5,
  topK: 2,
  hidden: 48,
  window: 24,
  overlap: 6,
  ropeTheta: 10000,
  eps: 1e-5,
};

export const DEFAULT: HydraConfig = {
  vocab: 16_392,
  dim: 256,
  layers: 3,
  heads: 4,
  experts: 8,
  topK: 2,
  hidden: 512,
  window: 256,
  overlap: 64,
  ropeTheta: 10000,
  eps: 1e-5,
};

const LABELS = ['benign', 'prompt_injection', 'jailbreak', 'data_exfiltration', 'malformed'];
const ROUTES = ['chat', 'code', 'tool_call', 'data', 'reasoning'];
const CODECS = ['raw', 'token-native', 'brotli', 'm2m'];

/** Numbers in [0, 1) from a 32-bit seed: a Weyl sequence and a finaliser of two multiplications. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
  };
}

export function metadataOf(config: HydraConfig): Map<string, string> {
  return new Map([
    ['format', 'hydra-1'],
    ['config', JSON.stringify(config)],
    ['labels', JSON.stringify(LABELS)],
    ['routes', JSON.stringify(ROUTES)],
    ['codecs', JSON.stringify(CODECS)],
    ['tokenizer_sha256', ''],
    ['calibration', '{"knots":[[0,0],[1,1]]}'],
    ['training', '{"weights":"random"}'],
  ]);
}

/** Every tensor of a model of this config; weights of a size that keeps activations near 1. */
export function randomTensors(config: HydraConfig, seed: number): Map<string, StoredTensor> {
  const random = randomFrom(seed);
  const tensors = new Map<string, StoredTensor>();
  const put = (name: string, dtype: Dtype, shape: readonly number[], value: () => number): void => {
    const types = { F32: Float32Array, I32: Int32Array, I8: Int8Array, U8: Uint8Array };
    const values = new types[dtype](shape.reduce((a, b) => a * b, 1)).map(value);
    tensors.set(name, { dtype, shape, values });
  };
  const floats = (name: string, shape: readonly number[], low: number, high: number) =>
    put(name, 'F32', shape, () => low + (high - low) * random());
  const code = () => Math.floor(random() * 3);
  const ternary = (name: string, outer: readonly number[], n: number, k: number) => {
    put(`${name}.weight`, 'U8', [...outer, n / 16, k / 4, 16], () => code() + 4 * code() + 16 * code() + 64 * code());
    floats(`${name}.scale`, [...outer, n], 0.6 / Math.sqrt(k), 1.8 / Math.sqrt(k));
  };
  const { vocab, dim, hidden, experts } = config;
  put('embed.weight', 'I8', [vocab, dim], () => Math.floor(random() * 255) - 127);
  floats('embed.scale', [vocab], 0.005, 0.02);
  for (let i = 0; i < config.layers; i++) {
    floats(`layers.${i}.attn_norm`, [dim], 0.5, 1.5);
    ternary(`layers.${i}.qkv`, [], 3 * dim, dim);
    floats(`layers.${i}.attn_subln`, [dim], 0.5, 1.5);
    ternary(`layers.${i}.out`, [], dim, dim);
    floats(`layers.${i}.ffn_norm`, [dim], 0.5, 1.5);
    floats(`layers.${i}.router`, [experts, dim], -1.7 / Math.sqrt(dim), 1.7 / Math.sqrt(dim));
    ternary(`layers.${i}.up`, [experts], hidden, dim);
    floats(`layers.${i}.ffn_subln`, [hidden], 0.5, 1.5);
    ternary(`layers.${i}.down`, [experts], dim, hidden);
  }
  floats('final_norm', [dim], 0.5, 1.5);
  floats('pool', [dim], -1.7 / Math.sqrt(dim), 1.7 / Math.sqrt(dim));
  for (const [name, labels] of Object.entries({ threat: LABELS, route: ROUTES, codec: CODECS })) {
    floats(`heads.${name}.weight`, [labels.length, dim], -1.7 / Math.sqrt(dim), 1.7 / Math.sqrt(dim));
    floats(`heads.${name}.bias`, [labels.length], -0.5, 0.5);
  }
  return tensors;
}

export function randomModel(config: HydraConfig, seed: number): HydraModel {
  return parseHydra({ metadata: metadataOf(config), tensors: randomTensors(config, seed) });
}
