/**
 * Texts to workers: each worker has one message at a time, and each message goes to the least busy one. Fits the
 * `Classifier` port of security/classifier.ts by its shape.
 *
 *   classify → ring of calls → idle seat → worker → answer, in its place
 *
 * Workers start with demand: the first one with the pool, another one whenever a text finds all others busy. One that died
 * is replaced, and its message is asked once more elsewhere.
 */
import { ClassifierUnavailableError, InvalidInputError } from '../errors.ts';
import type { DeviceName } from '../kernels/choose.ts';
import { Call, type CallOptions, CallRing, type Task } from './calls.ts';
import type { Classified, Input } from './classifier.ts';
import { Seat, WorkerDiedError } from './seat.ts';
import type { Loaded, ModelFiles } from './serve.ts';
import type { Thread } from './spawn.ts';

export interface PoolLimits {
  /** Workers at most, 1 to 64. */
  readonly workers: number;
  /**
   * Texts that may wait for a worker. A call that would exceed it is refused, and nothing of it is sent; but one that
   * finds nobody waiting is taken whatever its length, so that a batch needs no cutting.
   */
  readonly queue: number;
}

export interface PoolOptions extends PoolLimits {
  readonly files: ModelFiles;
  readonly device: DeviceName;
  /** A new worker, not loaded yet. */
  readonly start: () => Thread;
  /** Milliseconds before the next start, after so many deaths without an answer between them. */
  readonly backOffMs?: (failures: number) => number;
}

export interface ModelIdentity {
  readonly id: string;
  /** Of the model's file, hexadecimal. */
  readonly sha256: string;
  readonly device: string;
}

export const DEFAULT_QUEUE = 4096;

/** After so many deaths in a row, with no worker left, what waits is refused and nothing starts before the next call. */
const MAX_FAILURES = 5;

/** The first one is replaced at once, then after 0.1, 0.2, 0.4 … 5 s. */
export function defaultBackOffMs(failures: number): number {
  return failures < 2 ? 0 : Math.min(5_000, 100 * 2 ** (failures - 2));
}

export class Pool {
  readonly #options: PoolOptions;
  readonly #calls = new CallRing();
  readonly #seats: Set<Seat> = new Set();
  /** Calls that somebody waits for, sent or not. */
  readonly #open: Set<Call> = new Set();
  #device: DeviceName;
  /** Workers that demand has asked for so far. */
  #wanted = 1;
  #failures = 0;
  #notBefore = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: 'opening' | 'open' | 'closed' = 'opening';

  /** @throws InvalidInputError  limits that are no counts */
  constructor(options: PoolOptions) {
    count('workers', options.workers, 64);
    count('queue', options.queue, Number.MAX_SAFE_INTEGER);
    this.#options = options;
    this.#device = options.device;
  }

  /**
   * Starts the first worker; those after it use the device that it chose.
   *
   * @throws ModelFormatError, ClassifierUnavailableError  the pool is closed then
   */
  async open(): Promise<Loaded> {
    try {
      const loaded = await this.#start();
      this.#device = loaded.device;
      this.#state = 'open';
      return loaded;
    } catch (error) {
      this.close();
      throw error instanceof WorkerDiedError ? unavailable(error) : error;
    }
  }

  /** Texts that no worker has yet. */
  get waiting(): number {
    return this.#calls.waiting;
  }

