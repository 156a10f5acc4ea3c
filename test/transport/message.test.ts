import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../codec/limits.ts';
import { LimitExceededError, WireFormatError } from '../../errors.ts';
import { ALGORITHMS, capabilitiesOf, ENCODINGS } from '../../transport/capabilities.ts';
import { type Json, readJson } from '../../transport/json.ts';
import { CLOSINGS, type Message, REJECTIONS, readMessage, writeMessage } from '../../transport/message.ts';
import { exponent } from '../growth.ts';
import { runs } from '../scale.ts';
import { content, ID, messages, T } from './kit.ts';

/** What the original wrote into a pipe, but for its random ids. */
const ORIGINAL = [
  '{"type":"HELLO","payload":{"version":"3.0","agent_id":"bf4e3666","agent_type":"m2m-rust","compression":{"algorithms":["m2m","tokennative","brotli","none"],"max_payload":0,"streaming":true,"ml_routing":false,"encodings":["Cl100kBase","O200kBase"],"preferred_encoding":"Cl100kBase"},"security":{"threat_detection":false,"model_version":null,"blocking_mode":false,"block_threshold":0.8},"extensions":{}},"timestamp":1795390526131}',
  '{"type":"DATA","session_id":"72780d9a","payload":{"algorithm":"m2m","content":"#M2M|1|IgABAAAAAAAAAAAAAAAAAAAAAAAGZ3B0LTRvAQECCtejOz4AAABuYFWkeyJtb2RlbCI6ImdwdC00byIsIm1lc3NhZ2VzIjpbeyJyb2xlIjoidXNlciIsImNvbnRlbnQiOiJIaSJ9XX0="},"timestamp":1795390526133}',
  '{"type":"PONG","session_id":"72780d9a","payload":{},"timestamp":1795390526134}',
  '{"type":"REJECT","payload":{"code":"VERSION_MISMATCH","message":"Version 3.0 not compatible with 4.0"},"timestamp":1795390526138}',
  '{"type":"CLOSE","session_id":"72780d9a","payload":{},"timestamp":1795390526140}',
];

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const share = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);
const count = fc.nat();
const session = fc.stringMatching(/^[!-~]{1,128}$/);
const capabilities = fc
  .record({
    agentId: text,
    agentType: text,
    compression: fc.record({
      algorithms: fc.uniqueArray(fc.constantFrom(...ALGORITHMS)),
      maxPayload: count,
      streaming: fc.boolean(),
      mlRouting: fc.boolean(),
      encodings: fc.uniqueArray(fc.constantFrom(...ENCODINGS)),
      preferredEncoding: fc.constantFrom(...ENCODINGS),
    }),
    security: fc.record({
      threatDetection: fc.boolean(),
      modelVersion: fc.option(text),
      blockingMode: fc.boolean(),
      blockThreshold: share,
    }),
    extensions: fc.array(fc.tuple(fc.oneof(text, fc.constant('__proto__')), text)).map((pairs) => new Map(pairs)),
  })
  .map(({ agentId, ...own }) => capabilitiesOf(agentId, own));
const security = fc.record(
  { scanned: fc.boolean(), safe: fc.boolean(), threatType: text, confidence: share },
  { requiredKeys: ['scanned', 'safe'] },
);
const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constant('HELLO' as const), capabilities, timestamp: count }),
  fc.record({ type: fc.constant('ACCEPT' as const), session, capabilities, timestamp: count }),
  fc.record({
    type: fc.constant('REJECT' as const),
    code: fc.constantFrom(...REJECTIONS),
    reason: text,
    timestamp: count,
  }),
  fc.record(
    {
      type: fc.constant('DATA' as const),
      session,
      algorithm: fc.constantFrom(...ALGORITHMS),
      content: text,
      originalSize: count,
      security,
      timestamp: count,
    },
    { requiredKeys: ['type', 'algorithm', 'content', 'timestamp'] },
  ),
  fc.record({ type: fc.constantFrom('PING' as const, 'PONG' as const), session, timestamp: count }),
  fc.record(
    { type: fc.constant('CLOSE' as const), session, reason: fc.constantFrom(...CLOSINGS), timestamp: count },
    { requiredKeys: ['type', 'session', 'timestamp'] },
  ),
);

