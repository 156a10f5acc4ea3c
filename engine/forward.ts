/**
 * The forward pass of Hydra: token ids in, logits out. Written once for every device; read `pass` first.
 *
 *   embed → layers × (attention → experts) → pooling → heads (+ n-grams, where the model has them)
 *
 * Device operations queue and return at once; `run` awaits one read a batch. All tensors are made in the constructor.
 * Letters in shapes: R rows of the batch, D dim, H hidden, E experts, S experts a token (topK), W windows.
 */
import type { Device, Permutation, Quantised, Tensor, Ternary, Windows } from '../kernels/device.ts';
import { attentionWork, rotaryTables } from '../kernels/ops/rotary-attention/reference.ts';
import type { HydraLayer, HydraModel, TernaryWeights } from '../models/hydra.ts';
import { logitWidth } from './heads.ts';
import { Ngrams } from './ngrams.ts';

/** The largest batch that a pass takes; decides the memory, once. */
export interface BatchLimits {
  /** Rows of all windows together; at least the model's window. */
  readonly rows: number;
  readonly windows: number;
}

export class Forward {
  /** Logits of one window: threat, route, codec. */
  readonly width: number;
  readonly limits: BatchLimits;
  readonly #device: Device;
  readonly #weights: Weights;
  readonly #activations: Activations;
  readonly #ngrams: Ngrams | undefined;
  readonly #logits: Float32Array;

  /** Uploads the weights and takes all memory that passes will need. */
  constructor(device: Device, model: HydraModel, limits: BatchLimits) {
    if (limits.rows < model.config.window || limits.windows < 1) {
      throw new RangeError(`a batch of ${limits.rows} rows cannot hold a window of ${model.config.window}`);
    }
    this.width = logitWidth(model);
    this.limits = limits;
    this.#device = device;
    this.#weights = upload(device, model);
    this.#activations = allocate(device, model, limits);
    this.#ngrams = model.ngrams && new Ngrams(model, model.ngrams);
    this.#logits = new Float32Array(limits.windows * this.width);
  }

