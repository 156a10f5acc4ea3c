/**
 * Which responses are streams, and what stands between them and the client: nothing for what is not to be scanned, the
 * scanner's hold-back for events and NDJSON lines. Every other response is gathered whole (forward.ts).
 */
import { Duplex } from 'node:stream';
import type { IncomingHttpHeaders } from 'undici/types/header.js';
import { scanStream } from '../security/index.ts';
import { DecodeError, decodeStream } from './body.ts';
import { joined, responseHeaders } from './headers.ts';
import type { Kind } from './media.ts';
import type { Passage } from './passage.ts';
import { refusedResponse, unpackEvents } from './peer/bodies.ts';
import { CODING } from './peer/link.ts';
import { unverified } from './peer/toward.ts';
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
  const { passage, kind, headers } = incoming;
  const { link, reply } = passage;
  const coded = joined(headers['content-encoding'])?.trim().toLowerCase() === CODING;
  const reads = passage.shared.guard.reads('response');
  if (kind === 'events' || kind === 'lines') {
    if (link?.secured && !coded) throw unverified();
    return reads || coded || reply ? screened(incoming, kind === 'lines' ? 'ndjson' : 'sse') : open(incoming);
  }
  // Between peers a body is decoded and encoded as a whole; only what no frame can protect is left to pass or to fail.
  if (coded || link?.secured || reply?.secured) return undefined;
  if (kind === 'binary') return open(incoming, 'binary');
  return reads || reply ? undefined : open(incoming);
}

/** Sends the head alone. `flushHeaders()` of Node 24 would write it in UTF-8, and what is not ASCII in it twice over. */
const NOTHING = Buffer.alloc(0);

/** Passes the upstream's bytes on as they are, counted as unscanned. */
function open({ passage, valve, kind, status, headers }: Incoming, reason = 'switched_off'): Relay {
  const { metrics } = passage.shared;
  const out = responseHeaders(headers, false);
  for (const name of ['content-length', 'content-encoding']) {
    const value = joined(headers[name]);
    if (value !== undefined) out.push(name, value);
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

/**
 * Puts between upstream and client what the stream needs: content coding or a peer's wires undone, the scanner's
 * hold-back window, wires made for a client that is a peer.
 */
function screened({ passage, valve, status, headers, release }: Incoming, wire: 'sse' | 'ndjson'): Relay {
  const { guard, metrics, settings } = passage.shared;
  const { response, link, reply } = passage;
  const sizes = { coded: 0, read: 0, passed: 0 };
  const reads = guard.reads('response');
  const out = responseHeaders(headers, true);
  let screen = counting(reads ? scanOf(passage, wire) : new TransformStream(), (size) => {
    sizes.read += size;
  });
  screen = through(
    screen,
    tally((size) => (sizes.passed += size)),
  );
  const coding = joined(headers['content-encoding'])?.trim().toLowerCase();
  if (link && coding === CODING) {
    const opened = unpackEvents(link, wire, settings.limits.responseBytes);
    screen = counting(through(opened, screen), (size) => (sizes.coded += size));
  } else screen = decoded(coding, screen);
  if (reply) {
    screen = through(screen, reply.events(wire, settings.limits.responseBytes));
    out.push('content-encoding', CODING);
  }
  passage.writeHead(status, out);
  response.write(NOTHING);
  // What went in and did not come out was withheld; the frames that end a blocked stream count as passed.
  response.once('close', () => {
    if (reads) metrics.scanned.add(sizes.read, 'response');
    else metrics.unscanned.add(sizes.read, 'response\nswitched_off');
    metrics.forwarded.add(Math.min(sizes.read, sizes.passed), 'response');
    metrics.withheld.add(Math.max(0, sizes.read - sizes.passed), 'response');
    if (link && coding === CODING) metrics.peer('response', sizes.coded, sizes.read);
    if (reply) metrics.peer('response', passage.bytesOut, sizes.passed);
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
      const problem = refusedResponse(error);
      if (!(problem instanceof Problem)) metrics.scanErrors.add(1, 'closed');
      passage.noteFailure(error instanceof Error ? error.name : 'unknown');
      // Nothing unprotected leaves; a stream that breaks off is an error to every client.
      if (reply?.secured) response.destroy();
      else response.end(errorFrame(wire, problem instanceof Problem ? problem : SCAN_FAILED));
      release();
    },
  });
}

function scanOf(passage: Passage, wire: 'sse' | 'ndjson'): Screen {
  const { guard } = passage.shared;
  return scanStream(guard.scanner, {
    role: 'assistant',
    wire,
    failOpen: guard.failOpen,
    onVerdict: (verdict) => {
      guard.countStream(verdict);
      passage.note(verdict);
    },
  });
}

const SCAN_FAILED = new Problem(503, 'scan_failed', 'The stream could not be scanned any further and was ended.');

/** Never a bare end, which clients take for success: an error that they throw (product notes §5). */
function errorFrame(wire: 'sse' | 'ndjson', problem: Problem): string {
  return wire === 'sse' ? `\n\ndata: ${problem.toJSON()}\n\n` : `\n${problem.toJSON()}\n`;
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

/** One screen behind the other. */
function through(first: Screen, second: Screen): Screen {
  return { writable: first.writable, readable: first.readable.pipeThrough(second) };
}

/** Passes chunks on and tells their sizes. */
function tally(count: (size: number) => void): Screen {
  return new TransformStream({
    transform(chunk, controller) {
      count(chunk.length);
      controller.enqueue(chunk);
    },
  });
}

function decoded(coding: string | undefined, screen: Screen): Screen {
  try {
    const decoder = decodeStream(coding);
    if (decoder === undefined) return screen;
    const { writable, readable } = Duplex.toWeb(decoder as Duplex);
    return { writable, readable: (readable as ReadableStream<Uint8Array>).pipeThrough(screen) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new Problem(502, 'upstream_invalid', 'the upstream streams in a content coding that this proxy cannot undo');
  }
}
