/** Every format gives back what went in, and takes nothing else: typed errors, bounded memory, no untyped exception. */
import zlibNode from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from '../../codec/base64.ts';
import { compressBrotli, decompressBrotli, decompressZlib } from '../../codec/compress.ts';
import { crc32 } from '../../codec/crc32.ts';
import { ALGORITHMS, auto, decode, detect, encode } from '../../codec/index.ts';
import { InvalidInputError, LimitExceededError, M2MError, WireFormatError } from '../../errors.ts';
import { full, runs } from '../scale.ts';
import { sample, wholeCorpus } from '../traffic.ts';

/** In full runs every body of the corpus: one command for `../shared/data/traffic` in every format. */
const bodies = ((full && wholeCorpus()) || sample).map(({ body }) => body);
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
};
const FORMS = ['text', 'binary'] as const;
const json = fc.json({ maxDepth: 3 });
const message = fc.oneof(
  json,
  fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
);

/** Whatever a wire is, it ends in a text or in an error of ours. */
async function harmless(wire: string | Uint8Array, algorithm?: (typeof ALGORITHMS)[number]): Promise<void> {
  try {
    expect(typeof (await decode(wire, { ...(algorithm ? { algorithm } : {}), limits: { bytes: 100_000 } }))).toBe(
      'string',
    );
  } catch (error) {
    if (!(error instanceof M2MError)) throw error;
  }
}

describe.each(ALGORITHMS)('%s', (algorithm) => {
  /** Frames carry JSON; `#T1|` what the original would give back, which its own suite is about. */
  const encoded = async (text: string, form: (typeof FORMS)[number]): Promise<string | Uint8Array | undefined> => {
    try {
      return await encode(text, algorithm, { form });
    } catch (error) {
      const may = algorithm === 'token' || (algorithm === 'm2m' && !isJson(text));
      if (!may || !(error instanceof InvalidInputError)) throw error;
      return undefined;
    }
  };

  it(`gives back ${bodies.length} bodies of real traffic, in both forms`, { timeout: 600_000 }, async () => {
    let refused = 0;
    for (const body of bodies) {
      for (const form of FORMS) {
        const wire = await encoded(body, form);
        if (wire === undefined) refused++;
        else expect(await decode(wire)).toBe(body);
      }
    }
    expect(refused).toBeLessThan(2 * bodies.length);
  });

  it('gives back any message', async () => {
    await fc.assert(
      fc.asyncProperty(message, fc.constantFrom(...FORMS), async (text, form) => {
        const wire = await encoded(text, form);
        if (wire !== undefined) expect(await decode(wire, { algorithm })).toBe(text);
      }),
      { numRuns: runs(200, 30_000) },
    );
  });

  it('refuses a wire that is cut off anywhere, in both forms', async () => {
    const text =
      '{"text":"Grüße, how are you today? I hope that all is well with you, and yours. 漢字 漢字 漢字 漢字"}';
    for (const form of FORMS) {
      const wire = await encode(text, algorithm, { form });
      for (let end = 0; end < wire.length; end++) {
        const read = await decode(wire.slice(0, end), { algorithm }).catch((error: unknown) => {
          expect(error).toBeInstanceOf(M2MError);
          return undefined;
        });
        // Ids have no end mark: fewer of them are a shorter text.
        if (algorithm === 'token-native') expect(read === undefined || text.startsWith(read)).toBe(true);
        else expect(read).toBeUndefined();
      }
    }
  });

  it('meets mutated wires with typed errors only', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...bodies.filter((body) => body.length < 3000)),
        fc.constantFrom(...FORMS),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (body, form, edits) => {
          const wire = (await encoded(body, form)) ?? (await encode('{"text":"short"}', algorithm, { form }));
          const bytes = typeof wire === 'string' ? new TextEncoder().encode(wire) : wire.slice();
          for (const [at, value] of edits) bytes[at % bytes.length] = value;
          await harmless(bytes, algorithm);
          await harmless(bytes);
        },
      ),
      { numRuns: runs(150, 20_000) },
    );
  });

  it('holds to the limits in both directions', async () => {
    const text = JSON.stringify({ text: 'word '.repeat(500) });
    await expect(encode(text, algorithm, { limits: { bytes: 1000 } })).rejects.toThrow(LimitExceededError);
    const wire = await encode(text, algorithm);
    await expect(decode(wire, { limits: { bytes: 1000 } })).rejects.toThrow(LimitExceededError);
    await expect(decode(wire, { limits: { wireBytes: 20 } })).rejects.toThrow(LimitExceededError);
    await expect(decode(wire, { limits: { bytes: -1 } })).rejects.toThrow(InvalidInputError);
  });

  it('refuses what UTF-8 cannot carry', async () => {
    await expect(encode('"\ud800"', algorithm)).rejects.toThrow(InvalidInputError);
  });
});

