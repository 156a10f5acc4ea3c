/**
 * One text that comes piece by piece: what of it may go on, what has to wait, what stops the stream.
 *
 * Windows decide when text is released; the text as a whole decides the verdict. A window overlaps what was released
 * before it, and is judged again whenever the held part has grown by a third, so that the cost stays linear. What a
 * window finds is confirmed on the whole text so far before it stops anything, because a window's edge can make
 * something of an innocent text; until then everything from there on is held.
 */
import { StreamFormatError } from '../../errors.ts';
import { redact } from '../redact.ts';
import type { Inspected, ScanOptions, SecurityScanner } from '../scanner.ts';
import type { Role, Verdict } from '../verdict.ts';
import { Cuts } from './cuts.ts';
import type { Continued } from './event.ts';
import { alignedBase, lettersFrom, openFrom, runFrom } from './hold.ts';
import { JsonPrefix } from './json-prefix.ts';
import { conclude, faulty, inside, merge, relocated, shift, withFields } from './verdicts.ts';

export interface Hold {
  /** Characters of a view that a match may span. */
  readonly holdBack: number;
  /** Characters that one channel may hold before the stream fails closed. */
  readonly maxHeld: number;
  /** Pass on what cannot be judged. */
  readonly failOpen: boolean;
  readonly signal: AbortSignal | undefined;
}

type Found = Inspected['found'][number];

/** Characters before the released boundary that a window sees again: context for word boundaries and run detection. */
const LOOKBACK = 384;
/** The same inside an encoded run: three nested layers of base64 stretch a match of 600 characters to 1,430. */
const RUN_LOOKBACK = 2048;
/** An unfinished encoded run is held whole up to here and judged in overlapping windows beyond. */
const RUN_HOLD = 16_384;
/** New characters before a window is judged again; smaller deltas wait for each other. */
const STEP = 128;
/** A finding this close to the end may still change with the next words. */
const SETTLE = 64;
/** Texts up to here are kept, so that the verdict is that of the whole text; beyond, it is that of all windows. */
const KEEP = 1_048_576;
/** Different findings remembered of a text that is not kept. */
const MAX_FOUND = 256;

export class Channel {
  readonly path: string;
  readonly #role: Role;
  /** The arguments of a call claim to be JSON, whatever they look like: only the whole tells whether they are. */
  readonly #claimed: boolean;
  readonly #hold: Hold;
  /** Everything before the window, in pieces; undefined once the text is too long to be kept. */
  #archive: string[] | undefined = [];
  #window = '';
  #base = 0;
  /** The window begins inside an encoded run, at a whole quantum. */
  #inside = false;
  #length = 0;
  #scanned = 0;
  /** Set while the text may be a JSON document. */
  #json: JsonPrefix | undefined = new JsonPrefix();
  /** What began as JSON and broke has to be judged as a whole once, before it goes on as a text. */
  #broke = false;
  #found: Map<string, Found> = new Map();
  /** Characters that confirmations have read, which bounds how often they are asked for. */
  #confirmed = 0;
  #suspect: { from: number; until: number } | undefined;
  #verdict: { at: number; verdict: Verdict } | undefined;
  readonly #cuts: Cuts = new Cuts();
  /** Why a window went on without the classifier, though a later one may not have. */
  #fallback: string | undefined;
  /** Set when a JSON document was redacted: stands for the whole text. */
  #replacement: string | undefined;
  /** Everything before this offset may go on. */
  safe = 0;
  /** Set by an event that says that the text is complete. */
  closing = false;

  constructor({ path, channel }: Continued, role: Role, hold: Hold) {
    this.path = path;
    this.#claimed = path.endsWith('.function.arguments') || channel.startsWith('response.function_call_arguments');
    this.#role = role;
    this.#hold = hold;
  }

  get length(): number {
    return this.#length;
  }

