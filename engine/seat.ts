/** One worker of the pool: loads its model, answers one message at a time, and says when it died. */
import { type Remote, transfer, wrap } from 'comlink';
import { ClassifierUnavailableError, InvalidInputError, M2MError, ModelFormatError } from '../errors.ts';
import type { DeviceName } from '../kernels/choose.ts';
import type { Classified, Input } from './classifier.ts';
import type { Loaded, ModelFiles, Service } from './serve.ts';
import type { Thread } from './spawn.ts';

/** The worker can answer no more; what it owed may be asked elsewhere. */
export class WorkerDiedError extends M2MError {
  override readonly name = 'WorkerDiedError';
}

export class Seat {
  state: 'starting' | 'idle' | 'busy' | 'gone' = 'starting';
  /** Messages answered. */
  answered = 0;
  readonly #thread: Thread;
  readonly #service: Remote<Service>;
  // A method of comlink's proxy is a new proxy each time.
  readonly #classify: Remote<Service['classify']>;
  #reject: ((error: Error) => void) | undefined;

  /** @param onDeath  called once, unless `end` came first */
  constructor(thread: Thread, onDeath: (error: WorkerDiedError) => void) {
    this.#thread = thread;
    this.#service = wrap<Service>(thread.port);
    this.#classify = this.#service.classify;
    thread.onDeath((reason) => {
      if (this.state === 'gone') return;
      const error = new WorkerDiedError(reason);
      this.#reject?.(error);
      onDeath(error);
    });
  }

  /**
   * Sends a copy of the model and waits until it is loaded.
   *
   * @throws ModelFormatError, ClassifierUnavailableError  as the worker says
   * @throws WorkerDiedError
   */
  async load({ model, tokenizer }: ModelFiles, device: DeviceName): Promise<Loaded> {
    // Not slice(), which shares the memory of a Buffer.
    const copy = new Uint8Array(model);
    const loaded = await this.#ask(() =>
      this.#service.load(transfer({ model: copy, tokenizer }, [copy.buffer]), device),
    );
    this.rest();
    return loaded;
  }

  /** @throws WorkerDiedError, or what the worker says */
  async classify(input: Input): Promise<Classified> {
    this.state = 'busy';
    const answer = await this.#ask(() => this.#classify(input));
    this.answered++;
    this.rest();
    return answer;
  }

  /** Ready for the next message, unless it ended meanwhile. */
  rest(): void {
    if (this.state !== 'gone') this.state = 'idle';
  }

  /** Ends the worker; what it still owes is rejected with `error`. */
  end(error: Error): void {
    if (this.state === 'gone') return;
    this.state = 'gone';
    this.#reject?.(error);
    this.#thread.end();
  }

  async #ask<T>(send: () => Promise<T>): Promise<T> {
    this.#thread.hold();
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#reject = reject;
        send().then(resolve, (error) => reject(revive(error)));
      });
    } finally {
      this.#reject = undefined;
      if (this.state !== 'gone') this.#thread.release();
    }
  }
}

const CLASSES = { ClassifierUnavailableError, InvalidInputError, ModelFormatError };

/** What crossed the border as name and message, in its class again. An error that is none of ours leaves no sound worker. */
function revive(error: unknown): Error {
  const { name, message } = error instanceof Error ? error : { name: typeof error, message: String(error) };
  const Class = Object.hasOwn(CLASSES, name) ? CLASSES[name as keyof typeof CLASSES] : undefined;
  return Class === undefined ? new WorkerDiedError(`${name}: ${message}`) : new Class(message);
}
