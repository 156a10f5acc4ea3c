/** What the page of codec.test.ts can do: the public names, and bytes as base64 across the border. */

import { compressBrotli } from '../../codec/compress.ts';
import {
  ALGORITHMS,
  type Algorithm,
  auto,
  decode,
  decodeEvents,
  encode,
  encodeEvents,
  exchange,
  type Form,
  hkdf,
  KeyHierarchy,
  keyPair,
  type Security,
} from '../../codec/index.ts';
import { loadTokenizer, SecurityScanner } from '../../index.browser.ts';

export { ALGORITHMS, keyPair };

/** A wire across the border: text as it is, bytes as numbers. */
export type Carried = { readonly text: string } | { readonly bytes: number[] };
export interface Outcome {
  readonly value?: Carried;
  /** Class of the error. */
  readonly error?: string;
}

function carried(wire: string | Uint8Array): Carried {
  return typeof wire === 'string' ? { text: wire } : { bytes: [...wire] };
}

function wireOf(value: Carried): string | Uint8Array {
  return 'text' in value ? value.text : Uint8Array.from(value.bytes);
}

async function outcome(work: () => Promise<string | Uint8Array>): Promise<Outcome> {
  try {
    return { value: carried(await work()) };
  } catch (error) {
    return { error: error instanceof Error ? error.name : String(error) };
  }
}

function securityOf(mode: Security['mode'] | undefined): { security?: Security } {
  if (mode === undefined || mode === 'none') return {};
  return { security: { mode, key: new Uint8Array(32).fill(7) } };
}

export interface Job {
  readonly op: 'encode' | 'decode' | 'auto' | 'events' | 'brotli';
  readonly message?: string;
  readonly wire?: Carried;
  readonly algorithm?: Algorithm;
  readonly form?: Form;
  readonly mode?: Security['mode'];
  readonly limit?: number;
}

/** Does many things, for one crossing of the border. */
export function work(jobs: readonly Job[]): Promise<Outcome[]> {
  return Promise.all(jobs.map((job) => outcome(() => one(job))));
}

async function one({
  op,
  message = '',
  wire,
  algorithm = 'm2m',
  form = 'text',
  mode,
  limit,
}: Job): Promise<string | Uint8Array> {
  switch (op) {
    case 'encode':
      return encode(message, algorithm, { form, ...securityOf(mode) });
    case 'decode':
      return decode(wireOf(wire!), { ...securityOf(mode), ...(limit ? { limits: { bytes: limit } } : {}) });
    case 'auto':
      return (await auto(message, { form })).wire;
    case 'brotli':
      return compressBrotli(new TextEncoder().encode(message), 5);
    case 'events':
      return there(message);
  }
}

/** A stream of events, encoded, cut anew and decoded. */
async function there(message: string): Promise<string> {
  const bytes = new TextEncoder().encode(message);
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      for (let i = 0; i < chunk.length; i += 7) controller.enqueue(chunk.slice(i, i + 7));
    },
  });
  const stream = new Response(bytes)
    .body!.pipeThrough(encodeEvents(async (payload) => String(await encode(payload, 'token-native')), { every: true }))
    .pipeThrough(cut)
    .pipeThrough(decodeEvents((payload) => decode(payload), { every: true }));
  return new Response(stream).text();
}

/** Keys as hexadecimal: derived from a master, and agreed on with a peer. */
export async function keys(master: number[], secret: number[], publicKey: number[]): Promise<string[]> {
  const tree = new KeyHierarchy(Uint8Array.from(master), 'acme');
  const all = [
    await tree.org(),
    await tree.agent('a', 'encryption'),
    await tree.session('a', 'b', 's'),
    await hkdf(Uint8Array.from(master), 'info', { length: 48 }),
    await exchange(Uint8Array.from(secret), Uint8Array.from(publicKey), 'm2m-session-v1'),
  ];
  return all.map((bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''));
}

export async function verdicts(texts: readonly string[]): Promise<unknown[]> {
  const scanner = new SecurityScanner();
  return Promise.all(texts.map(async (text) => ({ ...(await scanner.scan(text)), timing: null })));
}

export async function ids(texts: readonly string[], vocabulary: 'cl100k_base' | 'o200k_base'): Promise<number[][]> {
  const tokenizer = await loadTokenizer(vocabulary);
  return texts.map((text) => [...tokenizer.encode(text)]);
}
