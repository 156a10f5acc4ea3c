/**
 * A detector of 22M parameters as an ONNX model with random weights: what a scan costs that is not Hydra's.
 *
 * BERT's encoder (Devlin et al. 2018) with 12 layers of 384, 6 heads and 1,536 inside, the shape of the small detectors
 * made from DeBERTa-v3-xsmall. Where it differs from one that is trained, it has less to do: plain attention, no mask, a
 * window of fixed length, and a word table of 1,024 rows, from which as many rows are read as from a long one.
 */
import { FLOAT, INT64, modelOf, node, tensor, value } from '../onnx-file.ts';

const LAYERS = 12;
const DIM = 384;
const HEADS = 6;
const HIDDEN = 1536;
const LABELS = 2;
export const WORDS = 1024;

type Bytes = ReturnType<typeof node>;

/** A graph under construction: what a step adds is named after its output. */
interface Draft {
  readonly nodes: Bytes[];
  readonly initializers: Bytes[];
  parameters: number;
  readonly random: () => number;
}

/** ids [window] int64 below `WORDS` → logits [1, 2] f32; one window a run. */
export function encoderModel(window: number): { readonly file: Uint8Array; readonly parameters: number } {
  const draft: Draft = { nodes: [], initializers: [], parameters: 0, random: uniform(22) };
  const ints = (name: string, values: readonly number[]): void => {
    draft.initializers.push(tensor(name, INT64, [values.length], BigInt64Array.from(values, BigInt)));
  };
  const scalar = (name: string, x: number): void => {
    draft.initializers.push(tensor(name, FLOAT, [], Float32Array.of(x)));
  };
  ints('split', [window, HEADS, DIM / HEADS]);
  ints('merged', [window, DIM]);
  ints('first', [0]);
  scalar('scale', 1 / Math.sqrt(DIM / HEADS));
  scalar('root2', Math.SQRT2);
  scalar('one', 1);
  scalar('half', 0.5);

  weights(draft, 'words', [WORDS, DIM], 1);
  weights(draft, 'positions', [window, DIM], 1);
  const embedded = step(draft, 'Gather', ['words', 'ids'], 'gathered');
  let x = norm(draft, step(draft, 'Add', [embedded, 'positions'], 'embedded'));
  for (let layer = 0; layer < LAYERS; layer++) {
    const mixed = attention(draft, x, `l${layer}.attention`);
    x = norm(draft, step(draft, 'Add', [x, mixed], `l${layer}.mixed`));
    const up = gelu(draft, linear(draft, x, DIM, HIDDEN, `l${layer}.up`));
    const down = linear(draft, up, HIDDEN, DIM, `l${layer}.down`);
    x = norm(draft, step(draft, 'Add', [x, down], `l${layer}.out`));
  }
  linear(draft, step(draft, 'Gather', [x, 'first'], 'pooled'), DIM, LABELS, 'logits');
  const file = modelOf({
    name: 'encoder',
    nodes: draft.nodes,
    initializers: draft.initializers,
    inputs: [value('ids', INT64, [window])],
    outputs: [value('logits', FLOAT, [1, LABELS])],
    irVersion: 8,
    operators: { '': 17 },
  });
  return { file, parameters: draft.parameters };
}

function attention(draft: Draft, x: string, name: string): string {
  const heads = (part: string, perm: readonly number[]): string => {
    const all = linear(draft, x, DIM, DIM, `${name}.${part}`);
    const split = step(draft, 'Reshape', [all, 'split'], `${all}.split`);
    return step(draft, 'Transpose', [split], `${all}.heads`, { perm });
  };
  const [q, k, v] = [heads('q', [1, 0, 2]), heads('k', [1, 2, 0]), heads('v', [1, 0, 2])];
  const scores = step(draft, 'Mul', [step(draft, 'MatMul', [q, k], `${name}.qk`), 'scale'], `${name}.scores`);
  const shares = step(draft, 'Softmax', [scores], `${name}.shares`);
  const sums = step(draft, 'MatMul', [shares, v], `${name}.sums`);
  const turned = step(draft, 'Transpose', [sums], `${name}.turned`, { perm: [1, 0, 2] });
  return linear(draft, step(draft, 'Reshape', [turned, 'merged'], `${name}.merged`), DIM, DIM, `${name}.o`);
}

function linear(draft: Draft, x: string, inputs: number, outputs: number, name: string): string {
  weights(draft, `${name}.w`, [inputs, outputs], 1 / Math.sqrt(inputs));
  weights(draft, `${name}.b`, [outputs], 0.1);
  return step(draft, 'Add', [step(draft, 'MatMul', [x, `${name}.w`], `${name}.xw`), `${name}.b`], name);
}

/** In the five operations that ONNX Runtime makes one of. */
function gelu(draft: Draft, x: string): string {
  const erf = step(draft, 'Erf', [step(draft, 'Div', [x, 'root2'], `${x}.div`)], `${x}.erf`);
  const gate = step(draft, 'Add', [erf, 'one'], `${x}.gate`);
  return step(draft, 'Mul', [step(draft, 'Mul', [x, gate], `${x}.gated`), 'half'], `${x}.gelu`);
}

function norm(draft: Draft, x: string): string {
  for (const [part, fill] of [['gain', 1] as const, ['bias', 0] as const]) {
    draft.initializers.push(tensor(`${x}.${part}`, FLOAT, [DIM], new Float32Array(DIM).fill(fill)));
    draft.parameters += DIM;
  }
  return step(draft, 'LayerNormalization', [x, `${x}.gain`, `${x}.bias`], `${x}.norm`);
}

function step(
  draft: Draft,
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, readonly number[]>> = {},
): string {
  draft.nodes.push(node(type, inputs, [output], attributes));
  return output;
}

/** Random values of variance `deviation`². */
function weights(draft: Draft, name: string, shape: readonly number[], deviation: number): void {
  const values = new Float32Array(shape.reduce((a, b) => a * b));
  const width = deviation * Math.sqrt(12);
  for (let i = 0; i < values.length; i++) values[i] = (draft.random() - 0.5) * width;
  draft.parameters += values.length;
  draft.initializers.push(tensor(name, FLOAT, shape, values));
}

/** Numbers in [0, 1) by a linear congruence modulo 2³² (Knuth, TAOCP 2, 3.3.4), the high bits of which will do here. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
