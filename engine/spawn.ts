/**
 * A worker as the pool sees it, whichever platform it runs on: a port that serve.ts answers on, and a word when it dies.
 * The platforms differ in how a worker is made (node.ts, browser.ts) and in how it tells of its death, in nothing else.
 */
export interface Thread {
  readonly port: MessagePort;
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
  const port = connect((port) => worker.postMessage(port, [port] as never[]), died.dead) as HeldPort;
  return {
    port,
    onDeath: died.listen,
    hold() {
      worker.ref();
      port.ref();
    },
    release() {
      worker.unref();
      port.unref();
    },
    end() {
      port.close();
      void worker.terminate();
    },
  };
}

/** Node's ports can keep a process alive; those of a page cannot. */
type HeldPort = MessagePort & { ref(): void; unref(): void };

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
  const port = connect((port) => worker.postMessage(port, [port]), died.dead);
  return {
    port,
    onDeath: died.listen,
    hold: () => undefined,
    release: () => undefined,
    end() {
      port.close();
      worker.terminate();
    },
  };
}

/** Sends one end of a new channel to a worker and returns the other one. */
function connect(post: (port: MessagePort) => void, dead: (reason: string) => void): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener('messageerror', () => dead('an answer could not be read'));
  post(port2);
  return port1;
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
