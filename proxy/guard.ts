/**
 * The scan on both ways through the proxy: bytes in, a judgement out. Decides nothing about HTTP; what a blocked or
 * unscannable message becomes on the wire is said in exchange.ts.
 *
 * A scan that fails is never a scan that passed: without `failOpen` the message stops, with it the bytes are counted as
 * unscanned. (LiteLLM #35257 let streams through unread and logged "success".)
 */
import { isUtf8 } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InvalidInputError } from '../errors.ts';
import { type Role, redact, type SecurityScanner, Verdict } from '../security/index.ts';
import { type Kind, partsOf } from './media.ts';
import type { Metrics } from './metrics.ts';
import { DEPARTED, type Offload } from './offload.ts';

export type Direction = 'request' | 'response';

export interface Judgement {
  /** `fail`: there is no verdict and the policy is closed. */
  readonly outcome: 'pass' | 'block' | 'fail';
  /** The strongest verdict on any part of the body; absent where nothing was scanned. */
  readonly verdict?: Verdict;
  /** What goes on: the same buffer, unless a policy wants spans replaced. */
  readonly body: Buffer;
  readonly edited: boolean;
  /** The class of the error that ended the scan. */
  readonly failure?: string;
}

/** One body and what is known about it. */
export interface Message {
  readonly direction: Direction;
  readonly body: Buffer;
  readonly kind: Kind;
  readonly contentType?: string | undefined;
  /** The member that may hold token ids in place of text. */
  readonly tokens?: 'prompt' | 'input' | undefined;
  /** Whether nobody waits for the judgement any more. */
  readonly departed?: () => boolean;
}

export interface GuardOptions {
  readonly scanner: SecurityScanner;
  /** Takes long bodies; absent where a classifier takes part, which is asked from this thread alone. */
  readonly offload?: Offload | undefined;
  readonly metrics: Metrics;
  readonly failOpen: boolean;
  readonly requests: boolean;
  readonly responses: boolean;
}

/** Bytes above which a body is scanned in its own thread; at 6 MB a second, some 20 ms in which nobody else is answered. */
const LONG = 131_072;

/** Milliseconds that a body of many texts may hold up everybody else. */
const TURN_MS = 10;

const WARM_UP =
  'You are a helpful assistant. Please read the document and send me a summary of what it says; do not forget to list ' +
  'the instructions, the rules and the system that they are for.';

export class Guard {
  readonly scanner: SecurityScanner;
  readonly failOpen: boolean;
  readonly #offload: Offload | undefined;
  readonly #metrics: Metrics;
  readonly #reads: Readonly<Record<Direction, boolean>>;
  #turn: Promise<void> | undefined;

  constructor(options: GuardOptions) {
    this.scanner = options.scanner;
    this.failOpen = options.failOpen;
    this.#offload = options.offload;
    this.#metrics = options.metrics;
    this.#reads = { request: options.requests, response: options.responses };
  }

  /** Whether bodies of this direction are scanned at all. */
  reads(direction: Direction): boolean {
    return this.#reads[direction];
  }

  /**
   * Scans a harmless text. The first scan of a process compiles the rules, which took 225 ms where the next took 5; it
   * should not be the first client that waits. The classifier is not asked.
   */
  warm(): void {
    for (let i = 0; i < 3; i++) this.scanner.inspect({ text: WARM_UP });
  }

  /** Ends the thread of long scans. */
  async close(): Promise<void> {
    await this.#offload?.close();
  }

