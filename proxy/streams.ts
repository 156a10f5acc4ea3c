/**
 * Which responses are streams, and what stands between them and the client: nothing for what is not to be scanned, the
 * scanner's hold-back for events and NDJSON lines. Every other response is gathered whole (forward.ts).
 */
import { Duplex } from 'node:stream';
import type { IncomingHttpHeaders } from 'undici/types/header.js';
import { scanStream } from '../security/index.ts';
import { DecodeError, decodeStream } from './body.ts';
import { responseHeaders } from './headers.ts';
import type { Kind } from './media.ts';
import type { Passage } from './passage.ts';
import { Problem } from './problem.ts';
import { OpenRelay, type Relay, ScreenedRelay, type Valve } from './relay.ts';

export interface Incoming {
  readonly passage: Passage;
  readonly valve: Valve;
  readonly kind: Kind;
  readonly headers: IncomingHttpHeaders;
  readonly status: number;
  /** Lets the upstream go, whatever it still has to say. */
  readonly release: () => void;
}

/**
 * The relay of a response whose head has come, and has been passed on.
 *
 * @returns undefined where the response is to be gathered
 * @throws Problem  502 a stream in a content coding that cannot be undone
 */
export function relayFor(incoming: Incoming): Relay | undefined {
  const { passage, kind } = incoming;
  if (!passage.shared.guard.reads('response')) return open(incoming, 'switched_off');
  if (kind === 'binary') return open(incoming, 'binary');
  if (kind === 'events' || kind === 'lines') return screened(incoming, kind === 'lines' ? 'ndjson' : 'sse');
  return undefined;
}

/** Sends the head alone. `flushHeaders()` of Node 24 would write it in UTF-8, and what is not ASCII in it twice over. */
const NOTHING = Buffer.alloc(0);

/** Passes the upstream's bytes on as they are, counted as unscanned. */
function open({ passage, valve, kind, status, headers }: Incoming, reason: string): Relay {
  const { metrics } = passage.shared;
  const out = responseHeaders(headers, false);
  for (const name of ['content-length', 'content-encoding']) {
    const value = headers[name];
    if (typeof value === 'string') out.push(name, value);
  }
  passage.writeHead(status, out);
  // The first event of a stream may be long in coming; any other head goes out with the first bytes of its body.
  if (kind === 'events' || kind === 'lines') passage.response.write(NOTHING);
  return new OpenRelay(passage.response, valve, (size) => {
    metrics.unscanned.add(size, `response\n${reason}`);
    metrics.forwarded.add(size, 'response');
    passage.bytesOut += size;
  });
}

/** Puts the scanner's hold-back window between upstream and client. */
function screened({ passage, valve, status, headers, release }: Incoming, wire: 'sse' | 'ndjson'): Relay {
  const { guard, metrics } = passage.shared;
  const { response } = passage;
  let read = 0;
  const scan = scanStream(guard.scanner, {
    role: 'assistant',
    wire,
    failOpen: guard.failOpen,
    onVerdict: (verdict) => {
      guard.countStream(verdict);
      passage.note(verdict);
    },
  });
  const screen = decoded(
    headers,
    counting(scan, (size) => (read += size)),
  );
  passage.writeHead(status, responseHeaders(headers, true));
  response.write(NOTHING);
  // What went in and did not come out was withheld; the frames that end a blocked stream count as passed.
  response.once('close', () => {
    metrics.scanned.add(read, 'response');
    metrics.forwarded.add(Math.min(read, passage.bytesOut), 'response');
    metrics.withheld.add(Math.max(0, read - passage.bytesOut), 'response');
  });
  return new ScreenedRelay({
    response,
    valve,
    screen,
    passed: (size) => {
      passage.bytesOut += size;
    },
    done: release,
    failed: (error) => {
      metrics.scanErrors.add(1, 'closed');
      passage.noteFailure(error instanceof Error ? error.name : 'unknown');
      response.end(errorFrame(wire));
      release();
    },
  });
}

/** Never a bare end, which clients take for success: an error that they throw (product notes §5). */
function errorFrame(wire: 'sse' | 'ndjson'): string {
  const problem = new Problem(
    503,
    'scan_failed',
    'The stream could not be scanned any further and was ended.',
  ).toJSON();
  return wire === 'sse' ? `\n\ndata: ${problem}\n\n` : `\n${problem}\n`;
}

type Screen = TransformStream<Uint8Array, Uint8Array>;

/** The same screen, told of every chunk that enters it. */
function counting(screen: Screen, count: (size: number) => void): Screen {
  const writer = screen.writable.getWriter();
  const writable = new WritableStream<Uint8Array>({
    write(chunk) {
      count(chunk.length);
      return writer.write(chunk);
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
  return { writable, readable: screen.readable };
}

function decoded(headers: IncomingHttpHeaders, screen: Screen): Screen {
  const coding = headers['content-encoding'];
  if (coding === undefined) return screen;
  try {
    const decoder = decodeStream(String(coding).trim().toLowerCase());
    if (decoder === undefined) return screen;
    const { writable, readable } = Duplex.toWeb(decoder as Duplex);
    return { writable, readable: (readable as ReadableStream<Uint8Array>).pipeThrough(screen) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new Problem(502, 'upstream_invalid', 'the upstream streams in a content coding that this proxy cannot undo');
  }
}
