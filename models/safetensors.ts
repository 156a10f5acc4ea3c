/**
 * safetensors, the container of a model's tensors, read without copying and written for imports and tests.
 *
 *   u64 little-endian: bytes of the header | header, JSON in UTF-8, padded with spaces | tensors, end to end
 *
 * Format: huggingface/safetensors, "Format". Stricter than the format in two points: only the dtypes that our models
 * use, and tensors must fill the file without gaps, so that no byte of it goes unread.
 */
import { ModelFormatError } from '../errors.ts';
import { type Entry, parseHeader } from './header.ts';

export type Dtype = 'F32' | 'I32' | 'I8' | 'U8';

export interface StoredTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** A view of the file's bytes wherever they are aligned (files of our writers are), else a copy. */
  readonly values: Float32Array | Int32Array | Int8Array | Uint8Array;
}

export interface Safetensors {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

const DTYPES = { F32: Float32Array, I32: Int32Array, I8: Int8Array, U8: Uint8Array } as const;

interface TensorConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): StoredTensor['values'];
}

/** Headers of our models have some 12 KB. */
const MAX_HEADER_BYTES = 1_048_576;
const LENGTH_BYTES = 8;

/** @throws ModelFormatError  the bytes are no safetensors file that we accept; names the tensor or the character */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  const { text, end: start } = headerText(bytes);
  const { metadata, entries } = parseHeader(text);
  checkLayout(entries, bytes.length - start);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of entries) tensors.set(name, view(entry, bytes, start));
  return { metadata, tensors };
}

/** The file of these tensors, in their order; the largest alignment is kept if tensors of wider types come first. */
export function writeSafetensors(
  metadata: Iterable<readonly [string, string]>,
  tensors: Iterable<readonly [string, StoredTensor]>,
): Uint8Array {
  const header: Record<string, unknown> = Object.create(null);
  header.__metadata__ = Object.fromEntries(metadata);
  const stored = [...tensors];
  let size = 0;
  for (const [name, { dtype, shape, values }] of stored) {
    header[name] = { dtype, shape, data_offsets: [size, size + values.byteLength] };
    size += values.byteLength;
  }
  const text = JSON.stringify(header);
  const padding = -new TextEncoder().encode(text).length & 7;
  const encoded = new TextEncoder().encode(text + ' '.repeat(padding));
  const file = new Uint8Array(LENGTH_BYTES + encoded.length + size);
  new DataView(file.buffer).setBigUint64(0, BigInt(encoded.length), true);
  file.set(encoded, LENGTH_BYTES);
  let at = LENGTH_BYTES + encoded.length;
  for (const [, { values }] of stored) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return file;
}

function headerText(bytes: Uint8Array): { readonly text: string; readonly end: number } {
  if (bytes.length < LENGTH_BYTES) throw new ModelFormatError(`safetensors: ${bytes.length} bytes are no file`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new ModelFormatError(`safetensors: a header of ${length} bytes; at most ${MAX_HEADER_BYTES} are read`);
  }
  const end = LENGTH_BYTES + Number(length);
  if (end > bytes.length) throw new ModelFormatError(`safetensors: the file ends inside its header of ${length} bytes`);
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(bytes.subarray(LENGTH_BYTES, end)), end };
  } catch (cause) {
    throw new ModelFormatError('safetensors: the header is not UTF-8', { cause });
  }
}

/** Each tensor has the bytes that its shape promises, and together they are all bytes of the file, once. */
function checkLayout(entries: ReadonlyMap<string, Entry>, size: number): void {
  for (const [name, { dtype, shape, offsets }] of entries) {
    if (!Object.hasOwn(DTYPES, dtype))
      throw new ModelFormatError(`${name}: dtype ${JSON.stringify(dtype)} is not read`);
    const width = DTYPES[dtype as Dtype].BYTES_PER_ELEMENT;
    const promised = shape.reduce((product, length) => product * length, width);
    if (!Number.isSafeInteger(promised) || offsets[1] - offsets[0] !== promised) {
      throw new ModelFormatError(`${name}: ${dtype} [${shape}] needs ${promised} bytes, not [${offsets}]`);
    }
  }
  let at = 0;
  for (const [name, { offsets }] of [...entries].sort(
    ([, a], [, b]) => a.offsets[0] - b.offsets[0] || a.offsets[1] - b.offsets[1],
  )) {
    if (offsets[0] !== at) throw new ModelFormatError(`${name}: starts at byte ${offsets[0]}, expected ${at}`);
    at = offsets[1];
  }
  if (at !== size) throw new ModelFormatError(`safetensors: tensors end at byte ${at} of ${size}`);
}

function view({ dtype, shape, offsets }: Entry, bytes: Uint8Array, start: number): StoredTensor {
  const type = DTYPES[dtype as Dtype] as TensorConstructor;
  const width = type.BYTES_PER_ELEMENT;
  const from = bytes.byteOffset + start + offsets[0];
  const aligned = from % width === 0;
  const buffer = aligned ? bytes.buffer : bytes.slice(start + offsets[0], start + offsets[1]).buffer;
  const values = new type(buffer, aligned ? from : 0, (offsets[1] - offsets[0]) / width);
  return { dtype: dtype as Dtype, shape, values };
}