  /** Judges a whole body and counts its bytes as scanned or not. Never rejects. */
  async judge(message: Message): Promise<Judgement> {
    const { direction, body } = message;
    if (body.length === 0) return { outcome: 'pass', body, edited: false };
    if (!this.#reads[direction]) return this.pass(message, 'switched_off');
    const texts = textsOf(message);
    if (texts === undefined) return this.pass(message, 'binary');
    await this.#together();
    try {
      let worst: Verdict | undefined;
      let since = performance.now();
      for (const text of texts) {
        // 16 MB can be eight million lines: awaiting verdicts alone would let nobody else in until the last of them.
        if (performance.now() - since > TURN_MS) {
          await nextTurn();
          since = performance.now();
        }
        const verdict = await this.#scan(text, message);
        worst = worst === undefined ? verdict : strongest(worst, verdict);
      }
      const judgement = worst
        ? this.#decide(message, worst, texts.length === 1)
        : { outcome: 'pass' as const, body, edited: false };
      this.#account(message, texts);
      return judgement;
    } catch (error) {
      return this.#failed(message, error);
    }
  }

  /**
   * Waits for the end of this turn of the event loop, so that all bodies that came in it are scanned one after the other:
   * between two requests the network's code pushes the scanner's out of the caches, and a scan alone costs half as much again.
   */
  #together(): Promise<void> {
    this.#turn ??= nextTurn().then(() => {
      this.#turn = undefined;
    });
    return this.#turn;
  }

  /** What was read, and what went along unread. */
  #account(message: Message, texts: readonly Text[]): void {
    const { body, direction, kind, tokens } = message;
    const { scanned, unscanned } = this.#metrics;
    // Nobody here can read token ids: what carries them passes, but never as scanned.
    const unread = tokens !== undefined && holdsTokens(body, tokens) ? 'token_ids' : 'binary';
    const read = kind === 'parts' ? texts.reduce((sum, { bytes }) => sum + bytes.length, 0) : body.length;
    const counted = unread === 'token_ids' ? 0 : read;
    scanned.add(counted, direction);
    if (counted < body.length) unscanned.add(body.length - counted, `${direction}\n${unread}`);
  }

  /** Lets a body pass unread, and says so in the metrics. */
  pass(message: Message, reason: string): Judgement {
    this.#metrics.unscanned.add(message.body.length, `${message.direction}\n${reason}`);
    return { outcome: 'pass', body: message.body, edited: false };
  }

  /** Counts the verdict of a stream; what it could not read it tells by name or as a fallback (security/stream.ts). */
  countStream(verdict: Verdict): void {
    this.#count(verdict, 'response');
    const failed = verdict.threats.some((threat) => threat.name === 'scan-failed');
    const opened = verdict.fallback?.startsWith('stream passed on unscanned') ?? false;
    if (failed || opened) this.#metrics.scanErrors.add(1, failed ? 'closed' : 'open');
  }

  #count(verdict: Verdict, direction: Direction): void {
    this.#metrics.scanSeconds.observe(verdict.timing.total / 1000, `${direction}\n${verdict.mode}`);
    if (verdict.fallback !== undefined) this.#metrics.fallbacks.add(1, direction);
  }

  async #scan({ bytes, format }: Text, { direction, departed }: Message): Promise<Verdict> {
    const role: { role?: Role } = direction === 'response' ? { role: 'assistant' } : {};
    const options = { ...role, format };
    const verdict = await (bytes.length > LONG && this.#offload
      ? this.#offload.scan(bytes, options, departed)
      : this.scanner.scan(bytes, options));
    this.#count(verdict, direction);
    return verdict;
  }

  #decide(message: Message, verdict: Verdict, whole: boolean): Judgement {
    const { body } = message;
    if (verdict.verdict === 'block') return { outcome: 'block', verdict, body, edited: false };
    if (verdict.redactions === undefined) return { outcome: 'pass', verdict, body, edited: false };
    const edited = whole ? cut(body, verdict) : undefined;
    // What should have been cut out and cannot be must not pass as it is.
    if (edited === undefined) {
      return { outcome: 'block', verdict: new Verdict({ ...verdict, verdict: 'block' }), body, edited: false };
    }
    return { outcome: 'pass', verdict, body: edited, edited: true };
  }

  #failed(message: Message, error: unknown): Judgement {
    // No failure of the scanner's, and nothing that may pass: there is nobody to pass it to.
    if (error instanceof Error && error.name === DEPARTED) {
      this.#metrics.unscanned.add(message.body.length, `${message.direction}\ndeparted`);
      return { outcome: 'fail', body: message.body, edited: false };
    }
    this.#metrics.scanErrors.add(1, this.failOpen ? 'open' : 'closed');
    const failure = error instanceof Error ? error.name : 'unknown';
    if (this.failOpen) return { ...this.pass(message, 'scan_error'), failure };
    this.#metrics.unscanned.add(message.body.length, `${message.direction}\nscan_error`);
    return { outcome: 'fail', body: message.body, edited: false, failure };
  }
}

