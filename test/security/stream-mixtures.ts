/** Random streams, and their comparison with the unstreamed scan: for stream.test.ts and bench/streams.ts. */
import type { ScanInput, SecurityScanner, StreamOptions, Verdict } from '../../security/index.ts';
import {
  ATTACKS,
  BENIGN,
  chunksOf,
  Dice,
  deliver,
  deltas,
  eventsOf,
  reasonOf,
  saidIn,
  streamOf,
  WIRES,
  type Wire,
} from './stream-kit.ts';

const HOMOGLYPHS: Readonly<Record<string, string>> = { a: 'а', e: 'е', o: 'о', p: 'р', c: 'с', i: 'і', s: 'ѕ' };

const MORSE: Readonly<Record<string, string>> = Object.fromEntries(
  '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..'
    .split(' ')
    .map((code, i) => [String.fromCharCode(97 + i), code]),
);

function wrapped(text: string, width: number): string {
  return text.replace(new RegExp(`.{${width}}`, 'g'), '$&\n');
}

/** Ways to write an attack so that a plain search does not see it. */
export const DISGUISES: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  upper: (text) => text.toUpperCase(),
  base64: (text) => ` ${Buffer.from(text).toString('base64')} `,
  base64twice: (text) => ` ${Buffer.from(Buffer.from(text).toString('base64')).toString('base64')} `,
  hex: (text) => ` ${Buffer.from(text).toString('hex')} `,
  rot13: (text) =>
    text.replace(/[a-z]/gi, (c) => String.fromCharCode(c.charCodeAt(0) + (c.toLowerCase() < 'n' ? 13 : -13))),
  homoglyph: (text) => text.replace(/[aeopcis]/g, (c) => HOMOGLYPHS[c]!),
  zeroWidth: (text) => [...text].join('\u200b'),
  spaced: (text) =>
    text
      .split(' ')
      .map((word) => [...word].join(' '))
      .join('   '),
  fullwidth: (text) => text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
  escapes: (text) => text.replace(/[a-z]/gi, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  percent: (text) => text.replace(/[^-]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`),
  entities: (text) => text.replace(/[a-z]/gi, (c) => `&#${c.charCodeAt(0)};`),
  base64wrapped: (text) => `\n${wrapped(Buffer.from(`${text} ${text} ${text}`).toString('base64'), 24)}\n`,
  base64inProse: (text) =>
    `\n${Buffer.from('The notes of the meeting follow. '.repeat(20) + text + ' End of the notes.'.repeat(9)).toString('base64')} `,
  hexPairs: (text) => ` ${[...Buffer.from(text)].map((b) => b.toString(16).padStart(2, '0')).join(' ')} `,
  binary: (text) => ` ${[...Buffer.from(text)].map((b) => b.toString(2).padStart(8, '0')).join(' ')} `,
  morse: (text) =>
    ` ${[...text.toLowerCase()]
      .map((c) => (c === ' ' ? '/' : (MORSE[c] ?? '')))
      .filter(Boolean)
      .join(' ')} `,
  reversed: (text) => [...text].reverse().join(''),
  leet: (text) => text.replace(/[aeiost]/g, (c) => ({ a: '4', e: '3', i: '1', o: '0', s: '5', t: '7' })[c]!),
  tags: (text) => `Fine.${[...text].map((c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0))).join('')}`,
  dashed: (text) => text.replace(/[a-z](?=[a-z])/gi, '$&-'),
};

/** What streams are made of. */
export interface Pool {
  readonly attacks: readonly string[];
  readonly benign: readonly string[];
}

const OWN: Pool = { attacks: ATTACKS, benign: BENIGN };

/** One random stream: which texts, disguised how, in which deltas and chunks. Everything follows from the seed. */
export function randomStream(seed: number, pool: Pool = OWN): RandomStream {
  const dice = new Dice(seed);
  const wire = dice.pick(WIRES);
  const count = wire === 'ollama' || dice.next() < 0.7 ? 1 : 2;
  const texts = Array.from({ length: count }, () => mixture(dice, pool));
  const said = wire === 'tool' && dice.next() < 0.7 ? texts.map((text) => JSON.stringify({ note: text, n: 1 })) : texts;
  const bytes = streamOf(
    wire,
    said.map((text) => deltas(text, dice)),
    dice.pick(['\n', '\n', '\r\n', '\r']),
  );
  return { wire, texts: said, bytes, chunks: chunksOf(bytes, dice) };
}

export interface RandomStream {
  readonly wire: Wire;
  readonly texts: readonly string[];
  readonly bytes: Uint8Array;
  readonly chunks: readonly Uint8Array[];
}

function mixture(dice: Dice, { attacks, benign }: Pool): string {
  const prose = (most: number): string => {
    let text = '';
    for (let left = dice.int(0, most); left > 0; left--) text += dice.pick(BENIGN);
    return text;
  };
  const before = prose(dice.pick([0, 0, 3, 14]));
  if (dice.next() < 0.35) return before + dice.pick(benign);
  return before + dice.pick(Object.values(DISGUISES))(dice.pick(attacks)) + prose(dice.pick([0, 2, 14]));
}

export interface Comparison {
  /** The decision on the whole texts, unstreamed. */
  readonly expected: Verdict['verdict'];
  /** Characters of blocked spans that reached the client. */
  readonly leaked: number;
  /** What differs from the unstreamed scan, in words; empty when nothing does. */
  readonly mismatch: string;
}

/** Delivers a stream and compares it with the unstreamed scan of its texts. */
export async function compare(
  scanner: SecurityScanner,
  stream: RandomStream,
  options: StreamOptions,
): Promise<Comparison> {
  const answer = (text: string): ScanInput => (stream.wire === 'tool' ? { function: { arguments: text } } : text);
  const whole = await Promise.all(stream.texts.map((text) => scanner.scan(answer(text), { role: 'assistant' })));
  const wire = stream.wire === 'ollama' ? 'ndjson' : 'sse';
  const out = await deliver(scanner, stream.chunks, { ...options, wire });
  const events = eventsOf(out.text, stream.wire);
  const blocked = whole.some((verdict) => verdict.verdict === 'block');
  const expected = blocked ? 'block' : whole.some((verdict) => verdict.verdict === 'flag') ? 'flag' : 'allow';
  const wrong: string[] = [];
  if (out.verdict?.verdict !== expected) wrong.push(`verdict ${out.verdict?.verdict}, expected ${expected}`);
  if (options.readOn || !blocked) {
    const top = whole.flatMap((verdict) => verdict.threats).sort((a, b) => b.score - a.score)[0];
    const found = out.verdict?.threats[0];
    if (found?.name !== top?.name || found?.category !== top?.category)
      wrong.push(`top ${found?.name}, expected ${top?.name}`);
  }
  let leaked = 0;
  if (!blocked) {
    if (!Buffer.from(stream.bytes).equals(out.bytes)) wrong.push('a clean stream changed');
  } else {
    const said = saidIn(events);
    stream.texts.forEach((text, i) => {
      const seen = said[i] ?? '';
      if (!text.startsWith(seen)) wrong.push('delivered text is no prefix');
      // A finding in a string of a JSON document has its offsets in that string; nothing of such a document may pass.
      for (const { span, score, path } of whole[i]!.threats)
        if (score >= 0.8)
          leaked += Math.max(
            0,
            Math.min(seen.length, span[1]) - (path === undefined || stream.wire === 'tool' ? span[0] : 0),
          );
    });
    const reason = reasonOf(events, stream.wire);
    const known = stream.wire === 'responses' ? 'incomplete' : 'content_filter';
    if (reason !== known) wrong.push(`ends with ${reason}`);
  }
  return { expected, leaked, mismatch: wrong.join('; ') };
}