  /** Workers that have loaded the model. */
  get workers(): number {
    return [...this.#seats].filter(({ state }) => state !== 'starting').length;
  }

  /**
   * One answer for each text, in order; rejects as a whole.
   *
   * @param options.deadlineMs  after which the call is refused and what was not sent is dropped; a text on a worker is
   *   finished there, and its answer ignored
   * @throws ClassifierUnavailableError  late; too many texts wait; closed; no worker starts, or two died with one text
   * @throws InvalidInputError  a deadline that is no time, or a text that the model cannot read
   */
  async classify(inputs: readonly Input[], options: CallOptions = {}): Promise<readonly Classified[]> {
    const { signal, deadlineMs } = options;
    signal?.throwIfAborted();
    if (deadlineMs !== undefined && !(deadlineMs >= 0)) {
      throw new InvalidInputError(`deadlineMs: expected milliseconds from 0, found ${deadlineMs}`);
    }
    if (this.#state !== 'open') throw closedError();
    for (const [i, { text }] of inputs.entries()) {
      if (typeof text !== 'string') throw new InvalidInputError(`text ${i}: expected a string, found ${typeof text}`);
    }
    if (inputs.length === 0) return [];
    const { waiting } = this;
    const { queue } = this.#options;
    if (waiting > 0 && waiting + inputs.length > queue) {
      throw new ClassifierUnavailableError(
        `${waiting} texts wait for a worker, and ${inputs.length} more exceed the queue of ${queue}`,
      );
    }
    const call = new Call(inputs, options, (settled) => {
      this.#open.delete(settled);
      this.#calls.remove(settled);
    });
    this.#open.add(call);
    this.#calls.add(call);
    this.#dispatch();
    return call.promise;
  }

  /** Ends all workers at once; whoever waits gets a ClassifierUnavailableError. Closing twice is allowed. */
  close(): void {
    this.#state = 'closed';
    clearTimeout(this.#timer);
    for (const call of [...this.#open]) call.reject(closedError());
    for (const seat of this.#seats) seat.end(closedError());
    this.#seats.clear();
  }

  #dispatch(): void {
    for (let seat = this.#idle(); seat !== undefined; seat = this.#idle()) {
      const task = this.#calls.take();
      if (task === undefined) break;
      void this.#work(seat, task);
    }
    this.#staff();
  }

  /** The idle seat that has answered least. */
  #idle(): Seat | undefined {
    let least: Seat | undefined;
    for (const seat of this.#seats) {
      if (seat.state === 'idle' && (least === undefined || seat.answered < least.answered)) least = seat;
    }
    return least;
  }

  async #work(seat: Seat, task: Task): Promise<void> {
    const { call, index } = task;
    try {
      const { text, role } = call.inputs[index]!;
      const answer = await seat.classify(role === undefined ? { text } : { text, role });
      this.#failures = 0;
      call.answer(index, answer);
    } catch (error) {
      if (!(error instanceof WorkerDiedError)) {
        seat.rest();
        call.reject(error);
      } else {
        this.#remove(seat, error);
        if (call.retried.has(index)) call.reject(unavailable(error));
        else if (!call.settled) this.#calls.putBack(task);
      }
    }
    this.#dispatch();
  }

  /** Starts as many workers as are asked for, now or when the back-off is over. */
  #staff(): void {
    clearTimeout(this.#timer);
    if (this.#state !== 'open') return;
    const idleOrStarting = [...this.#seats].filter(({ state }) => state !== 'busy').length;
    const missing = Math.min(this.#seats.size + this.waiting - idleOrStarting, this.#options.workers);
    this.#wanted = Math.max(this.#wanted, missing);
    while (this.#seats.size < this.#wanted) {
      const waitMs = this.#notBefore - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#staff(), waitMs);
        // Node: a worker that nobody needs yet keeps no process alive.
        if (this.waiting === 0) (this.#timer as { unref?(): void }).unref?.();
        return;
      }
      // A start that failed has changed the back-off, and is looked at in #remove.
      void this.#start().catch(() => undefined);
    }
  }

  async #start(): Promise<Loaded> {
    const { start, files } = this.#options;
    let seat: Seat | undefined;
    try {
      const own = new Seat(start(), (error) => this.#remove(own, error));
      seat = own;
      this.#seats.add(own);
      const loaded = await own.load(files, this.#device);
      this.#dispatch();
      return loaded;
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      if (seat === undefined) this.#note(cause);
      else this.#remove(seat, cause);
      throw cause;
    }
  }

  #remove(seat: Seat, error: Error): void {
    if (!this.#seats.delete(seat)) return;
    seat.end(error);
    this.#note(error);
  }

  /** Counts a death and decides what happens to those who wait. */
  #note(error: Error): void {
    if (this.#state === 'closed') return;
    this.#failures++;
    this.#notBefore = performance.now() + (this.#options.backOffMs ?? defaultBackOffMs)(this.#failures);
    if (this.#failures >= MAX_FAILURES && this.#seats.size === 0) {
      this.#wanted = 0;
      this.#calls.rejectAll(unavailable(error));
    }
    // Not now: whoever called may be about to put a text back.
    queueMicrotask(() => this.#staff());
  }
}

function unavailable(error: Error): ClassifierUnavailableError {
  return new ClassifierUnavailableError(`no worker answers: ${error.message}`, { cause: error });
}

function closedError(): ClassifierUnavailableError {
  return new ClassifierUnavailableError('the classifier is closed');
}

function count(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new InvalidInputError(`${name}: expected a count from 1 to ${max}, found ${value}`);
}
