/** What the page of engine.test.ts can do: load models, keep them, ask them, and end their workers. */
import { type BrowserLoadOptions, type HydraPool, loadHydra } from '../../engine/browser.ts';
import type { Classified, Input } from '../../engine/classifier.ts';
import { type Classifier, SecurityScanner } from '../../security/index.ts';

const loaded: HydraPool[] = [];
const workers: Worker[] = [];

// Workers as the page makes them, for a test that ends one.
const PageWorker = Worker;
globalThis.Worker = class extends PageWorker {
  constructor(script: string | URL, options?: WorkerOptions) {
    super(script, options);
    workers.push(this);
  }
};

/** A result, or the class and message of an error. */
export type Outcome<T> = { readonly value: T } | { readonly error: string; readonly message: string };

async function outcome<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: name, message };
  }
}

export interface Opened {
  readonly at: number;
  readonly model: HydraPool['model'];
}

export function open(options: BrowserLoadOptions): Promise<Outcome<Opened>> {
  return outcome(async () => {
    const hydra = await loadHydra(options);
    return { at: loaded.push(hydra) - 1, model: hydra.model };
  });
}

export function classify(
  at: number,
  inputs: readonly Input[],
  deadlineMs?: number,
): Promise<Outcome<readonly Classified[]>> {
  return outcome(() => loaded[at]!.classify(inputs, deadlineMs === undefined ? {} : { deadlineMs }));
}

/** Makes the newest worker fail as a page hears of it, in the middle of a batch. */
export function classifyAndFail(at: number, inputs: readonly Input[]): Promise<Outcome<readonly Classified[]>> {
  return outcome(() => {
    const answers = loaded[at]!.classify(inputs);
    setTimeout(() => workers.at(-1)!.dispatchEvent(new ErrorEvent('error', { message: 'ended by the test' })), 20);
    return answers;
  });
}

export function scan(at: number, text: string, mode: 'auto' | 'neural', deadlineMs: number): Promise<Outcome<object>> {
  return outcome(async () => {
    const classifier = loaded[at] as unknown as Classifier;
    return { ...(await new SecurityScanner({ classifier, mode, deadlineMs }).scan(text)) };
  });
}

export function close(at: number): void {
  loaded[at]!.close();
}

export function facts(): { workers: number; isolated: boolean } {
  return { workers: workers.length, isolated: crossOriginIsolated };
}
