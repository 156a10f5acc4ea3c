/**
 * The default-sized golden model, made from its 6 KB header: each tensor's values follow from the seed in the header and
 * the tensor's name, by the rules of training-export/generated.py. The same bytes come out there.
 */
import type { HydraConfig } from '../../models/hydra.ts';

interface Entry {
  readonly dtype: 'U8' | 'I8' | 'F32';
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** @param header the JSON text of a safetensors header, spaces at its end included */
export function generatedModel(header: string): Uint8Array<ArrayBuffer> {
  const { __metadata__: metadata, ...tensors } = JSON.parse(header) as {
    readonly __metadata__: { readonly config: string; readonly training: string };
  } & Record<string, Entry>;
  const config = JSON.parse(metadata.config) as HydraConfig;
  const { seed } = JSON.parse(metadata.training) as { seed: number };
  const end = Math.max(...Object.values(tensors).map((entry) => entry.data_offsets[1]));
  const head = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + head.length + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(head.length), true);
  bytes.set(head, 8);
  for (const [name, { dtype, data_offsets }] of Object.entries(tensors)) {
    const [from, to] = data_offsets.map((offset) => 8 + head.length + offset) as [number, number];
    const next = numbers(seed, name);
    if (dtype === 'U8') {
      for (let at = from; at < to; at++) for (let g = 0; g < 8; g += 2) bytes[at]! |= (next() % 3) << g;
    } else if (dtype === 'I8') {
      for (let at = from; at < to; at++) bytes[at] = (next() % 255) - 127;
    } else {
      const [low, span] = interval(name, config);
      for (let at = from; at < to; at += 4) view.setFloat32(at, low + span * (next() / 2 ** 32), true);
    }
  }
  return bytes;
}

/** mulberry32 from FNV-1a of "<seed>/<name>". */
function numbers(seed: number, name: string): () => number {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${seed}/${name}`)) state = Math.imul(state ^ byte, 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const LOUD = 32;

function interval(name: string, { dim, hidden, layers }: HydraConfig): [low: number, span: number] {
  if (name === 'embed.scale') return [(0.5 * LOUD) / 73, LOUD / 73];
  if (/(norm|subln)$/.test(name)) return [0.75, 0.5];
  if (name.endsWith('bias')) return [-0.5, 1];
  if (name.endsWith('.scale')) {
    const kind = name.split('.').at(-2)!;
    let size = 1 / Math.sqrt((2 * (kind === 'down' ? hidden : dim)) / 3);
    if (kind === 'out' || kind === 'down') size /= Math.sqrt(2 * layers);
    return [0.5 * size, size];
  }
  const edge = Math.sqrt(3 / dim);
  return [-edge, 2 * edge];
}
