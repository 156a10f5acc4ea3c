/** Events travel as wires and come back byte for byte, however they are cut. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEvents, encodeEvents } from '../../codec/stream.ts';
import { LimitExceededError } from '../../errors.ts';
import { runs } from '../scale.ts';

// A wire that is shorter for long payloads, so that both ways through the encoder are taken.
const encode = async (payload: string) =>
  `#TK|C|${Buffer.from(payload.replaceAll('content', 'c\u0001')).toString('base64')}`;
const decode = async (wire: string) =>
  Buffer.from(wire.slice(6), 'base64').toString('utf8').replaceAll('c\u0001', 'content');

async function through(
  stream: TransformStream<Uint8Array, Uint8Array>,
  chunks: readonly Uint8Array[],
): Promise<Buffer> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const parts: Uint8Array[] = [];
  for await (const part of source.pipeThrough(stream)) parts.push(part);
  return Buffer.concat(parts);
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const edges = [0, ...[...at].map((n) => n % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((end, i) => bytes.slice(edges[i], end));
}

const line = fc.oneof(
  fc.constantFrom(
    'data: [DONE]',
    'data:',
    ': keep-alive',
    'event: message',
    'id: 7',
    '',
    'data: #TK|C|not a wire',
    'data: #M2M|1|nor this',
    'data:{"no":"blank"}',
    `data: {"choices":[{"delta":{"content":"${'content '.repeat(30)}"}}]}`,
    'data: {"choices":[{"delta":{"content":"Grüße 漢字 😀"}}]}',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }).map((text) => `data: ${text.toWellFormed()}`),
);

describe('events', () => {
  it('come back byte for byte, in whatever chunks they travel', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r', '\n\n')), { maxLength: 12 }),
        fc.array(fc.nat(2000), { maxLength: 8 }),
        fc.array(fc.nat(4000), { maxLength: 8 }),
        async (pairs, first, second) => {
          const bytes = Buffer.from(pairs.map(([text, end]) => text + end).join(''));
          const wire = await through(encodeEvents(encode), cut(bytes, first));
          const back = await through(decodeEvents(decode), cut(wire, second));
          expect(back.equals(bytes)).toBe(true);
        },
      ),
      { numRuns: runs(300, 10_000) },
    );
  });

  it('are shorter on the line where that is possible, and never longer but for what looks like a wire', async () => {
    const long = Buffer.from(`data: {"a":"${'content'.repeat(60)}"}\n\n`);
    expect((await through(encodeEvents(encode), [long])).length).toBeLessThan(long.length);
    const short = Buffer.from('data: {"a":1}\n\ndata: [DONE]\n\n');
    expect((await through(encodeEvents(encode), [short])).equals(short)).toBe(true);
  });

  it('that are no UTF-8 pass as they are', async () => {
    const bytes = Buffer.concat([Buffer.from('data: '), Buffer.from([0xff, 0xfe, 0x0a])]);
    const wire = await through(encodeEvents(encode), [bytes]);
    expect((await through(decodeEvents(decode), [wire])).equals(bytes)).toBe(true);
  });

  it('behind a byte order mark are data, in the first line and nowhere else', async () => {
    const bytes = Buffer.from(`\ufeffdata: ${'{"a":1}'.padEnd(200)}\n\ufeffdata: {}\n`);
    const wire = await through(encodeEvents(encode, { every: true }), [bytes]);
    expect(wire.toString()).toMatch(/^\ufeffdata: #/);
    expect(wire.toString()).toContain('\n\ufeffdata: {}\n');
    expect((await through(decodeEvents(decode, { every: true }), [wire])).equals(bytes)).toBe(true);
  });

  it('without an end are stopped at the limit', async () => {
    const endless = Array.from({ length: 20 }, () => Buffer.alloc(100, 'x'));
    await expect(through(encodeEvents(encode, { limits: { bytes: 1000 } }), endless)).rejects.toThrow(
      LimitExceededError,
    );
    await expect(through(decodeEvents(decode, { limits: { wireBytes: 1000 } }), endless)).rejects.toThrow(
      LimitExceededError,
    );
  });
});