describe('messages', () => {
  it('read back as they were written', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(readMessage(writeMessage(message))).toEqual(message);
      }),
      { numRuns: runs(500, 20_000) },
    );
  });

  it.each(ORIGINAL)('of the original are read and written byte for byte: %.30s', (line) => {
    expect(writeMessage(readMessage(line))).toBe(line);
  });

  it('keep what a later minor version adds out of the negotiation, and do not fail on it', () => {
    const line = writeMessage(messages[0] as Message)
      .replace('"m2m",', '"zstd","m2m","m2m",')
      .replace('"streaming"', '"dictionaries":["a"],"streaming"');
    expect(readMessage(line)).toEqual(messages[0]);
  });

  const data = `{"type":"DATA","session_id":"${ID}","payload":{"algorithm":"none","content":"{}"},"timestamp":${T}}`;
  it.each([
    ['a type in lower case', data.replace('DATA', 'data'), 'message'],
    ['no type', data.replace('"type":"DATA",', ''), 'message'],
    ['no time', data.replace(`,"timestamp":${T}`, ''), 'message'],
    ['a fraction of a millisecond', data.replace(`${T}`, '1.5'), 'message'],
    ['a time before 1970', data.replace(`${T}`, '-1'), 'message'],
    ['a time over 2^53', data.replace(`${T}`, '9007199254740993'), 'message'],
    ['no payload', data.replace('"payload"', '"pay"'), 'message'],
    ['a payload that is a list', data.replace('{"algorithm":"none","content":"{}"}', '[]'), 'message'],
    ['an unknown algorithm', data.replace('none', 'zstd'), 'message'],
    ['an algorithm in the spelling of the documents', data.replace('none', 'TOKEN_NATIVE'), 'message'],
    ['a content that is an object', data.replace('"{}"', '{}'), 'message'],
    ['an empty session', data.replace(ID, ''), 'message'],
    ['a session with a line break', data.replace(ID, 'a\\nb'), 'message'],
    ['a session of 129 characters', data.replace(ID, 'x'.repeat(129)), 'message'],
    ['a key twice', data.replace('{"type"', '{"type":"PING","type"'), 'duplicate-key'],
    ['a key twice, once escaped', data.replace('"content"', '"c\\u006fntent":"","content"'), 'duplicate-key'],
    ['half a character', data.replace('"{}"', '"\\ud800"'), 'json'],
    ['a number over every double', data.replace(`${T}`, '1e999'), 'json'],
    ['two values', `${data} {}`, 'json'],
    ['a byte order mark', `\ufeff${data}`, 'json'],
    ['a control character in a string', data.replace('"{}"', '"\u0001"'), 'json'],
    ['a comma too many', data.replace(`${T}}`, `${T},}`), 'json'],
    ['no value at all', '', 'json'],
    ['a value that is no object', '[]', 'message'],
  ])('%s is refused', (_what, line, fault) => {
    expect(line).not.toBe(data);
    expect(() => readMessage(line)).toThrow(expect.objectContaining({ name: 'WireFormatError', fault }));
  });

  it('a PING needs a session', () => {
    expect(() => readMessage(`{"type":"PING","timestamp":${T}}`)).toThrow(WireFormatError);
  });

  it('end at every cut in a documented error', () => {
    const line = writeMessage({ type: 'DATA', session: ID, ...content, timestamp: T });
    for (let length = 0; length < line.length; length++) {
      expect(() => readMessage(line.slice(0, length))).toThrow(WireFormatError);
    }
  });

  it('changed anywhere are read or refused with a documented error', () => {
    const change = fc.record({ at: fc.nat(), with: fc.string({ unit: 'binary', maxLength: 3 }), over: fc.nat(3) });
    fc.assert(
      fc.property(anyMessage, fc.array(change, { minLength: 1, maxLength: 4 }), (message, changes) => {
        let line = writeMessage(message);
        for (const { at, with: part, over } of changes) {
          const from = at % (line.length + 1);
          line = line.slice(0, from) + part + line.slice(from + over);
        }
        try {
          readMessage(line);
        } catch (error) {
          expect(['WireFormatError', 'LimitExceededError']).toContain((error as Error).name);
        }
      }),
      { numRuns: runs(2_000, 100_000) },
    );
  });
});

