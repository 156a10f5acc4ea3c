/**
 * A stream while it runs: frames come in at one end, wait in order until all their text is safe, and go out at the
 * other end as they came. An event whose text is partly safe waits as a whole, so that clean streams stay identical byte
 * for byte; only an event that a redaction touches is written anew.
 */
import { ClassifierUnavailableError, StreamFormatError } from '../../errors.ts';
import type { SecurityScanner } from '../scanner.ts';
import { type Frame, type FrameParser, NdjsonParser, SseParser, writeSse } from '../sse.ts';
import type { Role, Verdict } from '../verdict.ts';
import { Asides } from './asides.ts';
import { Channel, type Hold } from './channel.ts';
import { ending, note, type Seen } from './ending.ts';
import { type Continued, type Event, type Leaf, MAX_DEPTH, parseEvent, readEvent, roleOf } from './event.ts';
import { faulty, merge, NOTHING, withFields } from './verdicts.ts';

export interface SessionOptions extends Hold {
  readonly wire: 'sse' | 'ndjson';
  readonly role: Role;
  readonly failOpen: boolean;
  readonly readOn: boolean;
  readonly strict: boolean;
  readonly maxFrame: number;
}

/** A frame that waits. */
interface Waiting {
  readonly frame: Frame;
  readonly event?: Event;
  readonly parts: readonly Part[];
  /** Replaces the text of a leaf that was judged by itself. */
  readonly rewrites: readonly { readonly leaf: Leaf; readonly text: string }[];
}

/** The stretch of a channel that an event carries. */
interface Part {
  readonly leaf: Continued;
  readonly channel: Channel;
  readonly start: number;
}

/** More texts at once than any answer has; a stream that opens more is refused. */
const MAX_CHANNELS = 1024;

export class Session {
  readonly #scanner: SecurityScanner;
  readonly #options: SessionOptions;
  readonly #parser: FrameParser;
  readonly #channels: Map<string, Channel> = new Map();
  readonly #asides: Asides;
  readonly #seen: Seen = { dialect: 'other', head: {}, sequence: -1, begun: new Set(), open: new Set() };
  #queue: Waiting[] = [];
  /** Frames of a chunk, the first `#admitted` of them in the queue. */
  #incoming: readonly Frame[] = [];
  #admitted = 0;
  #stopped: Verdict | undefined;
  /** The last byte that went on. */
  #last = 0;
  /** Why the rest passes unscanned. */
  #open: string | undefined;
  /** Nothing more can be read. */
  #failed = false;

  constructor(scanner: SecurityScanner, options: SessionOptions) {
    this.#scanner = scanner;
    this.#options = options;
    this.#asides = new Asides(scanner, options);
    this.#parser = options.wire === 'ndjson' ? new NdjsonParser(options.maxFrame) : new SseParser(options.maxFrame);
  }

