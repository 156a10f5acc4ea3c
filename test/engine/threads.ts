/** Workers for tests of the pool: stand-ins in this thread whose answers the test decides, and real ones that it can kill. */
import { resolve } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { expose } from 'comlink';
import type { Classified, Input } from '../../engine/classifier.ts';
import { type HydraPool, type LoadOptions, openHydra, type Source } from '../../engine/load.ts';
import { startThread } from '../../engine/node.ts';
import { Pool, type PoolOptions } from '../../engine/pool.ts';
import type { Service } from '../../engine/serve.ts';
import type { Thread } from '../../engine/spawn.ts';
import { readGolden } from './golden.ts';

/** A worker without a thread: what it does is the test's, what it is sent goes through a real port. */
export class StandIn implements Thread {
  readonly port: MessagePort;
  /** Texts that it was sent. */
  readonly asked: string[] = [];
  /** The device that it was to load on. */
  device: string | undefined;
  ended = false;
  held = false;
  readonly #far: MessagePort;
  readonly #answers: { resolve(answer: Classified): void; reject(error: Error): void }[] = [];
  #dead: ((reason: string) => void) | undefined;

  /** @param answer  what it says to a text; undefined keeps it waiting until `answerNow` or `die` */
  constructor(answer?: (text: string) => Classified | Error, load?: () => Error | undefined) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.#far = port2;
    const service: Service = {
      load: async (_, device) => {
        this.device = device;
        const error = load?.();
        if (error) throw error;
        return { device: 'reference', tokenizerSha256: '', memoryBytes: 0 };
      },
      classify: ({ text }: Input) => {
        this.asked.push(text);
        return new Promise((resolve, reject) => {
          this.#answers.push({ resolve, reject });
          if (answer) this.answerNow(answer(text));
        });
      },
    };
    expose(service, port2);
  }

  answerNow(answer: Classified | Error): void {
    const { resolve, reject } = this.#answers.shift()!;
    if (answer instanceof Error) reject(answer);
    else resolve(answer);
  }

  die(reason = 'killed by the test'): void {
    this.#far.close();
    this.#dead?.(reason);
  }

  onDeath(listener: (reason: string) => void): void {
    this.#dead = listener;
  }

  hold(): void {
    this.held = true;
  }

  release(): void {
    this.held = false;
  }

  end(): void {
    this.ended = true;
    this.port.close();
    this.#far.close();
  }
}

/** An answer that says which text it is for. */
export function answerTo(text: string): Classified {
  return { scores: { benign: text.length / 1000 }, route: text, codec: 'raw' };
}

/** A pool of stand-ins, and the stand-ins in the order in which they were started. */
export async function standInPool(
  make: (index: number) => StandIn,
  options: Partial<PoolOptions> = {},
): Promise<{ readonly pool: Pool; readonly workers: StandIn[] }> {
  const workers: StandIn[] = [];
  const start = (): Thread => {
    const worker = make(workers.length);
    workers.push(worker);
    return worker;
  };
  const files = { model: new Uint8Array(1), tokenizer: '' };
  const limits = { workers: 2, queue: 100, backOffMs: () => 0 };
  const pool = new Pool({ files, device: 'reference', start, ...limits, ...options });
  await pool.open();
  return { pool, workers };
}

/** Waits until a claim holds; a test that waits in vain ends by its time limit. */
export async function until(claim: () => boolean): Promise<void> {
  while (!claim()) await new Promise((done) => setTimeout(done, 1));
}

export const TINY_FOLDER: string = resolve(import.meta.dirname, '../models/golden/tiny');

export function tinySource(): Source {
  const { model, tokenizer } = readGolden('tiny');
  return { id: 'tiny', model, tokenizer: new TextEncoder().encode(tokenizer) };
}

/** The tiny golden model in real threads, which are listed as they start. */
export async function openTiny(
  options: LoadOptions = {},
): Promise<{ readonly hydra: HydraPool; readonly threads: readonly Worker[] }> {
  const threads: Worker[] = [];
  const start = (): Thread => startThread((worker) => threads.push(worker));
  return { hydra: await openHydra(tinySource(), options, start), threads };
}
