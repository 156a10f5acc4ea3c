/**
 * Streams on their way to the client. A relay takes the upstream's chunks as they come, and pauses the upstream's socket
 * while the client does not read: what lies in between is the hold-back window and two socket buffers, never the stream.
 *
 *   upstream ─ write ─▶ [decoder] ─▶ [scan, hold back] ─▶ response
 *        ▲── pause/resume ──────────────────────────────────┘
 */
import type { ServerResponse } from 'node:http';

/** The side of the upstream's connection that a relay steers. */
export interface Valve {
  pause(): void;
  resume(): void;
}

export interface Relay {
  write(chunk: Buffer): void;
  /** The upstream has said everything. */
  end(): void;
  /** Upstream or client broke off: let go of everything, deliver nothing more. */
  abandon(): void;
}

/** Passes chunks on unread. */
export class OpenRelay implements Relay {
  readonly #response: ServerResponse;
  readonly #valve: Valve;
  readonly #count: (size: number) => void;

  constructor(response: ServerResponse, valve: Valve, count: (size: number) => void) {
    this.#response = response;
    this.#valve = valve;
    this.#count = count;
    response.on('drain', () => valve.resume());
  }

  write(chunk: Buffer): void {
    this.#count(chunk.length);
    if (!this.#response.write(chunk)) this.#valve.pause();
  }

  end(): void {
    this.#response.end();
  }

  abandon(): void {
    this.#response.destroy();
  }
}

export interface ScreenOptions {
  readonly response: ServerResponse;
  readonly valve: Valve;
  /** Decodes, scans and holds back. */
  readonly screen: TransformStream<Uint8Array, Uint8Array>;
  /** Bytes that went to the client. */
  readonly passed: (size: number) => void;
  /** The screen's output is complete: the upstream may be let go, even where it has more to say. */
  readonly done: () => void;
  /** The screen broke; nothing more may pass. */
  readonly failed: (error: unknown) => void;
}

/** Passes on what a screen lets through. */
export class ScreenedRelay implements Relay {
  readonly #options: ScreenOptions;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #over = false;

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#writer = options.screen.writable.getWriter();
    this.#reader = options.screen.readable.getReader();
    this.#writer.closed.catch(toldByReader);
    void this.#pump();
  }

  write(chunk: Buffer): void {
    if (this.#over) return;
    const { valve } = this.#options;
    this.#writer.write(chunk).catch(toldByReader);
    if ((this.#writer.desiredSize ?? 0) > 0) return;
    valve.pause();
    this.#writer.ready.then(() => valve.resume(), toldByReader);
  }

  end(): void {
    if (!this.#over) this.#writer.close().catch(toldByReader);
  }

  abandon(): void {
    if (this.#over) return;
    this.#over = true;
    const reason = new Error('abandoned');
    this.#writer.abort(reason).catch(toldByReader);
    this.#reader.cancel(reason).catch(toldByReader);
    this.#options.response.destroy();
  }

  async #pump(): Promise<void> {
    const { response, passed, done } = this.#options;
    try {
      for (;;) {
        const { value, done: ended } = await this.#reader.read();
        if (this.#over) return;
        if (ended) break;
        passed(value.length);
        if (!response.write(value)) await drained(response);
      }
      this.#over = true;
      response.end();
      done();
    } catch (error) {
      if (this.#over) return;
      this.#over = true;
      this.#options.failed(error);
    }
  }
}

/**
 * A transform stream that ends early (`terminate`) or breaks rejects every write after that; whether it ended or broke,
 * only its readable side can tell, and `#pump` listens there.
 */
function toldByReader(_reason: unknown): void {}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.once('drain', go);
    response.once('close', go);
  });
}
