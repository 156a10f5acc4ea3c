/**
 * A worker as the pool sees it, whichever platform it runs on: a port that serve.ts answers on, and a word when it dies.
 * The platforms differ in how a worker is made (node.ts, browser.ts) and in how it tells of its death, in nothing else.
 */
import type { Endpoint } from 'comlink';

export interface Thread {
  readonly port: Endpoint;
  /** Calls back once, with the reason, when the worker can answer no more. */
  onDeath(listener: (reason: string) => void): void;
  /** Node: whether the process waits for this worker. */
  hold(): void;
  release(): void;
  /** Ends the worker at once, whatever it does. */
  end(): void;
}

/** What worker_threads' Worker has and a page's has not; named by shape, so that no page loads a module of Node. */
export interface NodeWorker {
  /** Ports, which the types of Node and of pages hold for different ones. */
  postMessage(message: unknown, transfer: readonly never[]): void;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

/** @param worker  has just been made from worker.node.ts */
export function nodeThread(worker: NodeWorker): Thread {
  const died = deathOf((dead) => {
    worker.on('error', (error) => dead(error instanceof Error ? `${error.name}: ${error.message}` : String(error)));
    worker.on('exit', (code) => dead(`the thread ended with code ${code}`));
  });
  const { port1, port2 } = new MessageChannel() as unknown as Record<'port1' | 'port2', NodePort>;
  port1.on('messageerror', () => died.dead('an answer could not be read'));
  worker.postMessage(port2, [port2] as never[]);
  return {
    port: nodeEndpoint(port1),
    onDeath: died.listen,
    hold() {
      worker.ref();
      port1.ref();
    },
    release() {
      worker.unref();
      port1.unref();
    },
    end() {
      port1.close();
      void worker.terminate();
    },
  };
}

/** A MessagePort of Node, which keeps a process alive while it is held. */
export interface NodePort {
  postMessage(message: unknown, transfer?: readonly never[]): void;
  on(event: string, listener: (message: unknown) => void): unknown;
  off(event: string, listener: (message: unknown) => void): unknown;
  ref(): void;
  unref(): void;
  close(): void;
}

type Listener = Parameters<Endpoint['addEventListener']>[1];

/**
 * A port of Node as comlink wants it. Its own addEventListener would do, but the first event of it makes Node load the
 * module of MessageEvent with all of fetch: 30 ms, in the main thread and in every worker (Node 24, bench/scan.ts).
 */
export function nodeEndpoint(port: NodePort): Endpoint {
  const listeners = new Map<Listener, (message: unknown) => void>();
  return {
    postMessage: (message, transfer) => port.postMessage(message, transfer as never[]),
    addEventListener(event, listener) {
      const call = (data: unknown): void => {
        if (typeof listener === 'function') listener({ data } as MessageEvent);
        else listener.handleEvent({ data } as MessageEvent);
      };
      listeners.set(listener, call);
      port.on(event, call);
    },
    removeEventListener(event, listener) {
      const call = listeners.get(listener);
      listeners.delete(listener);
      if (call) port.off(event, call);
    },
  };
}

/**
 * A page is not told of a worker that ends itself or is killed for its memory: what such a worker owes is answered by the
 * deadline of the call alone.
 *
 * @param worker  has just been made from worker.browser.ts
 */
export function browserThread(worker: Worker): Thread {
  const died = deathOf((dead) => {
    worker.addEventListener('error', ({ message }) => dead(message || 'the worker does not start'));
    worker.addEventListener('messageerror', () => dead('a message could not be read'));
  });
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener('messageerror', () => died.dead('an answer could not be read'));
  worker.postMessage(port2, [port2]);
  return {
    port: port1,
    onDeath: died.listen,
    hold: () => undefined,
    release: () => undefined,
    end() {
      port1.close();
      worker.terminate();
    },
  };
}

/** Remembers the first reason: a worker may die before anybody listens. */
function deathOf(watch: (dead: (reason: string) => void) => void): {
  readonly dead: (reason: string) => void;
  readonly listen: (listener: (reason: string) => void) => void;
} {
  const { promise, resolve: dead } = Promise.withResolvers<string>();
  watch(dead);
  return { dead, listen: (listener) => void promise.then(listener) };
}