interface Text {
  /** A string where the bytes are not UTF-8 and had to be decoded first. */
  readonly bytes: Buffer | string;
  readonly format: 'json' | 'auto' | 'text';
}

/** The texts of a body; undefined where there is nothing to read. */
function textsOf({ body, kind, contentType }: Message): Text[] | undefined {
  switch (kind) {
    case 'json':
      return [{ bytes: body, format: 'json' }];
    case 'lines':
      return linesOf(body);
    case 'parts': {
      const parts = partsOf(body, contentType ?? '') ?? [body];
      return readable(parts);
    }
    default: {
      if (kind === 'binary' || isUtf8(body)) return readable([body]);
      const text = inCharset(body, contentType);
      return text === undefined ? undefined : [{ bytes: text, format: 'auto' }];
    }
  }
}

/** The C0 controls that stand in no text: a body with one of them is a format of its own, and no parser of JSON takes it. */
const NO_TEXT = /[\0-\x08\x0e-\x1f]/u;

/** Text in the charset that a body claims, windows-1252 where it claims none and could be text; undefined where not. */
function inCharset(body: Buffer, contentType: string | undefined): string | undefined {
  const charset = /;\s*charset\s*=\s*"?([\w.:-]{1,40})/iu.exec(contentType ?? '')?.[1];
  const latin = body.toString('latin1');
  if (charset === undefined && !/^text\//iu.test(contentType ?? '') && NO_TEXT.test(latin)) return undefined;
  try {
    return new TextDecoder(charset ?? 'windows-1252').decode(body);
  } catch (error) {
    if (error instanceof RangeError) return latin; // a charset nobody knows: ASCII words still show
    throw error;
  }
}

function readable(parts: readonly Buffer[]): Text[] | undefined {
  const texts = parts.filter((part) => part.length > 0 && isUtf8(part));
  return texts.length === 0 ? undefined : texts.map((bytes) => ({ bytes, format: 'auto' }));
}

/** Every line as a document: JSON Lines as they are uploaded for batches and fine-tuning. */
function linesOf(body: Buffer): Text[] {
  const lines = body.toString('utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => ({ bytes: Buffer.from(line), format: 'json' }));
}

/** The body without the spans that the policy wants out; undefined where they cannot be cut. */
function cut(body: Buffer, verdict: Verdict): Buffer | undefined {
  try {
    const edited = redact<Uint8Array>(body, verdict);
    return Buffer.from(edited.buffer, edited.byteOffset, edited.byteLength);
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

/** Whether a prompt is given as token ids, one list or several; called on what the scanner has read as JSON. */
function holdsTokens(body: Buffer, member: 'prompt' | 'input'): boolean {
  if (!body.includes(`"${member}"`)) return false;
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return false; // the scanner has seen that too, and the policy let it pass
    throw error;
  }
  const prompt = (value as Record<string, unknown> | null)?.[member];
  return Array.isArray(prompt) && prompt.some((item) => typeof item === 'number' || Array.isArray(item));
}

const ORDER = { allow: 0, flag: 1, block: 2 } as const;

function strongest(a: Verdict, b: Verdict): Verdict {
  if (ORDER[a.verdict] !== ORDER[b.verdict]) return ORDER[a.verdict] > ORDER[b.verdict] ? a : b;
  if ((a.redactions === undefined) !== (b.redactions === undefined)) return a.redactions ? a : b;
  return b.score > a.score ? b : a;
}
