/**
 * Scans of long bodies, in a thread of their own. Rules read about 6 MB a second: a body of 15 MB would hold up every
 * other client for two and a half seconds. Short bodies are cheaper to scan than to send to another thread.
 *
 * The thread starts with the first long body and gets one at a time; the others wait here, so that the bodies of clients
 * that have left meanwhile are never scanned. A thread that dies fails the scan it had, and the next one starts another;
 * what a failed scan means is the guard's policy.
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
  readonly question: Question;
  readonly departed: () => boolean;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: Error) => void;
}

// The same file runs as it is written and as it is built.
const SCRIPT = new URL(import.meta.url.endsWith('.ts') ? './scan-thread.ts' : './scan-thread.js', import.meta.url);

/** The name of the error that ends a scan for which nobody waits any more. */
export const DEPARTED = 'Departed';

export class Offload {
  readonly #policy: ScannerOptions;
  readonly #queue: Waiting[] = [];
  #asked: Waiting | undefined;
  #worker: Worker | undefined;
  #next = 0;

  /** @param policy  the scanner's, without a classifier: a model cannot be sent to a thread */
  constructor(policy: ScannerOptions) {
    this.#policy = policy;
  }

  /**
   * As `SecurityScanner.scan`.
   *
   * @param departed  whether nobody waits for the verdict any more; asked when the scan could begin
   * @throws Error  under the name of the error that ended the scan or the thread; `DEPARTED`
   */
  scan(input: Uint8Array | string, options: ScanOptions, departed: () => boolean = () => false): Promise<Verdict> {
    // A view is sent with all of the memory behind it: each part of a 16 MB form would be a copy of the whole form.
    const own = typeof input === 'string' || input.byteLength === input.buffer.byteLength;
    const question: Question = { id: this.#next++, input: own ? input : new Uint8Array(input), options };
    return new Promise((resolve, reject) => {
      this.#queue.push({ question, departed, resolve, reject });
      this.#ask();
    });
  }

  /** Ends the thread; what was not answered fails. */
  async close(): Promise<void> {
    for (const { reject } of this.#queue.splice(0)) reject(named('ScanThreadExit'));
    await this.#worker?.terminate();
  }

  #ask(): void {
    while (!this.#asked) {
      const waiting = this.#queue.shift();
      if (!waiting) return;
      if (waiting.departed()) waiting.reject(named(DEPARTED));
      else {
        this.#asked = waiting;
        this.#worker ??= this.#start();
        this.#worker.postMessage(waiting.question);
      }
    }
  }

  #start(): Worker {
    const worker = new Worker(SCRIPT, { workerData: this.#policy });
    worker.unref();
    worker.on('message', (reply: Reply) => {
      const waiting = this.#asked;
      this.#asked = undefined;
      if ('fields' in reply) waiting?.resolve(new Verdict(reply.fields));
      else waiting?.reject(named(reply.failure));
      this.#ask();
    });
    worker.on('error', (error: Error) => this.#fail(worker, error.name));
    worker.on('exit', () => this.#fail(worker, 'ScanThreadExit'));
    return worker;
  }

  #fail(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const waiting = this.#asked;
    this.#asked = undefined;
    waiting?.reject(named(reason));
    this.#ask();
  }
}

/** An error that carries nothing but its name: messages may quote what was scanned. */
function named(name: string): Error {
  const error = new Error('the scan failed in its thread');
  error.name = name;
  return error;
}
