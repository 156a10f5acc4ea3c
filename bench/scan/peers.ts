/** The same model through onnxruntime, in the browser's build and in the native one, one thread each. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const PEERS = ['onnxruntime-web', 'onnxruntime-node'] as const;
export type PeerName = (typeof PEERS)[number];

export interface Peer {
  /** The threat logits of one window, role token first. */
  run(ids: ArrayLike<number>): Promise<ArrayLike<number>>;
}

interface Ort {
  readonly env: { readonly wasm: { numThreads?: number } };
  readonly Tensor: new (type: 'int64', values: BigInt64Array, shape: readonly number[]) => object;
  readonly InferenceSession: {
    create(model: Uint8Array | string, options: object): Promise<Session>;
  };
}
interface Session {
  run(feeds: object): Promise<Outputs>;
}
type Outputs = Readonly<Record<string, { readonly data: ArrayLike<number> }>>;

/** A session, or why there is none here. */
export async function openPeer(name: PeerName, folder: string): Promise<Peer | { readonly missing: string }> {
  try {
    return name === 'onnxruntime-web' ? await openWeb(folder) : await openNative(folder);
  } catch (error) {
    return { missing: String((error as Error).message).split('\n')[0]! };
  }
}

async function openWeb(folder: string): Promise<Peer> {
  const data = new Uint8Array(readFileSync(join(folder, 'model.safetensors')));
  const { ort, session } = await webSession(new Uint8Array(readFileSync(join(folder, 'model.onnx'))), {
    externalData: [{ path: 'model.safetensors', data }],
  });
  return { run: async (ids) => (await session.run(feeds(ort, ids))).threat!.data };
}

/** The 22M-parameter encoder of scan/encoder.ts in the browser's build, or why there is none here; gives its logits. */
export async function openEncoder(file: Uint8Array): Promise<Peer | { readonly missing: string }> {
  try {
    const { ort, session } = await webSession(file, {});
    return { run: async (ids) => (await session.run(feeds(ort, ids))).logits!.data };
  } catch (error) {
    return { missing: String((error as Error).message).split('\n')[0]! };
  }
}

async function webSession(file: Uint8Array, options: object): Promise<{ ort: Ort; session: Session }> {
  const ort = (await import('onnxruntime-web')) as unknown as Ort;
  ort.env.wasm.numThreads = 1;
  const all = { executionProviders: ['wasm'], logSeverityLevel: 3, ...options };
  return { ort, session: await ort.InferenceSession.create(file, all) };
}

/** From bench/peers alone: the package of that name beside us is an alias of the browser's build. */
async function openNative(folder: string): Promise<Peer> {
  const peers = createRequire(join(import.meta.dirname, '../peers/package.json'));
  const ort = ((await import(pathToFileURL(peers.resolve('onnxruntime-node')).href)) as { default: Ort }).default;
  const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return { run: async (ids) => (await session.run(feeds(ort, ids))).threat!.data };
}

function feeds({ Tensor }: Ort, ids: ArrayLike<number>): object {
  return { ids: new Tensor('int64', BigInt64Array.from(Array.from(ids, BigInt)), [ids.length]) };
}
