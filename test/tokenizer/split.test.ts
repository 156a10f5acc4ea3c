/** The hand-written scanners against the patterns they stand for, piece by piece. */
import { describe, expect, it } from 'vitest';
import { splitCl100k, splitO200k } from '../../tokenizer/split.ts';
import { runs } from '../scale.ts';
import { rankData, sampleBodies } from './oracles.ts';
import { hostileStrings, seeded } from './strings.ts';

const SPLITS = [
  { name: 'cl100k_base', split: splitCl100k },
  { name: 'o200k_base', split: splitO200k },
] as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

describe.each(SPLITS)('$name', ({ name, split }) => {
  function pieces(text: string): string[] {
    const utf8 = encoder.encode(text);
    const found: string[] = [];
    for (let at = 0; at < utf8.length; ) {
      const end = split(utf8, at);
      found.push(decoder.decode(utf8.subarray(at, end)));
      at = end;
    }
    return found;
  }

  it('splits where the pattern of js-tiktoken does', async () => {
    const pattern = new RegExp((await rankData(name)).pat_str, 'gu');
    for (const text of [...sampleBodies(), ...hostileStrings(7, runs(20_000, 200_000))]) {
      const expected = text.match(pattern) ?? [];
      if (pieces(text).join('\u0000') !== expected.join('\u0000')) expect(pieces(text)).toEqual(expected);
    }
  });

  it('puts every code point into the class that the pattern sees', async () => {
    const pattern = new RegExp((await rankData(name)).pat_str, 'gu');
    const random = seeded(11);
    const every = runs(9, 1);
    for (let code = 0; code < 0x11_0000; code += 1 + Math.floor(random() * (2 * every - 1))) {
      if (code >= 0xd800 && code < 0xe000) continue;
      // Between a capital, a small letter, a digit, a sign and spaces, each class splits in another way.
      const c = String.fromCodePoint(code);
      const text = `A${c}a ${c}B${c}${c}1${c}!${c}  ${c}'s`;
      const expected = text.match(pattern) ?? [];
      if (pieces(text).join('\u0000') !== expected.join('\u0000')) expect(pieces(text)).toEqual(expected);
    }
  });
});
