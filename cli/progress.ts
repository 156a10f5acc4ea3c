/** A progress bar on stderr, on a terminal only, ten times a second at most. */
const WIDTH = 24;
const EVERY_MS = 100;

export class Progress {
  readonly #total: number | undefined;
  readonly #shown: boolean;
  readonly #started = performance.now();
  #done = 0;
  #lines = 0;
  #drawn = 0;

  /** @param total  bytes to come, where that is known */
  constructor(total: number | undefined) {
    this.#total = total;
    this.#shown = process.stderr.isTTY === true;
  }

  advance(bytes: number, lines: number): void {
    this.#done += bytes;
    this.#lines = lines;
    const now = performance.now();
    if (!this.#shown || now - this.#drawn < EVERY_MS) return;
    this.#drawn = now;
    this.#draw(now);
  }

  /** Makes room for another line on the terminal. */
  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[2K');
  }

  end(): void {
    if (!this.#shown) return;
    this.#draw(performance.now());
    process.stderr.write('\n');
  }

  #draw(now: number): void {
    const rate = Math.round((this.#lines * 1000) / Math.max(1, now - this.#started));
    const counts = `${this.#lines} lines, ${rate} a second`;
    if (!this.#total) {
      process.stderr.write(`\r${counts}\x1b[K`);
      return;
    }
    const part = Math.min(1, this.#done / this.#total);
    const bar = '='.repeat(Math.round(part * WIDTH)).padEnd(WIDTH);
    process.stderr.write(`\r[${bar}] ${Math.floor(part * 100)} %, ${counts}\x1b[K`);
  }
}