  /** What the rules found in the windows so far. */
  get glimpsed(): Verdict {
    return conclude([...this.#found.values()], { mode: 'patterns', model: null });
  }

  /** True when the text was complete, judged as a whole and released. */
  get closed(): boolean {
    return this.closing && this.#verdict?.at === this.#length;
  }

  append(text: string): void {
    this.#window += text;
    this.#length += text.length;
    if (!this.#json) return;
    this.#json.push(text);
    if (this.#json.whole) return;
    this.#broke = this.#json.begun;
    this.#json = undefined;
  }

  /** What goes on of the stretch that begins at `offset`. */
  rewrite(text: string, offset: number): string {
    if (this.#replacement === undefined) return this.#cuts.rewrite(text, offset);
    return offset === 0 ? this.#replacement : '';
  }

  /** Whether the text has to be complete before anything can be said about it. */
  get #document(): boolean {
    return this.#claimed || this.#json !== undefined;
  }

  /** Whether enough has come since the last look. A JSON document is judged when it is complete. */
  get due(): boolean {
    const held = this.#length - this.safe;
    if (held > this.#hold.maxHeld) return true;
    return !this.#document && this.#length - this.#scanned >= Math.max(STEP, held >> 2);
  }

  /** Judges the window and moves `safe`. @param last  nothing more will come @returns a verdict that stops the stream, if there is one */
  async advance(scanner: SecurityScanner, last: boolean = false): Promise<Verdict | undefined> {
    if (this.#document && this.#length - this.safe > this.#hold.maxHeld) return this.#tooLong(scanner);
    this.#scanned = this.#length;
    if (this.#broke) {
      this.#broke = false;
      const verdict = await this.#whole(scanner, this.#length - SETTLE);
      if (verdict.verdict === 'block') return verdict;
    }
    const run = runFrom(this.#window, RUN_HOLD, this.#inside);
    const text = run === undefined && !last ? this.#quanta() : this.#window;
    const { views, found } = scanner.inspect({ text, path: this.path, role: this.#role });
    let open = this.#base + openFrom(text, views, this.#hold.holdBack, run);
    const settled: Found[] = [];
    for (const one of found) {
      const moved = this.#remember(one);
      const [start, end] = moved.threat.span;
      if ((moved.decision !== 'block' && moved.decision !== 'redact') || end <= this.safe) continue;
      if (this.#cuts.covers(start, end)) continue;
      if (!last && end > this.#base + text.length - SETTLE) open = Math.min(open, start);
      else settled.push(moved);
    }
    const stop = await this.#confirm(scanner, settled);
    if (stop) return stop;
    if (this.#suspect) open = Math.min(open, this.#suspect.from);
    if (scanner.mode !== 'patterns' && (last || open > this.safe)) {
      const stopped = await this.#classify(scanner, text);
      if (stopped) return stopped;
    }
    this.safe = Math.max(this.safe, open);
    this.#trim();
    return this.#length - this.safe > this.#hold.maxHeld ? this.#tooLong(scanner) : undefined;
  }

  /** Judges the text as a whole; afterwards all of it is safe, unless the verdict blocks. */
  async finish(scanner: SecurityScanner): Promise<Verdict> {
    if (this.#verdict?.at === this.#length) return this.#verdict.verdict;
    if (this.#archive === undefined) {
      const stop = await this.advance(scanner, true);
      if (stop) return stop;
      for (const { threat, decision } of this.#found.values())
        if (decision === 'redact') this.#cuts.add(threat, this.safe);
    }
    const whole = await this.#whole(scanner, this.#length);
    const fallback = this.#fallback ?? whole.fallback;
    const verdict = fallback === undefined ? whole : withFields(whole, { fallback });
    this.#verdict = { at: this.#length, verdict };
    if (verdict.verdict !== 'block') this.safe = this.#length;
    return verdict;
  }

  /** The verdict of everything so far; redactions that end before `settled` are made. Releases nothing. */
  async #whole(scanner: SecurityScanner, settled: number): Promise<Verdict> {
    if (this.#archive === undefined) {
      const mode = { mode: scanner.mode === 'patterns' ? 'patterns' : 'neural', model: null } as const;
      return conclude([...this.#found.values()], mode);
    }
    const text = this.#archive.join('') + this.#window;
    const verdict = this.#claimed
      ? relocated(await scanner.scan(asCall(text), this.#options()), this.path)
      : await scanner.scan(text, this.#options());
    const redactions = verdict.redactions ?? [];
    if (redactions.some((threat) => threat.path !== this.path)) {
      // Found in the strings of a JSON document: cut there, if nothing of it has gone out yet.
      if (settled < this.#length) return verdict;
      if (this.safe > 0) return withFields(verdict, { verdict: 'block' });
      this.#replacement = redact(text, inside(verdict, this.path));
      return verdict;
    }
    for (const threat of redactions) {
      const [start, end] = threat.span;
      if (end > settled || this.#cuts.covers(start, end)) continue;
      if (start < this.safe) return withFields(verdict, { verdict: 'block' });
      this.#cuts.add(threat, this.safe);
    }
    return verdict;
  }

  #options(): ScanOptions {
    const { signal } = this.#hold;
    return { role: this.#role, path: this.#claimed ? 'call' : this.path, ...(signal ? { signal } : {}) };
  }

  /** Asks the whole text so far about what a window found. */
  async #confirm(scanner: SecurityScanner, settled: readonly Found[]): Promise<Verdict | undefined> {
    const first = Math.min(...settled.map((one) => one.threat.span[0]));
    if (settled.length === 0) return undefined;
    // Confirmations may read eight times the text in all; a text with more findings than that is taken at its windows' word.
    const affordable = this.#confirmed + this.#length <= 8 * this.#length + 65_536;
    if (this.#archive === undefined || !affordable) {
      for (const { threat, decision } of settled) if (decision === 'redact') this.#cuts.add(threat, this.safe);
      const blocking = settled.filter((one) => one.decision === 'block');
      return blocking.length === 0 ? undefined : conclude(blocking, { mode: 'patterns', model: null });
    }
    if (this.#suspect && this.#length < this.#suspect.until) return undefined;
    this.#confirmed += this.#length;
    const verdict = await this.#whole(scanner, this.#length - SETTLE);
    if (verdict.verdict === 'block') return verdict;
    const doubted = settled.some((one) => !this.#cuts.covers(...one.threat.span));
    this.#suspect = doubted ? { from: Math.max(first, this.safe), until: this.#length * 2 } : undefined;
    return undefined;
  }

  /** The classifier's turn: the window goes on only after it has seen it. */
  async #classify(scanner: SecurityScanner, text: string): Promise<Verdict | undefined> {
    const verdict = shift(await scanner.scan(text, { ...this.#options(), format: 'text' }), this.#base);
    this.#fallback ??= verdict.fallback;
    const neural = verdict.threats.filter((threat) => threat.by === 'neural');
    if (verdict.verdict === 'block' && neural.length > 0) return verdict;
    for (const threat of verdict.redactions ?? []) if (threat.by === 'neural') this.#cuts.add(threat, this.safe);
    return undefined;
  }

  #remember({ threat, decision }: Found): Found {
    const span: readonly [number, number] = [threat.span[0] + this.#base, threat.span[1] + this.#base];
    const moved = { threat: { ...threat, span }, decision };
    // What only ranks counts by its best score; every window has some of it.
    const key = decision === 'allow' ? threat.name : `${threat.name} ${span[0]} ${threat.view}`;
    const known = this.#found.get(key);
    if (known ? known.threat.score < threat.score : this.#found.size < MAX_FOUND) this.#found.set(key, moved);
    return moved;
  }

  /** The window without the incomplete quantum that a long encoded run ends in: some decoders read whole runs only. */
  #quanta(): string {
    const start = lettersFrom(this.#window, this.#window.length);
    return this.#window.slice(0, alignedBase(this.#window, start, this.#window.length));
  }

  /** Moves what no window needs any more out of the window. */
  #trim(): void {
    const safe = this.safe - this.#base;
    let cut = safe - LOOKBACK;
    const long = runFrom(this.#window, RUN_HOLD, this.#inside) === undefined;
    const start = long ? lettersFrom(this.#window, safe) : safe;
    const inside = start < safe - RUN_LOOKBACK;
    if (inside) cut = alignedBase(this.#window, start, safe - RUN_LOOKBACK);
    else if (long) cut = Math.min(cut, start);
    else if (cut > 0) cut = wordStart(this.#window, cut);
    if (cut < LOOKBACK) return;
    this.#inside = inside;
    const gone = this.#window.slice(0, cut);
    this.#window = this.#window.slice(cut);
    this.#base += cut;
    this.#archive?.push(gone);
    if (this.#length > KEEP) this.#archive = undefined;
  }

  /** @throws StreamFormatError  the policy only watches, or the caller chose to fail open */
  #tooLong(scanner: SecurityScanner): Verdict {
    const detail = `more than ${this.#hold.maxHeld} characters had to be held at ${this.path}`;
    if (this.#hold.failOpen || !scanner.enforces) throw new StreamFormatError(detail);
    return merge([faulty('held-too-long', detail), this.glimpsed]);
  }
}

/** The beginning of the word at `at`, if it begins nearby: a window that starts inside a word would see another word. */
function wordStart(text: string, at: number): number {
  for (let i = at; i > Math.max(0, at - 64); i--) if (/\s/.test(text[i - 1]!)) return i;
  return at;
}

/** The arguments of a call as an answer that is not streamed has them, so that they are judged in the same way. */
function asCall(text: string): { type: string; arguments: string } {
  return { type: 'function_call', arguments: text };
}
