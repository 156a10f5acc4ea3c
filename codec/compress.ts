/**
 * Brotli and zlib, with the output bounded while it grows: 1 GiB of zeros are 1.6 KB of Brotli. Node has both built in;
 * elsewhere Brotli comes from brotli-wasm, fetched when it is first needed, and zlib from the platform's streams.
 */
import { LimitExceededError, M2MError, WireFormatError } from '../errors.ts';

/** The part of node:zlib that is used here; asked for at run time, so that no bundler pulls it into a page. */
interface NodeZlib {
  readonly constants: { readonly BROTLI_PARAM_QUALITY: number; readonly BROTLI_PARAM_SIZE_HINT: number };
  brotliCompressSync(bytes: Uint8Array, options: { params: Record<number, number> }): Uint8Array;
  brotliDecompressSync(bytes: Uint8Array, options: { maxOutputLength: number; info: true }): Inflated;
  inflateSync(bytes: Uint8Array, options: { maxOutputLength: number; info: true }): Inflated;
}

/** With `info`, node:zlib tells how much of the input its engine took. */
interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

type Builtin = (name: string) => unknown;

function nodeZlib(): NodeZlib | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: Builtin } };
  return process?.getBuiltinModule?.('node:zlib') as NodeZlib | undefined;
}

/** Bytes that go into brotli-wasm at a time: it copies its input at each step, so that the whole would be quadratic. */
const STEP_IN = 65_536;
/** Bytes that come out at a time. */
const STEP_OUT = 1_048_576;

/** @param quality  0 to 11; 11 is the smallest and about forty times slower than 5 */
export async function compressBrotli(bytes: Uint8Array, quality: number): Promise<Uint8Array> {
  const zlib = nodeZlib();
  if (!zlib) return (await wasm()).compress(bytes, { quality });
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
  return zlib.brotliCompressSync(bytes, {
    params: { [BROTLI_PARAM_QUALITY]: quality, [BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
}

/**
 * @param limit  bytes of output
 * @throws WireFormatError     `compressed`: no Brotli stream, cut off, or more behind it
 * @throws LimitExceededError  the output would be longer than `limit`
 */
export async function decompressBrotli(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const zlib = nodeZlib();
  if (zlib) return inflated('Brotli', bytes, limit, (options) => zlib.brotliDecompressSync(bytes, options));
  const { DecompressStream, BrotliStreamResultCode } = await wasm();
  const stream = new DecompressStream();
  const parts: Uint8Array[] = [];
  let size = 0;
  let at = 0;
  try {
    for (;;) {
      const result = stream.decompress(bytes.subarray(at, at + STEP_IN), STEP_OUT);
      const { code, input_offset: taken, buf: part } = result; // each reading of `buf` is a copy
      result.free();
      at += taken;
      size += part.length;
      if (size > limit) throw tooLong('Brotli', limit);
      parts.push(part);
      if (code === BrotliStreamResultCode.ResultSuccess) break;
      const starved = at >= bytes.length || taken === 0;
      if (code === BrotliStreamResultCode.NeedsMoreInput && starved) throw broken('Brotli', 'it is cut off');
    }
  } catch (error) {
    if (error instanceof WireFormatError || error instanceof LimitExceededError) throw error;
    throw broken('Brotli', 'it is no Brotli stream', error);
  } finally {
    stream.free();
  }
  if (at < bytes.length) throw broken('Brotli', `${bytes.length - at} bytes follow it`);
  return joined(parts, size);
}

/** The same for zlib (RFC 1950). Throws as `decompressBrotli` does. */
export async function decompressZlib(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const zlib = nodeZlib();
  if (zlib) return inflated('zlib', bytes, limit, (options) => zlib.inflateSync(bytes, options));
  const source = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('deflate'));
  const reader = source.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return joined(parts, size);
      size += value.length;
      if (size > limit) throw tooLong('zlib', limit);
      parts.push(value);
    }
  } catch (error) {
    if (error instanceof LimitExceededError) throw error;
    throw broken('zlib', 'it is no zlib stream, cut off, or more follows it', error);
  } finally {
    await reader.cancel().catch(() => undefined); // the stream may have failed already, which was told above
  }
}

function inflated(
  name: string,
  bytes: Uint8Array,
  limit: number,
  run: (options: { maxOutputLength: number; info: true }) => Inflated,
): Uint8Array {
  let result: Inflated;
  try {
    result = run({ maxOutputLength: limit, info: true });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLong(name, limit);
    throw broken(name, 'it is no such stream, or cut off', error);
  }
  const { buffer, engine } = result;
  if (engine.bytesWritten < bytes.length) throw broken(name, `${bytes.length - engine.bytesWritten} bytes follow it`);
  return buffer;
}

function tooLong(name: string, limit: number): LimitExceededError {
  return new LimitExceededError(`${name}: the message is longer than the limit of ${limit} bytes`);
}

function broken(name: string, reason: string, cause?: unknown): WireFormatError {
  return new WireFormatError('compressed', `${name}: ${reason}`, cause === undefined ? undefined : { cause });
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

type Wasm = Awaited<typeof import('brotli-wasm')['default']>;
let loading: Promise<Wasm> | undefined;

/** @throws M2MError  the module cannot be fetched, or the page's Content-Security-Policy forbids WebAssembly */
async function wasm(): Promise<Wasm> {
  loading ??= import('brotli-wasm').then((module) => module.default);
  try {
    return await loading;
  } catch (error) {
    loading = undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new M2MError(`Brotli: no WebAssembly (${reason}); a Content-Security-Policy has to allow wasm-unsafe-eval`, {
      cause: error,
    });
  }
}
