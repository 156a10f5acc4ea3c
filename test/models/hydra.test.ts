/** What makes a file a Hydra model: every shape, code, number and text of it, each refused by name when it is wrong. */
import { describe, expect, it } from 'vitest';
import { InvalidInputError, ModelFormatError } from '../../errors.ts';
import { parseHydra } from '../../models/hydra.ts';
import { loadHydraModel } from '../../models/load.ts';
import { findModel, MODELS, type RegisteredModel } from '../../models/registry.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../../models/safetensors.ts';
import { metadataOf, randomModel, randomTensors, TINY } from './random-model.ts';

/** Parses TINY with some of its metadata or tensors replaced; `undefined` takes one away. */
function parseWith(
  texts: Readonly<Record<string, string | undefined>>,
  tensors: Readonly<Record<string, StoredTensor | undefined>> = {},
) {
  const file = { metadata: metadataOf(TINY), tensors: randomTensors(TINY, 1) };
  for (const [map, changes] of [
    [file.metadata, texts],
    [file.tensors, tensors],
  ] as const) {
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) map.delete(name);
      else (map as Map<string, unknown>).set(name, value);
    }
  }
  return parseHydra(file);
}

const configWith = (changes: object) => ({ config: JSON.stringify({ ...TINY, ...changes }) });

describe('a model', () => {
  it('comes out of its file', async () => {
    const bytes = writeSafetensors(metadataOf(TINY), randomTensors(TINY, 1)) as Uint8Array<ArrayBuffer>;
    const { model, sha256 } = await loadHydraModel(bytes);
    expect(model).toEqual(randomModel(TINY, 1));
    expect(model.config).toEqual(TINY);
    expect(model.layers[1]!.down.shape).toEqual([5, 2, 12, 16]);
    expect(model.heads.route.labels[4]).toBe('reasoning');
    expect(model.training).toEqual({ weights: 'random' });
    expect(model.embedding.buffer).toBe(bytes.buffer);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await loadHydraModel(bytes, sha256)).sha256).toBe(sha256);
  });

  it('is refused when the registry names other bytes', async () => {
    const bytes = writeSafetensors(metadataOf(TINY), randomTensors(TINY, 1)) as Uint8Array<ArrayBuffer>;
    await expect(loadHydraModel(bytes, '0'.repeat(64))).rejects.toThrow(ModelFormatError);
  });

  it('has each of its tensors, in its shape', () => {
    for (const [name, tensor] of randomTensors(TINY, 1)) {
      expect(() => parseWith({}, { [name]: undefined }), name).toThrow(`tensor "${name}" is missing`);
      const shape = [...tensor.shape, 1];
      expect(() => parseWith({}, { [name]: { ...tensor, shape } }), name).toThrow(`${name}: expected ${tensor.dtype}`);
      const dtype = tensor.dtype === 'F32' ? 'I32' : 'F32';
      expect(() => parseWith({}, { [name]: { ...tensor, dtype } }), name).toThrow(`found ${dtype}`);
    }
  });

  it('has no tensor besides', () => {
    const more = { dtype: 'U8', shape: [1], values: Uint8Array.of(0) } as const;
    expect(() => parseWith({}, { more })).toThrow('tensor "more" is unknown');
  });

  it.each([3, 0b1100, 0b110000, 0b11000000])('has no code 3 (byte %i)', (byte) => {
    const name = 'layers.1.up.weight';
    const tensor = randomTensors(TINY, 1).get(name)!;
    tensor.values[77] = byte;
    expect(() => parseWith({}, { [name]: tensor })).toThrow(`${name}: byte 77`);
  });

  it.each([Number.NaN, Infinity, -Infinity])('has no weight that is %f', (value) => {
    for (const name of ['layers.0.router', 'embed.scale', 'layers.1.down.scale']) {
      const tensor = randomTensors(TINY, 1).get(name)!;
      tensor.values[5] = value;
      expect(() => parseWith({}, { [name]: tensor })).toThrow(`${name}: element 5`);
    }
  });
});

