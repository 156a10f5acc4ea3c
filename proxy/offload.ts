/**
 * Scans of long bodies, in a thread of their own. Rules read about 6 MB a second: a body of 15 MB would hold up every
 * other client for two and a half seconds. Short bodies are cheaper to scan than to send to another thread.
 *
 * The thread starts with the first long body. A thread that dies fails the scans it had, and the next scan starts
 * another one; what a failed scan means is the guard's policy.
 */
import { Worker } from 'node:worker_threads';
import { type ScannerOptions, type ScanOptions, Verdict, type VerdictFields } from '../security/index.ts';

/** What goes to the thread, and what comes back. */
export interface Question {
  readonly id: number;
  readonly input: Uint8Array | string;
  readonly options: ScanOptions;
}
export type Reply =
  | { readonly id: number; readonly fields: VerdictFields }
  | { readonly id: number; readonly failure: string };

interface Waiting {
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: Error) => void;
}

// The same file runs as it is written and as it is built.
const SCRIPT = new URL(import.meta.url.endsWith('.ts') ? './scan-thread.ts' : './scan-thread.js', import.meta.url);

export class Offload {
  readonly #policy: ScannerOptions;
  readonly #waiting: Map<number, Waiting> = new Map();
  #worker: Worker | undefined;
  #next = 0;

  /** @param policy  the scanner's, without a classifier: a model cannot be sent to a thread */
  constructor(policy: ScannerOptions) {
    this.#policy = policy;
  }

  /** As `SecurityScanner.scan`. @throws Error  under the name of the error that ended the scan or the thread */
  scan(input: Uint8Array | string, options: ScanOptions): Promise<Verdict> {
    this.#worker ??= this.#start();
    // A view is sent with all of the memory behind it: each part of a 16 MB form would be a copy of the whole form.
    const own = typeof input === 'string' || input.byteLength === input.buffer.byteLength;
    const question: Question = { id: this.#next++, input: own ? input : new Uint8Array(input), options };
    return new Promise((resolve, reject) => {
      this.#waiting.set(question.id, { resolve, reject });
      this.#worker!.postMessage(question);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(SCRIPT, { workerData: this.#policy });
    worker.unref();
    worker.on('message', (reply: Reply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ('fields' in reply) waiting?.resolve(new Verdict(reply.fields));
      else waiting?.reject(named(reply.failure));
    });
    worker.on('error', (error: Error) => this.#fail(worker, error.name));
    worker.on('exit', () => this.#fail(worker, 'ScanThreadExit'));
    return worker;
  }

  #fail(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(named(reason));
    this.#waiting.clear();
  }
}

/** An error that carries nothing but its name: messages may quote what was scanned. */
function named(name: string): Error {
  const error = new Error('the scan failed in its thread');
  error.name = name;
  return error;
}
