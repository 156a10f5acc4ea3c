/** The strings of a stream that belong to no text that goes on: ids, names, comments, repetitions. Each is judged by itself. */
import { isNoise } from '../noise.ts';
import { redact } from '../redact.ts';
import type { SecurityScanner } from '../scanner.ts';
import type { Role, Verdict } from '../verdict.ts';
import { type Leaf, roleOf } from './event.ts';
import { digest, inside, withFields } from './verdicts.ts';

/** Strings that are remembered as clean: ids and model names come with every event. */
const MAX_KNOWN = 512;
/** Verdicts that wait to become one: a stream may have any number of such strings. */
const MAX_VERDICTS = 64;

/** What is to be done about one string. */
interface Said {
  /** Stands in its place, where the policy redacts. */
  readonly text?: string;
  /** Set where the stream must not go on. */
  readonly blocked?: Verdict;
}

export class Asides {
  readonly #scanner: SecurityScanner;
  readonly #role: Role;
  readonly #signal: AbortSignal | undefined;
  readonly #known: Set<string> = new Set();
  #verdicts: Verdict[] = [];

  constructor(scanner: SecurityScanner, { role, signal }: { role: Role; signal: AbortSignal | undefined }) {
    this.#scanner = scanner;
    this.#role = role;
    this.#signal = signal;
  }

  /** Of all strings so far; none where nothing was found. */
  get verdicts(): readonly Verdict[] {
    return this.#verdicts;
  }

  /** Judges one string. Throws as `SecurityScanner.scan` does. */
  async judge(leaf: Leaf): Promise<Said> {
    const { text, path } = leaf;
    const role = roleOf(path, this.#role);
    // What is clean from one mouth is not from every mouth.
    const said = `${role} ${text}`;
    if (isNoise(typeof leaf.key === 'string' ? leaf.key : undefined, text)) return {};
    if ((text.length <= 16 && !/\s/.test(text)) || this.#known.has(said)) return {};
    const signal = this.#signal;
    const verdict = await this.#scanner.scan(text, { role, path, ...(signal ? { signal } : {}) });
    if (verdict.score > 0) this.#verdicts.push(verdict);
    if (this.#verdicts.length > MAX_VERDICTS) this.#verdicts = [digest(this.#verdicts)];
    if (verdict.verdict === 'block') return { blocked: verdict };
    if (!verdict.redactions) {
      if (this.#known.size < MAX_KNOWN && text.length <= 256) this.#known.add(said);
      return {};
    }
    if (leaf.holder) return { text: redact(text, inside(verdict, path)) };
    return { blocked: withFields(verdict, { verdict: 'block' }) };
  }
}
