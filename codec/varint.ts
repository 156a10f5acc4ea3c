/** LEB128 unsigned, low seven bits first, at most five bytes and 2³² − 1: the integers of the original's formats. */
import { WireFormatError } from '../errors.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';

/** @throws WireFormatError  `varint` (more than 32 bits, or longer than it need be), `truncated` */
export function readVarint(reader: ByteReader, what: string): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.u8(what);
    if (shift === 28 && byte > 0x0f) break;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) {
      if (byte === 0 && shift > 0) throw new WireFormatError('varint', `${what}: written longer than it need be`);
      return value;
    }
  }
  throw new WireFormatError('varint', `${what}: more than 32 bits at ${reader.at}`);
}

/** @param value  an integer from 0 to 2³² − 1 */
export function writeVarint(writer: ByteWriter, value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) writer.u8((rest % 128) | 0x80);
  writer.u8(rest);
}

/** How many bytes `writeVarint` needs. */
export function varintLength(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}
