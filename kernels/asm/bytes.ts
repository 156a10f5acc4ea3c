/** Bytes as WebAssembly writes them: LEB128 integers, little-endian floats, UTF-8 names (WebAssembly core 3.0, §5.2). */

/** A growing run of bytes. */
export class Bytes {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  append(values: ArrayLike<number>): void {
    if (this.#length + values.length > this.#bytes.length) this.#grow(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** Unsigned LEB128, below 2³². */
  unsigned(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw new RangeError(`${value} is no u32`);
    let rest = value;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of an integer in −2³¹ … 2³¹ − 1. */
  signed(value: number): void {
    let rest = value;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** Signed LEB128 of an integer in −2⁶³ … 2⁶³ − 1. */
  signedLong(value: bigint): void {
    let rest = value;
    while (rest < -64n || rest > 63n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest & 0x7fn));
  }

  f32(value: number): void {
    this.append(new Uint8Array(Float32Array.of(value).buffer));
  }

  f64(value: number): void {
    this.append(new Uint8Array(Float64Array.of(value).buffer));
  }

  /** Other bytes, as they are. */
  concat(bytes: Bytes): void {
    this.append(bytes.#bytes.subarray(0, bytes.#length));
  }

  /** Other bytes with their count before them. */
  counted(bytes: Bytes): void {
    this.unsigned(bytes.length);
    this.concat(bytes);
  }

  name(text: string): void {
    const utf8 = new TextEncoder().encode(text);
    this.unsigned(utf8.length);
    this.append(utf8);
  }

  toUint8Array(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(missing: number): void {
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + missing));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
