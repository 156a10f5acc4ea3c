/** Bytes read and written with every bound checked: nothing in a wire may be believed before it is seen. */
import { InvalidInputError, WireFormatError } from '../errors.ts';

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const UTF8 = new TextEncoder();

/** The text of UTF-8 bytes, a byte order mark kept. @throws WireFormatError  `invalid-utf8` */
export function textOf(bytes: Uint8Array): string {
  try {
    return STRICT.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new WireFormatError('invalid-utf8', 'the decoded bytes are no UTF-8', { cause: error });
  }
}

/** The UTF-8 bytes of a text. @throws InvalidInputError  half a character (a lone surrogate), which UTF-8 does not have */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  if (!text.isWellFormed()) throw new InvalidInputError('the message holds a lone surrogate, which UTF-8 cannot carry');
  return UTF8.encode(text);
}

/** The bytes of a wire that came as a text or as bytes. @throws WireFormatError  `invalid-utf8`: half a character */
export function wireBytesOf(wire: string | Uint8Array): Uint8Array {
  if (typeof wire !== 'string') return wire;
  if (!wire.isWellFormed()) throw new WireFormatError('invalid-utf8', 'the wire holds a lone surrogate');
  return UTF8.encode(wire);
}

/** Reads from the front. Every method throws WireFormatError `truncated` where the bytes end too early. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  u8(what: string): number {
    return this.#view.getUint8(this.#take(1, what));
  }

  /** Little-endian, as all integers of the protocol are. */
  u16(what: string): number {
    return this.#view.getUint16(this.#take(2, what), true);
  }

  u32(what: string): number {
    return this.#view.getUint32(this.#take(4, what), true);
  }

  f32(what: string): number {
    return this.#view.getFloat32(this.#take(4, what), true);
  }

  /** A view of the next `length` bytes, no copy. */
  take(length: number, what: string): Uint8Array {
    const start = this.#take(length, what);
    return this.bytes.subarray(start, start + length);
  }

  /** @throws WireFormatError  `trailing-bytes` */
  end(what: string): void {
    if (this.left === 0) return;
    throw new WireFormatError('trailing-bytes', `${what}: ${this.left} bytes more than the format has at ${this.at}`);
  }

  #take(length: number, what: string): number {
    if (length > this.left) {
      throw new WireFormatError('truncated', `${what}: ${length} bytes expected at ${this.at}, found ${this.left}`);
    }
    const start = this.at;
    this.at += length;
    return start;
  }
}

/** Collects bytes; grows by doubling. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(64);
  length = 0;

  u8(value: number): this {
    this.#room(1);
    this.#bytes[this.length++] = value;
    return this;
  }

  u16(value: number): this {
    return this.u8(value & 0xff).u8((value >>> 8) & 0xff);
  }

  u32(value: number): this {
    return this.u16(value & 0xffff).u16(value >>> 16);
  }

  f32(value: number): this {
    return this.put(new Uint8Array(new Float32Array([value]).buffer));
  }

  put(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  /** A copy of what was written. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }

  #room(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + more));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }
}
