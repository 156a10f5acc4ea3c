/** LEB128 as the wire formats use it: one way to write a number, at most five bytes, at most 32 bits. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../codec/bytes.ts';
import { readVarint, varintLength, writeVarint } from '../../codec/varint.ts';
import { WireFormatError } from '../../errors.ts';
import { runs } from '../scale.ts';

const MAX = 2 ** 32 - 1;

function written(value: number): Uint8Array {
  const writer = new ByteWriter();
  writeVarint(writer, value);
  return writer.done();
}

function fault(bytes: readonly number[]): string | undefined {
  try {
    readVarint(new ByteReader(Uint8Array.from(bytes)), 'x');
    return undefined;
  } catch (error) {
    if (error instanceof WireFormatError) return error.fault;
    throw error;
  }
}

describe('varint', () => {
  it('decodes what it encodes, in as many bytes as it said', () => {
    const numbers = fc.oneof(
      fc.integer({ min: 0, max: MAX }),
      fc.constantFrom(...[7, 14, 21, 28, 32].flatMap((bits) => [2 ** bits - 1, Math.min(2 ** bits, MAX)])),
    );
    fc.assert(
      fc.property(numbers, (value) => {
        const bytes = written(value);
        expect(bytes.length).toBe(varintLength(value));
        const reader = new ByteReader(bytes);
        expect(readVarint(reader, 'x')).toBe(value);
        reader.end('x');
      }),
      { numRuns: runs(1000, 100_000) },
    );
  });

  it('takes no bytes but those that it writes', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1, 0x0f, 0x10, 0x7f, 0x80, 0x8f, 0xff), { maxLength: 7 }), (bytes) => {
        if (fault(bytes) !== undefined) return;
        const reader = new ByteReader(Uint8Array.from(bytes));
        const value = readVarint(reader, 'x');
        expect([...written(value)]).toEqual(bytes.slice(0, reader.at));
      }),
      { numRuns: runs(2000, 100_000) },
    );
  });

  it.each([
    [[], 'truncated'],
    [[0x80], 'truncated'],
    [[0xff, 0xff, 0xff, 0xff], 'truncated'],
    [[0x80, 0x00], 'varint'],
    [[0xff, 0x80, 0x00], 'varint'],
    [[0x80, 0x80, 0x80, 0x80, 0x00], 'varint'],
    [[0xff, 0xff, 0xff, 0xff, 0x10], 'varint'],
    [[0x80, 0x80, 0x80, 0x80, 0x80, 0x01], 'varint'],
    [[0xff, 0xff, 0xff, 0xff, 0x0f], undefined],
  ] as const)('%j ends in %s', (bytes, expected) => {
    expect(fault(bytes)).toBe(expected);
  });
});