describe('auto', () => {
  it('gives back every body, never larger than the body, in both forms', { timeout: 600_000 }, async () => {
    for (const body of bodies) {
      for (const form of FORMS) {
        const { wire } = await auto(body, { form });
        expect(typeof wire === 'string' ? Buffer.byteLength(wire) : wire.length).toBeLessThanOrEqual(
          Buffer.byteLength(body),
        );
        expect(await decode(wire)).toBe(body);
      }
    }
  });

  it.each(['#TK|C|', '#M2M|1|AAAA', '#M2M[v3.0]|DATA:x', '#M3|', '#T1|{}', '\u0001text'])(
    'gives back a message that looks like a wire: %j',
    async (text) => {
      for (const form of FORMS) expect(await decode((await auto(text, { form })).wire)).toBe(text);
    },
  );
});

describe('a message that is no wire', () => {
  it('comes back, within the limits', async () => {
    for (const wire of ['{"a":1}', new TextEncoder().encode('{"a":1}')]) {
      expect(await decode(wire)).toBe('{"a":1}');
      await expect(decode(wire, { limits: { bytes: 6 } })).rejects.toThrow(LimitExceededError);
      await expect(decode(wire, { limits: { wireBytes: 6 } })).rejects.toThrow(LimitExceededError);
    }
  });
});

describe('detect', () => {
  it.each([
    ['#M2M|1|x', 'm2m'],
    ['#M2M|x', 'dictionary'],
    ['#M2M[v3.0]|DATA:x', 'brotli'],
    ['#M2M[v2.0]|DATA:x', 'zlib'],
    ['#TK|C|', 'token-native'],
    ['#T1|{}', 't1'],
    ['#M3|', 'm3'],
    ['{"a":1}', 'raw'],
    ['', 'raw'],
    [' #TK|C|', 'raw'],
  ])('%j is %s, as text and as bytes', (wire, format) => {
    expect(detect(wire)).toBe(format);
    expect(detect(new TextEncoder().encode(wire))).toBe(format);
  });
});

describe('base64', () => {
  it('is that of the platform', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(encodeBase64(bytes))).toEqual(new Uint8Array(bytes));
      }),
      { numRuns: runs(300, 10_000) },
    );
  });

  it.each(['A', 'AB', 'ABC', 'AB==C', 'AB=C', '====', 'A===', 'AB C', 'AB\n=', 'AB-_', 'AR==', 'AAB=', 'AAAÀ'])(
    '%j is refused',
    (text) => expect(() => decodeBase64(text)).toThrow(WireFormatError),
  );
});

describe('crc32', () => {
  it('is that of the standard’s check value, and of zlib', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => crc32(bytes) === zlibNode.crc32(bytes)));
  });
});

describe('compressed streams', () => {
  it('stop at the limit, however much would come', async () => {
    const bomb = zlibNode.brotliCompressSync(Buffer.alloc(64 << 20));
    expect(bomb.length).toBeLessThan(1000);
    await expect(decompressBrotli(bomb, 1 << 20)).rejects.toThrow(LimitExceededError);
    await expect(decompressZlib(zlibNode.deflateSync(Buffer.alloc(16 << 20)), 1 << 20)).rejects.toThrow(
      LimitExceededError,
    );
  });

  it('with more behind them, cut off or broken are refused', async () => {
    const stream = await compressBrotli(new TextEncoder().encode('hello '.repeat(50)), 5);
    const more = new Uint8Array([...stream, 0]);
    for (const bytes of [more, stream.slice(0, -1), new Uint8Array([255, 255]), new Uint8Array()]) {
      await expect(decompressBrotli(bytes, 1000)).rejects.toThrow(WireFormatError);
    }
    const deflated = new Uint8Array(zlibNode.deflateSync('hello'));
    for (const bytes of [new Uint8Array([...deflated, 0]), deflated.slice(0, -1)]) {
      await expect(decompressZlib(bytes, 1000)).rejects.toThrow(WireFormatError);
    }
  });
});
