/**
 * Server-sent events with the original's streaming codec. A payload that travels as `#TK|` arrives exactly; one that
 * travels as it is passes through the original's JSON printer, so that there only values are compared.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tokenNative } from '../../codec/formats/token-native.ts';
import { decodeEvents, encodeEvents } from '../../codec/stream.ts';
import { BODIES } from './bodies.ts';
import { build, Original } from './original.ts';

const found = await build();
let original: Original;

beforeAll(() => {
  if ('program' in found) original = new Original(found.program);
});
beforeEach((context) => {
  if ('missing' in found) context.skip(found.missing);
});
afterAll(() => original?.close());

const STREAMS = BODIES.filter((body) => /^(?:data|event): /m.test(body) && !body.startsWith('{'));
const LONG = 600_000;

async function through(text: string, transform: TransformStream<Uint8Array, Uint8Array>): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(transform);
  return new Response(stream).text();
}

async function ask(text: string, fields: object): Promise<string> {
  const answer = await original.ask({ op: 'sse', ...fields, data: Buffer.from(text).toString('base64') });
  if (answer.data === undefined) throw new Error(answer.error);
  return Buffer.from(answer.data, 'base64').toString();
}

/** The payloads of a stream that are JSON, as values, and its `[DONE]`. */
function payloads(stream: string): unknown[] {
  return stream.split(/\r\n|\r|\n/).flatMap((line) => {
    const payload = /^data: (.*)$/s.exec(line)?.[1];
    if (payload === undefined || !/^[[{]/.test(payload)) return [];
    return [payload === '[DONE]' ? payload : JSON.parse(payload, rounded)];
  });
}

/** The original reads numbers of more than 15 digits with an error in the last one, and prints what it read. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(12)) : value;
}

/** Only what the original's table of short keys leaves alone: it lengthens them in whatever comes unpacked. */
const SHORT = /"(?:c|M|T|x|s|S|p|f|P|fc|a|tc|tx|rf|lb|lp|tlp|C|fr|pt|ct|tt|D|sf|E)":/;

describe('events', () => {
  it('are there to be tried', () => {
    expect(STREAMS.length).toBeGreaterThan(5);
  });

  it('that we packed are opened by the original', { timeout: LONG }, async () => {
    let packed = 0;
    for (const stream of STREAMS.filter((one) => !SHORT.test(one))) {
      const wire = await through(
        stream,
        encodeEvents(async (payload) => String(await tokenNative.encode(payload))),
      );
      packed += wire.match(/^data: #TK\|/gm)?.length ?? 0;
      expect(payloads(await ask(wire, { unpack: true }))).toEqual(payloads(stream));
    }
    expect(packed).toBeGreaterThan(20);
  });

  it.each(['C', 'O'])('that the original packed with %s are opened by us', { timeout: LONG }, async (tokenizer) => {
    for (const stream of STREAMS) {
      const wire = await ask(stream, { mode: 'tokens', tokenizer });
      const opened = await through(
        wire,
        decodeEvents((payload) => tokenNative.decode(payload)),
      );
      expect(payloads(opened)).toEqual(payloads(stream));
    }
  });
});
