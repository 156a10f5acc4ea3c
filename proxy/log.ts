/**
 * One JSON line a request. A line is built from numbers, enumerations and ids alone: there is no field that could carry
 * prompt text, a header, a key or a query string. Lines are written in batches, because one write a request costs more
 * than the rest of the line (bench/proxy.ts).
 */

import type { Verdict } from '../security/index.ts';

/** What one line says. Absent fields are left out. */
export interface Entry {
  readonly level: 'info' | 'warn' | 'error';
  readonly msg: string;
  readonly id?: string;
  readonly method?: string;
  /** The route's template, never the path. */
  readonly route?: string;
  readonly status?: number;
  readonly verdict?: string;
  readonly categories?: readonly string[];
  readonly mode?: string;
  readonly fallback?: boolean;
  /** The code of the proxy's own refusal, or the name of an error's class. */
  readonly error?: string;
  /** Body bytes from and to the client. */
  readonly in?: number;
  readonly out?: number;
  readonly ms?: number;
  readonly upstreamMs?: number;
}

/** Collects lines and hands them to `write` once a turn of the event loop. */
export class Log {
  readonly #write: (lines: string) => void;
  #pending = '';
  #scheduled = false;

  constructor(write: (lines: string) => void) {
    this.#write = write;
  }

  add(entry: Entry): void {
    this.#pending += `{"time":"${timestamp()}",${JSON.stringify(entry).slice(1)}\n`;
    if (this.#pending.length > 65_536) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setTimeout(() => this.flush(), 20).unref();
    }
  }

  flush(): void {
    this.#scheduled = false;
    const lines = this.#pending;
    this.#pending = '';
    if (lines) this.#write(lines);
  }
}

let second = 0;
let prefix = '';

/** ISO 8601 in UTC; the part up to the second is made once a second. */
function timestamp(): string {
  const now = Date.now();
  const whole = Math.floor(now / 1000);
  if (whole !== second) {
    second = whole;
    prefix = new Date(whole * 1000).toISOString().slice(0, 20);
  }
  return `${prefix}${String(now - whole * 1000).padStart(3, '0')}Z`;
}

/** The categories of a verdict, each once. */
export function categoriesOf(verdict: Verdict): string[] {
  return [...new Set(verdict.threats.map((threat) => threat.category))];
}

/** Milliseconds to the microsecond. */
export function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
