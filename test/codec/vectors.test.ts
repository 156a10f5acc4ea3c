/** The published vectors of the wire formats, by kind: every kind is checked here, or named with the reason why not. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../codec/bytes.ts';
import { brotli } from '../../codec/formats/brotli.ts';
import { dictionary } from '../../codec/formats/dictionary.ts';
import { m3 } from '../../codec/formats/m3.ts';
import { tokenNative } from '../../codec/formats/token-native.ts';
import { zlib } from '../../codec/formats/zlib.ts';
import { estimateCost } from '../../codec/frame/cost.ts';
import { m2m, readHeaders } from '../../codec/frame/frame.ts';
import { hkdf } from '../../codec/frame/keys.ts';
import { LIMITS } from '../../codec/limits.ts';
import { readVarint, writeVarint } from '../../codec/varint.ts';
import { WireFormatError } from '../../errors.ts';

// biome-ignore lint/suspicious/noExplicitAny: every kind has fields of its own
type Vector = Readonly<Record<string, any>> & { readonly kind: string };

const { vectors } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../data/wire-vectors.json'), 'utf8')) as {
  vectors: Vector[];
};
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
const vocabulary = (letter: string) => (letter === 'O' ? 'o200k_base' : 'cl100k_base');

const checks: Readonly<Record<string, (vector: Vector) => Promise<void> | void>> = {
  varint({ value, hex: expected }) {
    // The original wraps what 32 bits cannot hold; ours refuses it.
    if (value >= 2 ** 32) {
      expect(() => readVarint(new ByteReader(bytes(expected)), 'x')).toThrow(WireFormatError);
      return;
    }
    const writer = new ByteWriter();
    writeVarint(writer, value);
    expect(hex(writer.done())).toBe(expected);
    expect(readVarint(new ByteReader(bytes(expected)), 'x')).toBe(value);
  },
  varint_list({ values, hex: expected }) {
    const reader = new ByteReader(bytes(expected));
    expect((values as number[]).map(() => readVarint(reader, 'x'))).toEqual(values);
    reader.end('x');
  },
  varint_invalid({ hex: wire }) {
    expect(() => readVarint(new ByteReader(bytes(wire)), 'x')).toThrow(WireFormatError);
  },
  async tk({ text, tokenizer, wire, binary_hex }) {
    const own = { vocabulary: vocabulary(tokenizer) } as const;
    expect(await tokenNative.encode(text, own)).toBe(wire);
    expect(hex((await tokenNative.encode(text, { ...own, form: 'binary' })) as Uint8Array)).toBe(binary_hex);
    expect(await tokenNative.decode(wire)).toBe(text);
    expect(await tokenNative.decode(bytes(binary_hex))).toBe(text);
  },
  async tk_special({ text, wire, binary_hex }) {
    expect(await tokenNative.decode(wire)).toBe(text);
    expect(await tokenNative.decode(bytes(binary_hex))).toBe(text);
    // Ours writes no special ids, and the text is the same.
    const own = await tokenNative.encode(text);
    expect(own).not.toBe(wire);
    expect(await tokenNative.decode(own)).toBe(text);
  },
  async tk_llama_note({ text, seed_wire }) {
    expect(await tokenNative.decode(seed_wire)).toBe(text);
  },
  async tk_doc_error({ text, doc_wire, wire_prefix }) {
    const read = await tokenNative.decode(doc_wire ?? wire_prefix).catch((error: unknown) => {
      expect(error).toBeInstanceOf(WireFormatError);
      return undefined;
    });
    expect(read).not.toBe(text ?? '');
  },
  async v1_frame({ json, frame_hex, frame_string, header_hex, crc32 }) {
    expect(await m2m.decode(bytes(frame_hex))).toBe(json);
    expect(await m2m.decode(frame_string)).toBe(json);
    const own = (await m2m.encode(json, { form: 'binary' })) as Uint8Array;
    const head = (header_hex as string).length / 2;
    expect(hex(own.subarray(7, 7 + head))).toBe(header_hex);
    expect(new DataView(own.buffer).getUint32(7 + head + 4, true).toString(16)).toBe(crc32);
    expect(await m2m.decode(own)).toBe(json);
  },
  async v1_frame_hmac({ json, key_hex, frame_hex, frame_string }) {
    const security = { mode: 'hmac', key: bytes(key_hex) } as const;
    expect(await m2m.encode(json, { security })).toBe(frame_string);
    expect(await m2m.decode(bytes(frame_hex), { security })).toBe(json);
  },
  async v1_frame_aead({ json, key_hex, nonce_hex, frame_hex, frame_string }) {
    const security = { mode: 'aead', key: bytes(key_hex) } as const;
    expect(await m2m.encode(json, { security, nonce: bytes(nonce_hex) })).toBe(frame_string);
    expect(await m2m.decode(bytes(frame_hex), { security })).toBe(json);
  },
  async flags({ json, specific_u16 }) {
    expect(readHeaders(await m2m.encode(json)).flags).toBe(specific_u16);
  },
  async roles_packing({ roles, hex: packed }) {
    const messages = (roles as string[]).map((role) => ({ role, content: '' }));
    const wire = await m2m.encode(JSON.stringify({ model: 'x', messages }), { form: 'binary' });
    // 7 of the prefix, 20 fixed, the model and its length, the count.
    expect(hex((wire as Uint8Array).subarray(30, 32))).toBe(packed);
    expect(readHeaders(wire).routing).toMatchObject({ roles });
  },
  cost({ model, prompt, completion, f32_hex_le }) {
    expect(hex(new ByteWriter().f32(estimateCost(model, prompt, completion)).done())).toBe(f32_hex_le);
  },
  async m2m_kdf({ master, info, okm }) {
    expect(hex(await hkdf(bytes(master), info))).toBe(okm);
  },
  async rfc5869({ ikm, salt, info, okm }) {
    const length = (okm as string).length / 2;
    expect(hex(await hkdf(bytes(ikm), bytes(info), { salt: bytes(salt), length }))).toBe(okm);
  },
  async brotli_v3({ json, wire }) {
    expect(await brotli.decode(wire)).toBe(json);
    expect(await brotli.decode(await brotli.encode(json))).toBe(json);
  },
  async zlib_v2({ json, wire }) {
    expect(await zlib.decode(wire)).toBe(json);
  },
  async m3({ request, hex: wire }) {
    expect(JSON.parse(await m3.decode(bytes(wire)))).toEqual(request);
  },
  async dictionary({ json, wire }) {
    expect(await dictionary.decode(wire)).toBe(json);
  },
  limits({ max_message, max_decompressed, max_json_depth, max_array_elements }) {
    const { wireBytes, bytes: most, depth, elements } = LIMITS;
    const found = {
      max_message: wireBytes,
      max_decompressed: most,
      max_json_depth: depth,
      max_array_elements: elements,
    };
    expect(found).toEqual({ max_message, max_decompressed, max_json_depth, max_array_elements });
  },
};

/** Kinds that are held elsewhere, or are words that no code can be held to. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  v1_frame_reject: 'a list in words; test/codec/frame.test.ts does what it says',
  t1: 'test/codec/t1.test.ts',
  t1_lossy: 'test/codec/t1.test.ts',
  t1_doc_style: 'test/codec/t1.test.ts',
  key_exchange_notes: 'words; test/codec/keys.test.ts does what they say',
};
describe('the published vectors', () => {
  it('are of kinds that are known here', () => {
    const kinds = new Set(vectors.map(({ kind }) => kind));
    const known = [...Object.keys(checks), ...Object.keys(ELSEWHERE)];
    expect([...kinds].filter((kind) => !known.includes(kind))).toEqual([]);
    expect(known.filter((kind) => !kinds.has(kind))).toEqual([]);
  });

  vectors.forEach((vector, i) => {
    const check = checks[vector.kind];
    it(`${i + 1} ${vector.kind} holds`, async (ctx) => {
      if (ELSEWHERE[vector.kind] !== undefined) return ctx.skip(ELSEWHERE[vector.kind]);
      await check!(vector);
    });
  });
});