describe('its metadata', () => {
  it.each([...metadataOf(TINY).keys()])('has %s', (key) => {
    expect(() => parseWith({ [key]: undefined })).toThrow(`"${key}"`);
    expect(() => parseWith({ [key]: '{' })).toThrow(ModelFormatError);
  });

  it.each<[keyof typeof TINY, unknown]>([
    ['dim', 40],
    ['dim', 2 ** 40],
    ['hidden', 40],
    ['heads', 0],
    ['heads', 3],
    ['heads', 8],
    ['layers', 0],
    ['layers', 1.5],
    ['vocab', -1],
    ['experts', 65],
    ['topK', 6],
    ['topK', 0],
    ['window', 4097],
    ['overlap', 12],
    ['overlap', -1],
    ['eps', 0],
    ['ropeTheta', 0],
    ['dim', '32'],
    ['dim', null],
    ['dim', [32]],
  ])('has no config with %s = %j', (name, value) => {
    expect(() => parseWith(configWith({ [name]: value }))).toThrow(`config.${name}: expected`);
  });

  it('has no number that JSON writes but none can hold', () => {
    const config = JSON.stringify(TINY).replace('"layers":2', '"layers":1e400');
    expect(() => parseWith({ config })).toThrow('config.layers');
    expect(() => parseWith({ config: '[]' })).toThrow('config.dim');
    expect(() => parseWith({ config: 'null' })).toThrow('config.dim');
    expect(() => parseWith({ config: '['.repeat(1_000_000) })).toThrow(ModelFormatError);
  });

  it('has no field of another version', () => {
    expect(() => parseWith(configWith({ gated: true }))).toThrow('config.gated is unknown');
    expect(() => parseWith({ config: JSON.stringify(TINY).replace('{', '{"__proto__":{},') })).toThrow('__proto__');
    expect(() => parseWith({ format: 'hydra-2' })).toThrow('hydra-2');
  });

  it.each([
    '{"knots":[[0,0]]}',
    '{"knots":[[0,0],[0.5,1]]}',
    '{"knots":[[0.1,0],[1,1]]}',
    '{"knots":[[0,0],[0.5,0.7],[0.5,0.8],[1,1]]}',
    '{"knots":[[0,0],[0.5,0.7],[0.6,0.6],[1,1]]}',
    '{"knots":[[0,0],[1,1.1]]}',
    '{"knots":[[0,0],[1e400,1]]}',
    '{"knots":[[0,-1],[1,1]]}',
    '{"knots":[[0,0,0],[1,1]]}',
    '{"knots":{"length":2}}',
    '[]',
    'null',
  ])('has no calibration %s', (text) => expect(() => parseWith({ calibration: text })).toThrow('"calibration"'));

  it.each(['[]', '["benign","benign"]', '["a","b","c","d","e"]', '[1,2,3,4,5]', '{}'])('has no labels %s', (text) => {
    expect(() => parseWith({ labels: text })).toThrow('"labels"');
  });

  it('has as many labels as the heads answer', () => {
    expect(() => parseWith({ labels: '["benign","other"]' })).toThrow('heads.threat.weight: expected F32 [2,32]');
  });

  it('names a tokenizer by 64 digits or not at all', () => {
    expect(parseWith({ tokenizer_sha256: 'a'.repeat(64) }).tokenizerSha256).toBe('a'.repeat(64));
    expect(() => parseWith({ tokenizer_sha256: 'A'.repeat(64) })).toThrow('tokenizer_sha256');
  });
});

describe('a whole file', () => {
  it('with any bit of its header flipped is a model or ModelFormatError', () => {
    const bytes = writeSafetensors(metadataOf(TINY), randomTensors(TINY, 1));
    const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    for (let at = 0; at < header; at += 3) {
      const copy = bytes.slice();
      copy[at]! ^= 1 << (at & 7);
      try {
        parseHydra(readSafetensors(copy));
      } catch (error) {
        expect(error).toBeInstanceOf(ModelFormatError);
      }
    }
  });
});

describe('the registry', () => {
  const model: RegisteredModel = { name: 'a', file: 'a/b', sha256: '0'.repeat(64), sizeBytes: 1, summary: 's' };

  it('finds by name and says what there is', () => {
    expect(findModel('a', [model])).toBe(model);
    expect(() => findModel('b', [model])).toThrow(InvalidInputError);
    expect(() => findModel('b', [model])).toThrow('known: a');
  });

  it('has different names, and hashes that are hashes', () => {
    expect(new Set(MODELS.map(({ name }) => name)).size).toBe(MODELS.length);
    for (const { sha256 } of MODELS) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});
