/** Bytes as WebAssembly writes them: LEB128 integers, little-endian floats, UTF-8 names (WebAssembly core 3.0, §5.2). */

/** A growing run of bytes. */
export class Bytes {
  readonly #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  byte(value: number): void {
    this.#bytes.push(value & 0xff);
  }

  append(values: Iterable<number>): void {
    for (const value of values) this.#bytes.push(value);
  }

  /** Unsigned LEB128, below 2³². */
  unsigned(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw new RangeError(`${value} is no u32`);
    let rest = value;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** Signed LEB128. */
  signed(value: bigint): void {
    let rest = value;
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      const last = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
      this.byte(last ? low : low | 0x80);
      if (last) return;
    }
  }

  f32(value: number): void {
    this.append(new Uint8Array(Float32Array.of(value).buffer));
  }

  f64(value: number): void {
    this.append(new Uint8Array(Float64Array.of(value).buffer));
  }

  /** Bytes with their count before them. */
  counted(bytes: Bytes): void {
    this.unsigned(bytes.length);
    this.append(bytes.#bytes);
  }

  name(text: string): void {
    const utf8 = new TextEncoder().encode(text);
    this.unsigned(utf8.length);
    this.append(utf8);
  }

  toUint8Array(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes);
  }
}
