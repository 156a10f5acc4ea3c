/**
 * Hostile strings from a seed: each kind of character on its own, mixed, at the lengths where a code path changes, and
 * the texts that agents really send. All are well formed and short, because one of the oracles takes quadratic time.
 */

/** A generator of numbers in [0, 1) that gives the same row for the same seed (mulberry32). */
export type Random = () => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const characters = (text: string): string[] => [...text];

// One entry for each kind that a pattern or a table tells apart.
const ALPHABETS: readonly (readonly string[])[] = [
  characters('abcdefghijklmnopqrstuvwxyz'),
  characters('ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
  characters('etaoinETAOIN'),
  characters('0123456789'),
  characters('٠١٢٣९८७²³½¾ⅧⅣ〇０１𝟘𝟙𐄇'),
  characters(' '),
  characters(' \t'),
  characters('\r\n'),
  characters(' \t\n\v\f\r\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\ufeff\u0085\u200b\u180e'),
  characters('.,;:!?-_"`()[]{}<>|\\*&^%$#@~+='),
  characters('/\n\r!'),
  characters("''’sStTdDmMrRvVeElL ſ"),
  characters('\u0300\u0301\u0308\u0327\u0345\u20d7\u0483\u093f\u0e34\ufe0f'),
  characters('éüñçøßåÅÉÑÇЖжйЩщλΣσςΩωİıſ'),
  characters('ǅǈǲᾼʰʲˠⁿₐーゝ々〻'),
  characters('中文字漢語日本人是不了在有我他这'),
  characters('ひらがなカタカナプログラム한국어말각각'),
  characters('नमस्तेहिन्दीไทยภาษาอังกฤษعربيةשלוםفارسی'),
  characters('😀😂🎉🚀🤖🦄💩🏳🇩🇪🇫🇷'),
  ['👨‍👩‍👧‍👦', '👩🏽‍💻', '🏳️‍🌈', '❤️‍🔥', '👍🏿', '1️⃣', '🧑‍🤝‍🧑', '\u200d', '\ufe0f', '🏿'],
  characters('𝒜𝓑𝖈𝔻𐐀𐐨𐑍𠀀𠮷𪚥𞤀𞤢𑀅'),
  characters('\u0000\u0001\u0007\u001b\u007f\u0080\u009f\u00ad\u200e\u202e\ue000\ufffd\ufffe\u{10ffff}'),
];

const WORDS: readonly string[] = [
  ...['<|endoftext|>', '<|fim_prefix|>', '<|endofprompt|>', '<|im_start|>', '<|', '|>', '<|endoftext|', '\ufeff'],
  ...["I'm", "WE'RE", "they'Ll", "don'T", "he'd've", "x'ſ", "'s", "'RE", "o'clock", "''ll", "éé's", "ABC's", "中's"],
  ...[
    'function',
    'const x=1;',
    '=>',
    '{\n\t',
    '\n    ',
    '});\r\n',
    '#include <stdio.h>',
    'def f(x):',
    '// ',
    '/* */',
    '/\n/',
  ],
  ...[
    'https://example.org/a/b?c=d&e=%20f#g',
    'user@example.org',
    '192.168.0.1',
    '2026-11-22T10:00:00Z',
    '1,234,567.89',
  ],
  ...[
    '{"role":"user","content":"',
    '"}],"tools":[',
    '\\n\\"',
    '\\u00e9',
    'data: {"id":"',
    '"}\n\n',
    'data: [DONE]\n\n',
  ],
  ...['call_9fK2', 'aGVsbG8gd29ybGQ=', 'deadbeef', '0x1F', 'camelCaseHTTPServer', 'snake_case_id', 'XMLHttpRequest'],
  ...['naïve', 'Ελληνικά', 'Привет', 'مرحبا', 'שלום', '你好，世界', 'こんにちは', 'สวัสดี', 'नमस्ते', 'Việt Nam', 'ǅungla'],
  ...[' ', '  ', '\n', '\n\n', ' \n', '\t', '\r\n', ' \r', '\u00a0', '\u3000', '.', '...', '!!!', ' (', ') ', '—', '…'],
];

// Around the widest short contraction, the cached piece, the merge that changes its method, and the longest token.
const LENGTHS = [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65];

/** One string; each of the four ways has an equal chance. */
export function hostileString(random: Random): string {
  const way = Math.floor(random() * 4);
  if (way === 0) return repeated(random);
  if (way === 1) return mixed(random);
  if (way === 2) return joined(random);
  return anyPlane(random);
}

/** `count` different strings: every alphabet at every boundary length first, then from the seed. */
export function hostileStrings(seed: number, count: number): string[] {
  const random = seeded(seed);
  const strings = new Set<string>(['']);
  for (const alphabet of ALPHABETS) {
    for (const length of LENGTHS) {
      if (strings.size < count) strings.add(pick(alphabet, random).repeat(length));
    }
  }
  while (strings.size < count) strings.add(hostileString(random));
  return [...strings];
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[Math.floor(random() * from.length)]!;
}

/** One alphabet at a boundary length, sometimes with a stranger at an end. */
function repeated(random: Random): string {
  const alphabet = pick(ALPHABETS, random);
  const body = Array.from({ length: pick(LENGTHS, random) }, () => pick(alphabet, random)).join('');
  if (random() < 0.5) return body;
  return random() < 0.5 ? pick(pick(ALPHABETS, random), random) + body : body + pick(pick(ALPHABETS, random), random);
}

/** Two to four alphabets in short runs. */
function mixed(random: Random): string {
  const alphabets = Array.from({ length: 2 + Math.floor(random() * 3) }, () => pick(ALPHABETS, random));
  let text = '';
  for (let n = 2 + Math.floor(random() * 14); n > 0; n--) {
    const alphabet = pick(alphabets, random);
    for (let k = 1 + Math.floor(random() * 4); k > 0; k--) text += pick(alphabet, random);
  }
  return text;
}

function joined(random: Random): string {
  return Array.from({ length: 1 + Math.floor(random() * 9) }, () => pick(WORDS, random)).join('');
}

/** Code points of all planes but the surrogates, most of them unassigned. */
function anyPlane(random: Random): string {
  const tops = [0x80, 0x800, 0x3000, 0x1_0000, 0x2_0000, 0x11_0000];
  const one = (): string => {
    const code = Math.floor(random() * pick(tops, random));
    return code >= 0xd800 && code < 0xe000 ? '�' : String.fromCodePoint(code);
  };
  return Array.from({ length: 1 + Math.floor(random() * 24) }, one).join('');
}
