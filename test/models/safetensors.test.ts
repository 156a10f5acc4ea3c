/** The container: what is written is read, without a copy, and whatever is not a file of ours ends in ModelFormatError. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelFormatError } from '../../errors.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../../models/safetensors.ts';

const SMALL: readonly (readonly [string, StoredTensor])[] = [
  ['a', { dtype: 'F32', shape: [2, 2], values: Float32Array.of(1, -2.5, 3, 1e-9) }],
  ['b.c', { dtype: 'I32', shape: [1], values: Int32Array.of(-7) }],
  ['d', { dtype: 'I8', shape: [3], values: Int8Array.of(-128, 0, 127) }],
  ['é"\\', { dtype: 'U8', shape: [2, 1, 1], values: Uint8Array.of(255, 1) }],
];
const METADATA: readonly (readonly [string, string])[] = [
  ['format', 'x'],
  ['text', '{"nested": "json\\n"} \u{1f600}'],
];

/** A file with this header, and `size` bytes behind it. */
function file(header: string | Uint8Array, size = 0, length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + size);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const tensor = (rest: string) => `{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]${rest}`;

describe('a file', () => {
  it('comes back as it was written', () => {
    const { metadata, tensors } = readSafetensors(writeSafetensors(METADATA, SMALL));
    expect([...metadata]).toEqual(METADATA);
    expect([...tensors]).toEqual(SMALL);
  });

  it('is viewed, not copied, where its bytes are aligned', () => {
    const bytes = writeSafetensors(METADATA, SMALL);
    for (const { values } of readSafetensors(bytes).tensors.values()) expect(values.buffer).toBe(bytes.buffer);
    const shifted = new Uint8Array(bytes.length + 1).subarray(1);
    shifted.set(bytes);
    const { tensors } = readSafetensors(shifted);
    expect([...tensors]).toEqual(SMALL);
    expect(tensors.get('a')!.values.buffer).not.toBe(shifted.buffer);
    expect(tensors.get('d')!.values.buffer).toBe(shifted.buffer);
  });

  it('may name its tensors in any order and pad its header', () => {
    const header =
      '{ "u" : {"shape":[],"dtype":"U8","data_offsets":[4,5]},\n"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   ';
    const { tensors } = readSafetensors(file(header, 5));
    expect([...tensors.keys()]).toEqual(['u', 't']);
  });

  it('may call a tensor __proto__, which is a name like any other', () => {
    const { tensors } = readSafetensors(writeSafetensors([['__proto__', 'm']], [['__proto__', SMALL[2]![1]]]));
    expect(tensors.get('__proto__')!.shape).toEqual([3]);
    expect(({} as { dtype?: unknown }).dtype).toBeUndefined();
  });
});

describe('a hostile file', () => {
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['seven bytes', new Uint8Array(7)],
    ['a header of 2⁶⁴ − 1 bytes', file('{}', 0, 2n ** 64n - 1n)],
    ['a header of 2³² bytes', file('{}', 0, 2n ** 32n)],
    ['a header longer than the file', file('{}', 0, 3n)],
    ['a header above the limit', file(`{}${' '.repeat(1_048_576)}`)],
    ['a header that is not UTF-8', file(Uint8Array.of(0x7b, 0xff, 0x7d))],
    ['a BOM', file('\ufeff{}')],
    ['no header', file('')],
    ['a list', file('[]')],
    ['an open object', file('{')],
    ['an open string', file('{"t')],
    ['a string that ends in a backslash', file('{"t\\')],
    ['a raw newline in a string', file('{"t\n":{}}')],
    ['a comma too many', file('{"__metadata__":{},}')],
    ['text behind the header', file('{} x')],
    ['a second header', file('{}{}')],
    ['deep nesting', file('{"__metadata__":'.repeat(40_000))],
    ['deep lists', file(`{"t":${'['.repeat(500_000)}`)],
    ['metadata that is no text', file('{"__metadata__":{"a":1}}')],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}')],
    ['a metadata key twice', file('{"__metadata__":{"a":"","\\u0061":""}}')],
    [
      'a tensor twice',
      file('{"t":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"t":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
    ],
    ['a name of 257 characters', file(`{"${'t'.repeat(257)}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`)],
    ['a field twice', file(tensor(',"shape":[1]}}'), 4)],
    ['an unknown field', file(tensor(',"__proto__":[1]}}'), 4)],
    ['no dtype', file('{"t":{"shape":[1],"data_offsets":[0,4]}}', 4)],
    ['one offset', file('{"t":{"dtype":"U8","shape":[1],"data_offsets":[1]}}', 1)],
    ['three offsets', file('{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}', 1)],
    ['an unknown dtype', file('{"t":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}', 2)],
    ['dtype constructor', file('{"t":{"dtype":"constructor","shape":[1],"data_offsets":[0,2]}}', 2)],
    ['a dtype of another width', file('{"t":{"dtype":"F32","shape":[4],"data_offsets":[0,4]}}', 4)],
    ['1e400', file('{"t":{"dtype":"U8","shape":[1e400],"data_offsets":[0,1]}}', 1)],
    ['1e0', file('{"t":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}', 1)],
    ['a fraction', file('{"t":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', 1)],
    ['a negative number', file('{"t":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}', 1)],
    ['a leading zero', file('{"t":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}', 1)],
    ['a number above 2⁵³', file('{"t":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,1]}}', 1)],
    [
      'a shape whose product overflows',
      file('{"t":{"dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,1]}}', 1),
    ],
    ['a shape of many dimensions', file(`{"t":{"dtype":"U8","shape":[${'1,'.repeat(99)}1],"data_offsets":[0,1]}}`, 1)],
    ['offsets in the wrong order', file('{"t":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}', 1)],
    ['offsets out of range', file('{"t":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 1)],
    ['a gap before', file('{"t":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2)],
    ['a gap behind', file('{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 2)],
    [
      'an overlap',
      file(
        '{"t":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"u":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
        3,
      ),
    ],
    [
      'two tensors in one place',
      file(
        '{"t":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"u":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}',
        2,
      ),
    ],
  ])('%s is refused', (_, bytes) => expect(() => readSafetensors(bytes)).toThrow(ModelFormatError));

  it('is refused wherever a small file is cut', () => {
    const whole = writeSafetensors(METADATA, SMALL);
    for (let length = 0; length < whole.length; length++) {
      expect(() => readSafetensors(whole.slice(0, length)), `${length} bytes`).toThrow(ModelFormatError);
    }
  });

  it('is read or refused, and nothing else, with any bit flipped', () => {
    const whole = writeSafetensors(METADATA, SMALL);
    for (let bit = 0; bit < whole.length * 8; bit++) readOrRefuse(flip(whole, bit));
  });

  it('is read or refused with any bytes in its header', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      '0',
      '4',
      '-',
      'e',
      ' ',
      '"t"',
      '"dtype"',
      '"F32"',
      '"shape"',
      '"data_offsets"',
      '"__metadata__"',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.nat(12), (text, size) =>
        readOrRefuse(file(text.join(''), size)),
      ),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => readOrRefuse(bytes)));
  });

  it('says where it is wrong', () => {
    expect(() => readSafetensors(file('{"t":{"dtype":"F32","shape":[4],"data_offsets":[0,4]}}', 4))).toThrow(
      't: F32 [4] needs 16 bytes, not [0,4]',
    );
    expect(() => readSafetensors(file('{"a":1}'))).toThrow('character 5');
  });
});

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

function readOrRefuse(bytes: Uint8Array): void {
  try {
    readSafetensors(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(ModelFormatError);
  }
}
