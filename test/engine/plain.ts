/**
 * Hydra once more, in float64 and without tensors, devices or batches: the model as its description says it, to compare
 * the forward pass with. One window in, its logits out.
 */
import { unpack } from '../../kernels/format/t16x4.ts';
import type { HydraModel, TernaryWeights } from '../../models/hydra.ts';

type Row = readonly number[];

const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
const sum = (x: Row): number => x.reduce((a, b) => a + b, 0);
const dot = (a: Row, b: Row): number => sum(a.map((v, i) => v * b[i]!));

export function plainLogits(model: HydraModel, ids: Iterable<number>): number[] {
  const { config, heads } = model;
  const { dim, hidden, eps, topK, experts } = config;
  const norm = (x: Row, gain: Float32Array): Row => {
    const root = Math.sqrt(dot(x, x) / x.length + eps);
    return x.map((v, i) => (v / root) * gain[i]!);
  };
  let x: Row[] = [...ids].map((id) =>
    range(dim).map((d) => model.embedding[id * dim + d]! * model.embeddingScales[id]!),
  );
  for (const layer of model.layers) {
    const qkv = x.map((row) => bitLinear(layer.qkv, 0, 3 * dim, norm(row, layer.attnNorm)));
    const mixed = attention(qkv, config.heads, dim, config.ropeTheta);
    x = x.map((row, r) => add(row, bitLinear(layer.out, 0, dim, norm(mixed[r]!, layer.attnSubln))));
    x = x.map((row) => {
      const y = norm(row, layer.ffnNorm);
      const p = softmax(range(experts).map((e) => dot(y, [...layer.router.subarray(e * dim, (e + 1) * dim)])));
      const chosen = [...range(experts)].sort((a, b) => p[b]! - p[a]! || a - b).slice(0, topK);
      const total = sum(chosen.map((e) => p[e]!));
      return chosen.reduce((out: Row, e) => {
        const h = bitLinear(layer.up, e, hidden, y).map((v) => Math.max(v, 0) ** 2);
        const answer = bitLinear(layer.down, e, dim, norm(h, layer.ffnSubln));
        return add(
          out,
          answer.map((v) => (v * p[e]!) / total),
        );
      }, row);
    });
  }
  const y = x.map((row) => norm(row, model.finalNorm));
  const weights = softmax(y.map((row) => dot(row, [...model.pool])));
  const pooled = range(dim).map((d) => sum(y.map((row, r) => weights[r]! * row[d]!)));
  return [heads.threat, heads.route, heads.codec].flatMap(({ weight, bias }) =>
    Array.from(bias, (b, n) => dot(pooled, [...weight.subarray(n * dim, (n + 1) * dim)]) + b),
  );
}

function add(a: Row, b: Row): Row {
  return a.map((v, i) => v + b[i]!);
}

function softmax(x: Row): Row {
  const e = x.map((v) => Math.exp(v - Math.max(...x)));
  return e.map((v) => v / sum(e));
}

/** Absmax int8 of one row, and the ternary map of expert e. */
function bitLinear({ codes, scales }: TernaryWeights, e: number, outputs: number, x: Row): Row {
  const absmax = Math.max(...x.map(Math.abs));
  const q = x.map((v) => (absmax === 0 ? 0 : Math.round((v * 127) / absmax)));
  const bytes = (outputs * x.length) / 4;
  const w = unpack(codes.subarray(e * bytes, (e + 1) * bytes), outputs, x.length);
  return range(outputs).map((n) => {
    const row = [...w.subarray(n * x.length, (n + 1) * x.length)];
    return ((dot(q, row) * absmax) / 127) * scales[e * outputs + n]!;
  });
}

function attention(qkv: readonly Row[], heads: number, dim: number, theta: number): Row[] {
  const head = dim / heads;
  const turned = (row: Row, position: number, from: number): Row =>
    range(head).map((i) => {
      const pair = i % (head / 2);
      const angle = position * theta ** ((-2 * pair) / head);
      const [a, b] = [row[from + pair]!, row[from + pair + head / 2]!];
      return i === pair ? a * Math.cos(angle) - b * Math.sin(angle) : b * Math.cos(angle) + a * Math.sin(angle);
    });
  return qkv.map((row, r) =>
    range(heads).flatMap((h) => {
      const q = turned(row, r, h * head);
      const a = softmax(qkv.map((other, s) => dot(q, turned(other, s, dim + h * head)) / Math.sqrt(head)));
      return range(head).map((d) => sum(qkv.map((other, s) => a[s]! * other[2 * dim + h * head + d]!)));
    }),
  );
}
