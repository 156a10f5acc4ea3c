/** The golden models and what PyTorch said about them (training-export/parity.py), for parity.test.ts. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { generatedModel } from '../models/generated.ts';

const FOLDER = resolve(import.meta.dirname, '../models/golden');

export const CONFIGS = ['tiny', 'default'] as const;
export type GoldenConfig = (typeof CONFIGS)[number];

/** Logits of one window: threat 5, route 5, codec 4. */
export const WIDTH = 14;

export interface GoldenText {
  readonly role: string;
  readonly text: string;
  readonly ids: readonly number[];
  /** How near any activation came to a rounding tie, in int8 steps, and how near the router came to a tie, in p. */
  readonly round: number;
  readonly route: number;
  /** PyTorch's, [windows · 14] */
  readonly logits: Float32Array;
}

export interface Golden {
  /** The model file that PyTorch read. */
  readonly sha256: string;
  readonly model: Uint8Array<ArrayBuffer>;
  readonly onnx: Uint8Array<ArrayBuffer>;
  readonly tokenizer: string;
  readonly texts: readonly GoldenText[];
}

export function readGolden(config: GoldenConfig): Golden {
  const read = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(resolve(FOLDER, config, name)));
  const json = (name: string) => JSON.parse(readFileSync(resolve(FOLDER, config, name), 'utf8'));
  const texts = JSON.parse(readFileSync(resolve(FOLDER, 'texts.json'), 'utf8')) as { role: string; text: string }[];
  const ids = json('ids.json') as number[][];
  const golden = json('logits.json');
  const [logits, round, route] = [golden.logits, golden.round, golden.route].map(floats) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  let used = 0;
  return {
    sha256: golden.model_sha256,
    model:
      config === 'tiny' ? read('model.safetensors') : generatedModel(new TextDecoder().decode(read('header.json'))),
    onnx: read('model.onnx'),
    tokenizer: new TextDecoder().decode(read('tokenizer.json')),
    texts: texts.map((text, i) => {
      const end = used + golden.windows[i] * WIDTH;
      const mine = logits.subarray(used, end);
      used = end;
      return { ...text, ids: ids[i]!, round: round[i]!, route: route[i]!, logits: mine };
    }),
  };
}

function floats(base64: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  return new Float32Array(bytes.buffer);
}

/** The windows of a text as rows of ids, its role's token first; as parity.py cuts them. */
export function windowsOf(
  { ids }: GoldenText,
  roleId: number,
  { window, overlap }: { readonly window: number; readonly overlap: number },
): number[][] {
  const windows: number[][] = [];
  for (let start = 0; start < Math.max(ids.length - overlap, 1); start += window - 1 - overlap) {
    windows.push([roleId, ...ids.slice(start, start + window - 1)]);
  }
  return windows;
}

export interface Difference {
  readonly text: number;
  /** The greatest difference of a logit, as a part of the text's greatest |logit|. */
  readonly relative: number;
  readonly round: number;
  readonly route: number;
}

/** How far the logits of each text lie from those of PyTorch. */
export function differences(texts: readonly GoldenText[], found: readonly ArrayLike<number>[]): readonly Difference[] {
  return texts.map(({ logits, round, route }, text) => {
    const mine = found[text]!;
    if (mine.length !== logits.length) throw new Error(`text ${text}: ${mine.length} logits, not ${logits.length}`);
    let worst = 0;
    for (let i = 0; i < logits.length; i++) worst = Math.max(worst, Math.abs(mine[i]! - logits[i]!));
    return { text, relative: worst / Math.max(...logits.map(Math.abs)), round, route };
  });
}
