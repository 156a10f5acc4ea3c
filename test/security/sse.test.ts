import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamFormatError } from '../../errors.ts';
import { type Frame, NdjsonParser, SseParser, writeNdjson, writeSse } from '../../security/sse.ts';
import { runs } from '../scale.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** All frames of a stream that comes in these chunks. */
function framesOf(chunks: readonly Uint8Array[], parser: SseParser | NdjsonParser = new SseParser()): Frame[] {
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
}

function dataOf(text: string): (string | undefined)[] {
  return framesOf([bytesOf(text)])
    .map((frame) => frame.data)
    .filter((data) => data !== undefined);
}

describe('SseParser', () => {
  it.each([
    ['LF', 'data: a\n\ndata: b\n\n'],
    ['CR', 'data: a\r\rdata: b\r\r'],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n'],
    ['a mixture', 'data: a\r\n\ndata: b\n\r\n'],
  ])('ends lines at %s', (_, text) => {
    expect(dataOf(text)).toEqual(['a', 'b']);
  });

  // The examples of WHATWG HTML §9.2.6.
  it.each([
    ['joins data lines with a line feed', 'data: YHOO\ndata: +2\ndata: 10\n\n', ['YHOO\n+2\n10']],
    ['takes one space after the colon, no more', 'data:test\n\ndata:  two\n\n', ['test', ' two']],
    ['knows data lines without a colon', 'data\n\ndata\ndata\n\ndata:', ['', '\n', '']],
    ['skips comments', ': test stream\n\ndata: first\nid: 1\n\n: x\ndata: second\n\n', ['first', 'second']],
    ['skips a byte order mark', '\ufeffdata: a\n\n', ['a']],
    ['keeps a second byte order mark', '\ufeff\ufeffdata: a\n\n', []],
    ['keeps field names apart from data', 'dataset: a\n\nData: b\n\n', []],
    ['reports an event that the end cuts off', 'data: a\n\ndata: b', ['a', 'b']],
  ])('%s', (_, text, expected) => {
    expect(dataOf(text)).toEqual(expected);
  });

  it('reads the event name, and keeps ids and unknown fields as rest', () => {
    const [frame] = framesOf([bytesOf('event: delta\nid: 7\nx-note: hello\ndata: {}\n\n')]);
    expect(frame).toMatchObject({ event: 'delta', data: '{}', rest: ['7', 'hello'] });
  });

  it('says where bytes are not UTF-8 and where the stream broke off', () => {
    const frames = framesOf([new Uint8Array([...bytesOf('data: '), 0xff, 0x0a, 0x0a]), bytesOf('data: b')]);
    expect(frames.map((frame) => [frame.malformed ?? false, frame.unfinished ?? false])).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it('gives a comment as soon as its line is complete', () => {
    const parser = new SseParser();
    expect(parser.push(bytesOf(': ping')).length).toBe(0);
    expect(parser.push(bytesOf('\n')).length).toBe(1);
  });

  it('gives the same fields for every chunking, and all bytes back', () => {
    const line = fc.oneof(
      fc.constantFrom('data: ä🙂', 'data:', 'event: x', ': c', '', 'data: {"a":1}', 'id: 1', '\ufeff', 'data', ':'),
      fc.string({ maxLength: 12 }),
    );
    const stream = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')), { maxLength: 24 });
    fc.assert(
      fc.property(stream, fc.array(fc.nat(9), { minLength: 1, maxLength: 6 }), (lines, sizes) => {
        const bytes = bytesOf(lines.flat().join(''));
        const whole = framesOf([bytes]);
        const cut = framesOf(chunked(bytes, sizes));
        const fields = (frames: Frame[]): unknown[] =>
          frames
            .filter((f) => f.data !== undefined || f.rest.length > 0)
            .map(({ bytes: _, unfinished: __, ...rest }) => rest);
        expect(fields(cut)).toEqual(fields(whole));
        for (const frames of [whole, cut]) {
          expect(Buffer.concat(frames.map((frame) => frame.bytes)).equals(bytes)).toBe(true);
        }
      }),
      { numRuns: runs(300, 20_000) },
    );
  });

  it('refuses an event longer than its limit, in one line or in many', () => {
    for (const text of [`data: ${'x'.repeat(3000)}`, 'data: x\n'.repeat(400)]) {
      expect(() => new SseParser(2048).push(bytesOf(text))).toThrow(StreamFormatError);
    }
  });

  it('takes random bytes in any chunks without any error', () => {
    const bytes = fc.uint8Array({ maxLength: 400 });
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(7), { minLength: 1, maxLength: 4 }), (noise, sizes) => {
        const frames = framesOf(chunked(noise, sizes));
        expect(Buffer.concat(frames.map((frame) => frame.bytes)).equals(noise)).toBe(true);
      }),
      { numRuns: runs(500, 20_000) },
    );
  });
});

describe('NdjsonParser', () => {
  it('gives a frame for each line, blank ones without data, the last one without its end', () => {
    const frames = framesOf([bytesOf('{"a":1}\r\n\n{"b"'), bytesOf(':2}')], new NdjsonParser());
    expect(frames.map((frame) => frame.data?.trim())).toEqual(['{"a":1}', undefined, '{"b":2}']);
    expect(frames.map((frame) => frame.unfinished ?? false)).toEqual([false, false, true]);
  });

  it('refuses a line longer than its limit', () => {
    expect(() => new NdjsonParser(16).push(bytesOf('x'.repeat(17)))).toThrow(StreamFormatError);
  });
});

describe('writing', () => {
  it('reads back what it wrote, whatever lines the data has', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (data) => {
        const frames = framesOf([writeSse(data, 'note')]);
        expect(frames.length).toBe(1);
        expect(frames[0]).toMatchObject({ event: 'note', data: data.toWellFormed().replace(/\r\n|\r/g, '\n') });
      }),
      { numRuns: runs(200, 5000) },
    );
    expect(new TextDecoder().decode(writeNdjson({ a: 1 }))).toBe('{"a":1}\n');
  });
});

/** The bytes in chunks of these sizes, again and again; a size of 0 is an empty chunk. */
function chunked(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = i % 8 === 7 ? 1 : sizes[i % sizes.length]!;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