describe('JSON', () => {
  const plain = (value: Json): unknown => {
    if (value instanceof Map) return Object.fromEntries([...value].map(([key, one]) => [key, plain(one)]));
    return Array.isArray(value) ? value.map(plain) : value;
  };

  it('means what JSON.parse says it means', () => {
    const sample = fc.json({ stringUnit: 'grapheme' }).filter((line) => !line.includes('__proto__'));
    fc.assert(
      fc.property(sample, (line) => {
        expect(plain(readJson(line))).toEqual(JSON.parse(line));
        const wide = JSON.stringify(JSON.parse(line), null, '\t');
        expect(plain(readJson(` ${wide}\r\n`))).toEqual(JSON.parse(line));
      }),
      { numRuns: runs(500, 20_000) },
    );
  });

  it('is nothing that JSON.parse refuses', () => {
    const noise = fc.array(fc.constantFrom(...'{}[]",:\\ntruefalsenull0123456789+-.eE \t\u0000'), { maxLength: 12 });
    fc.assert(
      fc.property(noise, (characters) => {
        const line = characters.join('');
        let value: Json;
        try {
          value = readJson(line);
        } catch (error) {
          expect(error).toBeInstanceOf(WireFormatError);
          return;
        }
        expect(plain(value)).toEqual(JSON.parse(line));
      }),
      { numRuns: runs(5_000, 200_000) },
    );
  });

  it('finds the end of a string after any number of backslashes', () => {
    for (let count = 0; count < 9; count++) {
      const line = `["${'\\'.repeat(count)}"]`;
      if (count % 2 === 0) expect(readJson(line)).toEqual(JSON.parse(line));
      else expect(() => readJson(line)).toThrow(WireFormatError);
    }
  });

  it.each([
    ['32 levels', '['.repeat(32) + ']'.repeat(32), '['.repeat(33) + ']'.repeat(33)],
    ['10,000 elements', `[${Array(10_000).fill(0)}]`, `[${Array(10_001).fill(0)}]`],
    ['10,000 keys', keys(10_000), keys(10_001)],
  ])('has at most %s', (_what, most, more) => {
    expect(() => readJson(most)).not.toThrow();
    expect(() => readJson(more)).toThrow(LimitExceededError);
  });

  it('of more levels than a stack has ends at the limit', () => {
    expect(() => readJson('['.repeat(1_000_000))).toThrow(LimitExceededError);
    expect(() => readJson('{"a":'.repeat(1_000_000))).toThrow(LimitExceededError);
  });

  it.each([
    ['escaped quotes', (n: number) => `"${'\\"'.repeat(n / 2)}"`],
    ['backslashes', (n: number) => `"${'\\\\'.repeat(n / 4)}"`],
    ['escaped quotes without an end', (n: number) => `"${'\\"'.repeat(n / 2)}`],
    ['white space', (n: number) => ' '.repeat(n)],
    ['digits', (n: number) => '1'.repeat(n)],
    ['short strings', (n: number) => `[${'"",'.repeat(n / 16)}""]`],
  ])('%s cost time in proportion to their number', (_what, make) => {
    const read = (line: string) => {
      try {
        return readJson(line, { depth: 32, elements: 1e9 });
      } catch (error) {
        return error;
      }
    };
    expect(exponent(make, read)).toBeLessThan(1.35);
  });

  it('larger than any message may be is not read', () => {
    expect(() => readMessage(' '.repeat(2 * LIMITS.wireBytes + 1))).toThrow(LimitExceededError);
  });
});

function keys(count: number): string {
  return `{${Array.from({ length: count }, (_, at) => `"${at}":0`)}}`;
}