  /** A policy that only watches must not end a stream because it could not read it. */
  get #lenient(): boolean {
    return this.#options.failOpen || !this.#scanner.enforces;
  }

  /** The verdict that ended the stream, once there is one. */
  get stopped(): Verdict | undefined {
    return this.#stopped;
  }

  /** Takes a chunk. @returns what may go on now; after a block, the ending */
  async push(chunk: Uint8Array): Promise<Uint8Array[]> {
    if (this.#stopped) return this.#readOn(() => this.#parser.push(chunk));
    if (this.#open !== undefined) return [chunk];
    return this.#guarded(async (out) => {
      for (const frame of this.#take(this.#parser.push(chunk))) {
        await this.#admit(frame);
        if (this.#stopped || frame.data === '[DONE]') out.push(...(await this.#settle(true)));
        if (this.#stopped) return;
      }
      out.push(...(await this.#settle(false)));
    });
  }

  /** The end of the stream: everything that waits goes on or is blocked. */
  async end(): Promise<Uint8Array[]> {
    if (this.#stopped) return this.#readOn(() => this.#parser.end());
    if (this.#open !== undefined) return [];
    return this.#guarded(async (out) => {
      for (const frame of this.#take(this.#parser.end())) {
        await this.#admit(frame);
        if (this.#stopped) break;
      }
      out.push(...(await this.#settle(true)));
    });
  }

  #take(frames: readonly Frame[]): readonly Frame[] {
    this.#admitted = 0;
    this.#incoming = frames;
    return frames;
  }

  /** The verdict of the whole stream, as far as it came. */
  async verdict(): Promise<Verdict> {
    if (this.#stopped && !this.#options.readOn) return this.#stopped;
    const verdicts: Verdict[] = [];
    for (const channel of this.#channels.values()) verdicts.push(await this.#finished(channel));
    verdicts.push(...this.#asides.verdicts);
    if (this.#stopped && this.#failed) verdicts.push(this.#stopped);
    const fallback = this.#open;
    if (fallback !== undefined) return withFields(merge([...verdicts, NOTHING]), { fallback });
    return merge(verdicts.length === 0 ? [await this.#scanner.scan('', { role: this.#options.role })] : verdicts);
  }

  /** Where the decision fell already, a classifier that fails now leaves what the windows found. */
  async #finished(channel: Channel): Promise<Verdict> {
    try {
      return await channel.finish(this.#scanner);
    } catch (error) {
      if (!(error instanceof ClassifierUnavailableError) || !(this.#open || this.#stopped)) throw error;
      this.#failed = true;
      return channel.glimpsed;
    }
  }

  /** Reads what comes after a block, for the verdict alone. */
  #readOn(frames: () => Frame[]): Uint8Array[] {
    if (!this.#options.readOn || this.#failed) return [];
    try {
      for (const frame of frames()) {
        if (frame.data === undefined || frame.data === '[DONE]') continue;
        for (const leaf of this.#read(frame)?.continued ?? []) this.#append(leaf);
      }
    } catch (error) {
      if (!(error instanceof StreamFormatError)) throw error;
      this.#failed = true;
    }
    return [];
  }

  /** Runs a step; what cannot be read or judged stops the stream, or opens it where the caller chose that. */
  async #guarded(step: (out: Uint8Array[]) => Promise<void>): Promise<Uint8Array[]> {
    const out: Uint8Array[] = [];
    try {
      await step(out);
      return out;
    } catch (error) {
      if (!(error instanceof StreamFormatError || error instanceof ClassifierUnavailableError)) throw error;
      if (this.#lenient) return [...out, ...this.#giveUp(error.message)];
      this.#failed = true;
      const name = error instanceof StreamFormatError ? 'stream-format' : 'scan-failed';
      return [...out, ...this.#stop(faulty(name, error.message))];
    }
  }

  /** Lets everything that waits and everything to come pass, and says so in the verdict. */
  #giveUp(reason: string): Uint8Array[] {
    this.#open = `stream passed on unscanned: ${reason}`;
    const waiting = [...this.#queue.map(({ frame }) => frame), ...this.#incoming.slice(this.#admitted)];
    const bytes = [...waiting.map((frame) => frame.bytes), this.#parser.leftover()];
    this.#queue = [];
    this.#incoming = [];
    return bytes.filter((b) => b.length > 0);
  }

  #stop(verdict: Verdict): Uint8Array[] {
    this.#stopped = verdict;
    this.#queue = [];
    const bytes = ending(this.#seen, this.#options.wire, verdict, this.#options.strict);
    // A CR that was the last byte of a chunk went out before its LF: without it, the ending would stand on the same line
    // for a client that splits at CRLF alone.
    return this.#last === 0x0d ? [new Uint8Array([0x0a]), ...bytes] : bytes;
  }

  async #admit(frame: Frame): Promise<void> {
    for (const text of frame.rest) await this.#aside({ text, path: 'comment' });
    if (frame.data === undefined || frame.data === '[DONE]') {
      if (frame.data !== undefined) for (const channel of this.#channels.values()) channel.closing = true;
      return this.#enqueue({ frame, parts: [], rewrites: [] });
    }
    const event = this.#read(frame);
    if (event === undefined) {
      // Fails open: what is no event is judged as the text it is.
      await this.#aside({ text: frame.data, path: 'data' });
      return this.#enqueue({ frame, parts: [], rewrites: [] });
    }
    const rewrites: { leaf: Leaf; text: string }[] = [];
    for (const leaf of event.whole) {
      const text = await this.#aside(leaf);
      if (text !== undefined) rewrites.push({ leaf, text });
    }
    if (!this.#stopped) note(this.#seen, event, false);
    const parts = event.continued.map((leaf) => this.#append(leaf));
    this.#enqueue({ frame, event, parts, rewrites });
    for (const choice of event.finished) this.#close(choice, parts);
  }

  #enqueue(waiting: Waiting): void {
    this.#queue.push(waiting);
    this.#admitted++;
  }

  /** @throws StreamFormatError  not UTF-8, not JSON, or nested too deep, unless the caller fails open */
  #read(frame: Frame): Event | undefined {
    let fault: string | undefined;
    if (frame.malformed) fault = 'an event is not UTF-8';
    else {
      try {
        const event = readEvent(parseEvent(frame.data!), frame.event);
        if (event) return event;
        fault = `an event nests deeper than ${MAX_DEPTH}`;
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        fault = frame.unfinished ? 'the stream ends inside an event' : 'an event is not JSON, or has a key twice';
      }
    }
    if (this.#lenient) return undefined;
    throw new StreamFormatError(fault);
  }

  #append(leaf: Continued): Part {
    let channel = this.#channels.get(leaf.channel);
    if (!channel) {
      if (this.#channels.size >= MAX_CHANNELS) throw new StreamFormatError(`more than ${MAX_CHANNELS} texts at once`);
      channel = new Channel(leaf, roleOf(leaf.path, this.#options.role), this.#options);
      this.#channels.set(leaf.channel, channel);
    }
    if (channel.closed) throw new StreamFormatError(`${leaf.path} goes on after its end`);
    const start = channel.length;
    channel.append(leaf.text);
    return { leaf, channel, start };
  }

  /** Marks the texts of a choice as complete, unless the event that says so carries text: some servers repeat it in each. */
  #close(choice: number, parts: readonly Part[]): void {
    const prefix = `choices[${choice}].`;
    if (parts.some((part) => part.leaf.path.startsWith(prefix))) return;
    for (const channel of this.#channels.values()) if (channel.path.startsWith(prefix)) channel.closing = true;
  }

  /** Judges a string that belongs to no channel. @returns its replacement, where the policy redacts */
  async #aside(leaf: Leaf): Promise<string | undefined> {
    const { text, blocked } = await this.#asides.judge(leaf);
    this.#stopped ??= blocked;
    return text;
  }

  /** Judges what is due, then sends what is safe. @param all  nothing more will come: judge everything */
  async #settle(all: boolean): Promise<Uint8Array[]> {
    for (const channel of this.#channels.values()) {
      if (this.#stopped) break;
      if (all || (channel.closing && !channel.closed)) {
        const verdict = await channel.finish(this.#scanner);
        if (verdict.verdict === 'block') this.#stopped = verdict;
      } else if (channel.due) this.#stopped = await channel.advance(this.#scanner);
    }
    const out: Uint8Array[] = [];
    let sent = 0;
    for (const waiting of this.#queue) {
      const ready =
        !this.#scanner.enforces ||
        waiting.parts.every((part) => part.start + part.leaf.text.length <= part.channel.safe);
      if (!ready) break;
      if (this.#stopped && waiting.event) break;
      const bytes = this.#send(waiting);
      this.#last = bytes.at(-1) ?? this.#last;
      out.push(bytes);
      sent++;
    }
    this.#queue = this.#queue.slice(sent);
    if (this.#stopped) out.push(...this.#stop(this.#stopped));
    return out;
  }

  #send({ frame, event, parts, rewrites }: Waiting): Uint8Array {
    if (!event) return frame.bytes;
    note(this.#seen, event, true);
    let touched = rewrites.length > 0;
    for (const { leaf, text } of rewrites) (leaf.holder as Record<string | number, unknown>)[leaf.key!] = text;
    for (const { leaf, channel, start } of parts) {
      const text = channel.rewrite(leaf.text, start);
      if (text === leaf.text) continue;
      touched = true;
      (leaf.holder as Record<string | number, unknown>)[leaf.key!] = text;
    }
    if (!touched) return frame.bytes;
    const json = JSON.stringify(event.value, (key, value: unknown) => (key === 'logprobs' ? null : value));
    return this.#options.wire === 'ndjson' ? new TextEncoder().encode(`${json}\n`) : writeSse(json, frame.event);
  }
}