  /**
   * Logits [windows, width] of one batch; the array is overwritten by the next pass.
   *
   * @param ids     token ids of all windows, packed; each below the vocabulary's size
   * @param offsets [windows + 1]: window w has rows offsets[w] … offsets[w + 1] − 1, at most the model's window
   */
  async run(ids: Int32Array, offsets: Int32Array): Promise<Float32Array> {
    const { ids: idsOnDevice, windows, logits } = this.#activations;
    const count = offsets.length - 1;
    this.#device.write(idsOnDevice, ids);
    this.#device.write(windows.offsets, offsets);
    pass(this.#device, this.#weights, this.#activations, { offsets: windows.offsets, count, rows: ids.length });
    const out = this.#logits.subarray(0, count * this.width);
    await this.#device.read(logits, out);
    for (let w = 0; w < count && this.#ngrams; w++) {
      this.#ngrams.addTo(out.subarray(w * this.width), ids, offsets[w]!, offsets[w + 1]!);
    }
    return out;
  }
}

function pass(device: Device, weights: Weights, a: Activations, windows: Windows): void {
  device.embed(a.ids, weights.embedding, weights.embeddingScales, windows.rows, a.x);
  for (const layer of weights.layers) {
    attention(device, layer, weights, a, windows);
    experts(device, layer, weights, a, windows.rows);
  }
  device.rmsnorm(a.x, weights.finalNorm, weights.eps, windows.rows, a.normed);
  device.pool(a.normed, weights.pool, windows, a.poolWork, a.pooled);
  device.linear(a.pooled, weights.heads, weights.biases, windows.count, a.logits);
}

/** x += out · SubLN(attention(qkv · norm(x))) */
function attention(device: Device, layer: LayerOnDevice, weights: Weights, a: Activations, windows: Windows): void {
  const { eps, cos, sin, headCount } = weights;
  device.rmsnormQuantise(a.x, layer.attnNorm, eps, windows.rows, a.narrow, null);
  device.ternaryGemm(a.narrow, layer.qkv, windows.rows, 'none', a.qkv, null);
  device.rotaryAttention(a.qkv, windows, cos, sin, headCount, a.attentionWork, a.normed);
  device.rmsnormQuantise(a.normed, layer.attnSubln, eps, windows.rows, a.narrow, null);
  device.ternaryGemm(a.narrow, layer.out, windows.rows, 'add', a.x, null);
}

/** x += Σ share · down(SubLN(relu(up · norm(x))²)) over the S best experts of each row */
function experts(device: Device, layer: LayerOnDevice, weights: Weights, a: Activations, rows: number): void {
  const { eps } = weights;
  const slots = rows * weights.topK;
  device.rmsnormQuantise(a.x, layer.ffnNorm, eps, rows, a.narrow, a.normed);
  device.router(a.normed, layer.router, rows, a.choice, a.shares);
  device.permute(a.choice, a.narrow, rows, a.permutation, a.sorted);
  device.ternaryGemm(a.sorted, layer.up, slots, 'relu2', a.hidden, a.permutation.offsets);
  device.rmsnormQuantise(a.hidden, layer.ffnSubln, eps, slots, a.wide, null);
  device.ternaryGemm(a.wide, layer.down, slots, 'none', a.answers, a.permutation.offsets);
  device.unpermute(a.answers, a.shares, a.permutation, rows, a.x);
}

interface LayerOnDevice {
  readonly attnNorm: Tensor;
  readonly qkv: Ternary;
  readonly attnSubln: Tensor;
  readonly out: Ternary;
  readonly ffnNorm: Tensor;
  readonly router: Tensor;
  readonly up: Ternary;
  readonly ffnSubln: Tensor;
  readonly down: Ternary;
}

interface Weights {
  readonly embedding: Tensor;
  readonly embeddingScales: Tensor;
  readonly layers: readonly LayerOnDevice[];
  readonly finalNorm: Tensor;
  readonly pool: Tensor;
  /** [threat + route + codec, D]: three heads in one map */
  readonly heads: Tensor;
  readonly biases: Tensor;
  readonly cos: Tensor;
  readonly sin: Tensor;
  readonly eps: number;
  readonly topK: number;
  readonly headCount: number;
}

interface Activations {
  /** i32 [R] */
  readonly ids: Tensor;
  readonly windows: { readonly offsets: Tensor };
  /** f32 [R, D], the residual stream */
  readonly x: Tensor;
  /** f32 [R, D]: normed rows, or what attention gives */
  readonly normed: Tensor;
  /** [R, D] */
  readonly narrow: Quantised;
  /** f32 [R, 3D] */
  readonly qkv: Tensor;
  readonly attentionWork: Tensor;
  /** i32 and f32 [R, S] */
  readonly choice: Tensor;
  readonly shares: Tensor;
  readonly permutation: Permutation;
  /** [R · S, D], by expert */
  readonly sorted: Quantised;
  /** f32 [R · S, H] */
  readonly hidden: Tensor;
  /** [R · S, H] */
  readonly wide: Quantised;
  /** f32 [R · S, D] */
  readonly answers: Tensor;
  readonly poolWork: Tensor;
  /** f32 [W, D] */
  readonly pooled: Tensor;
  /** f32 [W, threat + route + codec] */
  readonly logits: Tensor;
}

function upload(device: Device, model: HydraModel): Weights {
  const { config, heads } = model;
  const { threat, route, codec } = heads;
  const vector = (values: Float32Array) => device.upload(values, [values.length]);
  const tables = rotaryTables(config.window, config.dim / config.heads, config.ropeTheta);
  const tableShape = [config.window, config.dim / config.heads / 2];
  return {
    embedding: device.upload(model.embedding, [config.vocab, config.dim]),
    embeddingScales: vector(model.embeddingScales),
    layers: model.layers.map((layer) => uploadLayer(device, layer, config.experts, config.dim)),
    finalNorm: vector(model.finalNorm),
    pool: vector(model.pool),
    heads: device.upload(concat(threat.weight, route.weight, codec.weight), [logitWidth(model), config.dim]),
    biases: vector(concat(threat.bias, route.bias, codec.bias)),
    cos: device.upload(tables.cos, tableShape),
    sin: device.upload(tables.sin, tableShape),
    eps: config.eps,
    topK: config.topK,
    headCount: config.heads,
  };
}

function uploadLayer(device: Device, layer: HydraLayer, experts: number, dim: number): LayerOnDevice {
  const vector = (values: Float32Array) => device.upload(values, [values.length]);
  const ternary = ({ codes, scales, shape }: TernaryWeights): Ternary => ({
    codes: device.upload(codes, shape),
    scales: device.upload(scales, [...shape.slice(0, -3), shape.at(-3)! * 16]),
  });
  return {
    attnNorm: vector(layer.attnNorm),
    qkv: ternary(layer.qkv),
    attnSubln: vector(layer.attnSubln),
    out: ternary(layer.out),
    ffnNorm: vector(layer.ffnNorm),
    router: device.upload(layer.router, [experts, dim]),
    up: ternary(layer.up),
    ffnSubln: vector(layer.ffnSubln),
    down: ternary(layer.down),
  };
}

function allocate(device: Device, model: HydraModel, { rows, windows }: BatchLimits): Activations {
  const { dim, hidden, experts, topK, heads, window } = model.config;
  const slots = rows * topK;
  const f32 = (...shape: readonly number[]) => device.allocate('f32', shape);
  const i32 = (...shape: readonly number[]) => device.allocate('i32', shape);
  const quantised = (count: number, width: number): Quantised => ({
    values: device.allocate('i8', [count, width]),
    scales: f32(count),
    sums: i32(count),
  });
  return {
    ids: i32(rows),
    windows: { offsets: i32(windows + 1) },
    x: f32(rows, dim),
    normed: f32(rows, dim),
    narrow: quantised(rows, dim),
    qkv: f32(rows, 3 * dim),
    attentionWork: f32(attentionWork(window, dim / heads)),
    choice: i32(rows, topK),
    shares: f32(rows, topK),
    permutation: { offsets: i32(experts + 1), positions: i32(rows, topK) },
    sorted: quantised(slots, dim),
    hidden: f32(slots, hidden),
    wide: quantised(slots, hidden),
    answers: f32(slots, dim),
    poolWork: f32(rows),
    pooled: f32(windows, dim),
    logits: f32(windows, logitWidth(model)),
  };
}

function concat(...parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
