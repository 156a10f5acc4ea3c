/**
 * The pool's queue: calls that still have texts to send. Calls take turns, text by text, so that a message does not wait
 * for a batch that came before it.
 */
import { ClassifierUnavailableError } from '../errors.ts';
import type { Classified, Input } from './classifier.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly deadlineMs?: number;
}

/** One text of one call, on its way to a worker. */
export interface Task {
  readonly call: Call;
  readonly index: number;
}

/** Somebody who waits for the answers to some texts. */
export class Call {
  readonly inputs: readonly Input[];
  readonly promise: Promise<readonly Classified[]>;
  /** Texts that were sent a second time, because their worker died. */
  readonly retried: Set<number> = new Set();
  /** Nobody waits any more: answered, refused, late or aborted. */
  settled = false;
  readonly #answers: Classified[];
  readonly #again: number[] = [];
  readonly #onSettled: () => void;
  readonly #signal: AbortSignal | undefined;
  readonly #settle: { resolve(answers: readonly Classified[]): void; reject(error: unknown): void };
  #next = 0;
  #left: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onSettled  called once, before the caller hears of it */
  constructor(inputs: readonly Input[], { signal, deadlineMs }: CallOptions, onSettled: (call: Call) => void) {
    this.inputs = inputs;
    this.#answers = new Array(inputs.length);
    this.#left = inputs.length;
    this.#onSettled = () => onSettled(this);
    this.#signal = signal;
    const { promise, resolve, reject } = Promise.withResolvers<readonly Classified[]>();
    this.promise = promise;
    this.#settle = { resolve, reject };
    signal?.addEventListener('abort', this.#abort);
    if (deadlineMs !== undefined && deadlineMs <= MAX_TIMER_MS) {
      const late = (): void => this.reject(new ClassifierUnavailableError(`no answer within ${deadlineMs} ms`));
      this.#timer = setTimeout(late, deadlineMs);
    }
  }

  /** Texts that no worker has yet. */
  get waiting(): number {
    return this.inputs.length - this.#next + this.#again.length;
  }

  /** The next text to send; those whose worker died first. */
  take(): number {
    return this.#again.pop() ?? this.#next++;
  }

  retry(index: number): void {
    this.retried.add(index);
    this.#again.push(index);
  }

  answer(index: number, answer: Classified): void {
    if (this.settled) return;
    this.#answers[index] = answer;
    if (--this.#left > 0) return;
    this.#end();
    this.#settle.resolve(this.#answers);
  }

  reject(error: unknown): void {
    if (this.settled) return;
    this.#end();
    this.#settle.reject(error);
  }

  readonly #abort = (): void => this.reject(this.#signal?.reason);

  #end(): void {
    this.settled = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#onSettled();
  }
}

// A timer beyond 31 bits fires at once; 24 days are no deadline.
const MAX_TIMER_MS = 0x7fffffff;

/** Calls with texts that wait, in the order of their turns. */
export class CallRing {
  readonly #calls: Call[] = [];
  #waiting = 0;

  /** Texts that wait, of all calls. */
  get waiting(): number {
    return this.#waiting;
  }

  add(call: Call): void {
    this.#calls.push(call);
    this.#waiting += call.waiting;
  }

  /** The next text; its call has its next turn after all others. */
  take(): Task | undefined {
    const call = this.#calls.shift();
    if (call === undefined) return undefined;
    const index = call.take();
    this.#waiting--;
    if (call.waiting > 0) this.#calls.push(call);
    return { call, index };
  }

  /** Puts a text back whose worker died; it is the next one to go. */
  putBack({ call, index }: Task): void {
    this.remove(call);
    call.retry(index);
    this.#calls.unshift(call);
    this.#waiting += call.waiting;
  }

  remove(call: Call): void {
    const at = call.waiting > 0 ? this.#calls.indexOf(call) : -1;
    if (at < 0) return;
    this.#calls.splice(at, 1);
    this.#waiting -= call.waiting;
  }

  rejectAll(error: Error): void {
    for (const call of [...this.#calls]) call.reject(error);
  }
}
