/** Small wires that would become large messages: the work stops at the limit, in Node and by the browser's own ways. */

import { readFile } from 'node:fs/promises';
import { constants, createBrotliCompress, deflateSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeBase64 } from '../../codec/base64.ts';
import { ByteWriter } from '../../codec/bytes.ts';
import { compressBrotli, decompressBrotli, decompressZlib } from '../../codec/compress.ts';
import { brotli } from '../../codec/formats/brotli.ts';
import { tokenNative } from '../../codec/formats/token-native.ts';
import { LIMITS } from '../../codec/limits.ts';
import { writeVarint } from '../../codec/varint.ts';
import { LimitExceededError, WireFormatError } from '../../errors.ts';
import { loadTokenizer } from '../../tokenizer/index.ts';

const text = new TextEncoder().encode('{"a":"hello, hello, hello, hello, hello, Grüße"}'.repeat(40));

describe('1 GiB in 1.6 KB of Brotli', () => {
  it('stops at the limit of 16 MiB', async () => {
    const bomb = await gibibyte();
    expect(bomb.length).toBeLessThan(1700);
    const before = process.memoryUsage().arrayBuffers;
    await expect(brotli.decode(`#M2M[v3.0]|DATA:${encodeBase64(bomb)}`)).rejects.toThrow(LimitExceededError);
    // The output so far, its copy and slack: a small multiple of the limit, and nothing near 1 GiB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * LIMITS.bytes);
  });
});

describe('ids of long tokens', () => {
  it('stop at the limit before the text is put together', async () => {
    const { decodeBytes, vocabSize } = await loadTokenizer('cl100k_base');
    let longest = 0;
    for (let id = 0; id < 100_256; id++) {
      if (decodeBytes([id]).length > decodeBytes([longest]).length) longest = id;
    }
    expect(decodeBytes([longest]).length).toBe(128);
    const writer = new ByteWriter().u8(0);
    for (let i = 0; i < 200_000; i++) writeVarint(writer, longest); // 600 KB on the wire, 24 MiB as text
    await expect(tokenNative.decode(writer.done())).rejects.toThrow(LimitExceededError);
    const unknown = new ByteWriter().u8(0);
    writeVarint(unknown, vocabSize);
    await expect(tokenNative.decode(unknown.done())).rejects.toMatchObject({ fault: 'unknown-id' });
  });
});

describe.each(['Node', 'a browser'])('decompression in %s', (place) => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });
  const enter = (): void => {
    if (place === 'Node') return;
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    // brotli-wasm fetches its module, and the fetch of Node reads no files.
    expect(process.getBuiltinModule('node:zlib')).toBeUndefined();
    vi.stubGlobal('fetch', async (url: URL) => {
      return new Response(await readFile(url), { headers: { 'content-type': 'application/wasm' } });
    });
  };

  it('gives back what was compressed, up to the very limit', async () => {
    enter();
    const streams = [
      [await compressBrotli(text, 5), decompressBrotli],
      [new Uint8Array(deflateSync(text)), decompressZlib],
    ] as const;
    for (const [stream, decompress] of streams) {
      expect(Buffer.from(await decompress(stream, text.length)).equals(text)).toBe(true);
      await expect(decompress(stream, text.length - 1)).rejects.toThrow(LimitExceededError);
    }
  });

  it('gives back what is longer than one step of input', async () => {
    enter();
    let state = 1;
    const noise = Uint8Array.from({ length: 300_000 }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 24;
    });
    const stream = await compressBrotli(noise, 1);
    expect(stream.length).toBeGreaterThan(200_000);
    expect(Buffer.from(await decompressBrotli(stream, noise.length)).equals(noise)).toBe(true);
    await expect(decompressBrotli(stream.slice(0, 131_072), noise.length)).rejects.toThrow(WireFormatError);
  });

  it('refuses what is cut off anywhere, goes on too long or is no stream', async () => {
    enter();
    const streams = [
      [await compressBrotli(text, 5), decompressBrotli],
      [new Uint8Array(deflateSync(text)), decompressZlib],
    ] as const;
    for (const [stream, decompress] of streams) {
      for (let end = 0; end < stream.length; end++) {
        await expect(decompress(stream.slice(0, end), 10_000)).rejects.toThrow(WireFormatError);
      }
      for (const bytes of [new Uint8Array([...stream, 0]), new Uint8Array(64).fill(255)]) {
        await expect(decompress(bytes, 10_000)).rejects.toThrow(WireFormatError);
      }
    }
  });

  it('stops bombs at the limit', async () => {
    enter();
    await expect(decompressBrotli(await gibibyte(), 1 << 20)).rejects.toThrow(LimitExceededError);
    const zeros = new Uint8Array(deflateSync(Buffer.alloc(32 << 20)));
    await expect(decompressZlib(zeros, 1 << 20)).rejects.toThrow(LimitExceededError);
  });
});

let made: Promise<Uint8Array> | undefined;

/** Brotli of 1 GiB of one letter, made once, a MiB at a time. */
function gibibyte(): Promise<Uint8Array> {
  made ??= (async () => {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 5 };
    const compressor = createBrotliCompress({ params });
    const parts: Buffer[] = [];
    compressor.on('data', (part: Buffer) => parts.push(part));
    const ended = new Promise((resolve) => compressor.once('end', resolve));
    const piece = Buffer.alloc(1 << 20, 'a');
    for (let i = 0; i < 1024; i++) {
      if (!compressor.write(piece)) await new Promise((resolve) => compressor.once('drain', resolve));
    }
    compressor.end();
    await ended;
    return new Uint8Array(Buffer.concat(parts));
  })();
  return made;
}
