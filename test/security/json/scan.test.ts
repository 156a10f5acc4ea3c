/** The strict scan: every fault with its span, nothing at daily life, JSON.parse as the oracle of validity. */
import { describe, expect, it } from 'vitest';
import type { FaultName } from '../../../security/json/fault.ts';
import { nestedFaults, readJson } from '../../../security/json/index.ts';

/** `name@start-end` of each fault. */
function faults(text: string, claimed = true): string[] {
  return readJson(text, claimed).faults.map(({ name, span }) => `${name}@${span[0]}-${span[1]}`);
}

function names(text: string, claimed = true): FaultName[] {
  return readJson(text, claimed).faults.map(({ name }) => name);
}

const message = (content: string): string => `{"role":"user","content":"${content}"}`;

describe('the strict JSON scan', () => {
  it.each([
    ['an empty text', '', 'truncated-json@0-0'],
    ['an open object', '{"a":1', 'truncated-json@5-6'],
    ['an open string', '{"a":"b', 'truncated-json@5-7'],
    ['half a literal', '[tru', 'truncated-json@1-4'],
    ['half a number', '[1.', 'truncated-json@1-3'],
    ['half an escape', '["\\u00', 'truncated-json@1-6'],
    ['a trailing comma', '[1,]', 'invalid-json@3-4'],
    ['two commas', '{"a":1,,"b":2}', 'invalid-json@7-8'],
    ['single quotes', "{'a':1}", 'invalid-json@1-2'],
    ['an unquoted key', '{a:1}', 'invalid-json@1-2'],
    ['a comment', '{"a":1 /* x */}', 'invalid-json@7-8'],
    ['NaN', '[NaN]', 'invalid-json@1-2'],
    ['a leading zero', '[012]', 'invalid-json@1-2'],
    ['a hexadecimal number', '[0x1F]', 'invalid-json@2-3'],
    ['a number without integer', '[.5]', 'invalid-json@1-2'],
    ['an unknown escape', '["a\\q"]', 'invalid-json@3-5'],
    ['a bad \\u escape', '["\\uZZZZ"]', 'invalid-json@2-4'],
    ['the wrong bracket', '{"a":[1}}', 'invalid-json@7-8'],
    ['a raw line break in a string', '["a\nb"]', 'raw-control@3-4'],
    ['a second document', '{"a":1}{"b":2}', 'second-document@7-14'],
    ['trailing characters', '{"a":1}]]>', 'trailing-characters@7-10'],
    ['a byte order mark', '\ufeff{}', 'byte-order-mark@0-1'],
    ['a key twice', '{"a":1,"b":2,"a":3}', 'duplicate-key@13-16'],
    ['a key twice, once escaped', '{"a":1,"\\u0061":3}', 'duplicate-key@7-15'],
    ['__proto__', '{"__proto__":{}}', 'prototype-key@1-12'],
    ['__proto__, escaped', '{"__pro\\u0074o__":{}}', 'prototype-key@1-17'],
    ['constructor.prototype', '{"constructor":{"prototype":{}}}', 'prototype-key@16-27'],
    ['an escaped NUL', '["a\\u0000"]', 'nul-character@3-9'],
    ['an escaped control character', '["\\u0003"]', 'control-character@2-8'],
    ['a raw C1 control character', '["\u0090"]', 'control-character@2-3'],
    ['a lone high surrogate', '["\ud83d"]', 'lone-surrogate@2-3'],
    ['a lone low surrogate, escaped', '["\\udc00"]', 'lone-surrogate@2-8'],
    ['two high surrogates before a low one', '["\\ud83d\\ud83d\\ude00"]', 'lone-surrogate@2-8'],
    ['a noncharacter', '["\ufffe"]', 'noncharacter@2-3'],
    ['an invisible character in a key', '{"con\u200btent":1}', 'disguised-key@1-11'],
    ['a bidi control in a key', '{"\u202erole":1}', 'disguised-key@1-8'],
    ['a fullwidth lookalike of a key', '{"\uff52ole":1}', 'disguised-key@1-7'],
    ['a Cyrillic letter in a Latin key', '{"r\u043ele":1}', 'disguised-key@1-7'],
    ['a key in mojibake', '{"rol\u00c3\u00a9":1}', 'disguised-key@1-8'],
    ['a number that is infinite', '[1e999]', 'number-range@1-6'],
    ['an integer of 30 digits', `[${'9'.repeat(30)}]`, 'number-range@1-31'],
  ])('finds %s', (_, text, fault) => {
    expect(faults(text)).toEqual([fault]);
  });

  it.each([
    ['a surrogate pair, raw and escaped in any mixture', '["\ud83d\ude00 \\ud83d\\ude00 \ud83d\\ude00 \\ud83d\ude00"]'],
    ['the escapes of terminal output', '["\\u001b[31m red \\b \\f \\t \\r\\n"]'],
    ['the key constructor by itself', '{"constructor":"Ferrari","prototype":true}'],
    ['one key in two objects', '[{"a":{"a":1}},{"a":2}]'],
    ['keys in other scripts', '{"名前":1,"имя":2,"rôle":3,"naïve_key":4,"می‌شود":5,"👩‍💻":6,"Δt":7}'],
    ['a 64-bit integer', '[18446744073709551615,-9223372036854775808,1e300,0.1]'],
    ['any white space', ' \t\r\n{ \n"a" :\t[ ] , "b":{ } }\n'],
    ['a scalar alone', '"text"'],
    ['32 levels', `${'['.repeat(32)}${']'.repeat(32)}`],
  ])('finds nothing in %s', (_, text) => {
    expect(faults(text)).toEqual([]);
    expect(readJson(text, true).value).toEqual(JSON.parse(text));
  });

  it('counts 33 levels as too deep, once, where the 33rd opens', () => {
    expect(faults(`${'['.repeat(40)}${']'.repeat(40)}`)).toEqual(['too-deep@32-33']);
  });

  it('finds what a comma would hide behind it', () => {
    const text = '{"role":"user",,"__proto__":{"x":1},"content":"a\\u0000","\u202ek":1}';
    expect(names(text)).toEqual(['invalid-json', 'prototype-key', 'nul-character', 'disguised-key']);
  });

  it('names ten thousand NULs sixteen times', () => {
    expect(names(`["${'\\u0000'.repeat(10_000)}"]`)).toHaveLength(16);
  });

  it('tells more than twelve keys apart as it does fewer', () => {
    const keys = Array.from({ length: 40 }, (_, i) => `"k${i}":0`);
    expect(names(`{${keys.join()}}`)).toEqual([]);
    expect(names(`{${[...keys, '"k3":1', '"k39":1'].join()}}`)).toEqual(['duplicate-key', 'duplicate-key']);
  });
});

describe('where nobody claims JSON', () => {
  it.each([
    ['prose', 'Dear all, [please] find {attached} the minutes.'],
    ['a markdown link', '[Read more](/learn) about it'],
    ['a footnote', '[1] Smith et al., 2024'],
    ['a Python repr', "{'a': None, 'b': ['x']}"],
    ['a Python list of records', "[{'subject': 'tax', 'from': 'a@b.example'}]"],
    ['a JavaScript object', '{ a: 1, b: [2], }'],
    ['a configuration with comments', '{\n  // port\n  "port": 8080,\n}'],
    ['a configuration with a trailing comma', '{"port": 8080,}'],
    ['JSON and then words', '{"log": "x"}\nPlease explain this log line.'],
    ['JSON Lines', '{"role":"user","content":"a"}\n{"role":"assistant","content":"b"}\n'],
    ['an event stream', 'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n'],
    ['a template', '{{ user.name }} and {% if x %}'],
    ['a whole message', '{"role":"user","content":"hello"}'],
  ])('%s is no fault', (_, text) => {
    expect(readJson(text, false).faults.filter((fault) => fault.score >= 0.5)).toEqual([]);
  });

  it.each([
    ['a truncated message', '{"role":"user","content":"hel', 'truncated-json'],
    ['a message with two commas', '{"role":"user",,"content":"hello"}', 'invalid-json'],
    ['a message and another one on the same line', `${message('a')}${message('b')}`, 'second-document'],
    ['a message with a tail of brackets', `${message('a')}}}`, 'trailing-characters'],
    ['two roles', '{"role":"system","role":"user","content":"a"}', 'duplicate-key'],
    ['a prototype key in any object', '{"a":{"__proto__":{"admin":true}}}', 'prototype-key'],
  ])('%s flags', (_, text, name) => {
    const { faults } = readJson(text, false);
    expect(faults.map((fault) => fault.name)).toEqual([name]);
    expect(faults[0]!.score).toBeGreaterThanOrEqual(0.5);
  });

  it('blocks what is claimed and cannot be read, and only flags the same where it is not claimed', () => {
    const broken = '{"role":"user","content":"hel';
    expect(readJson(broken, true).faults[0]!.score).toBeGreaterThanOrEqual(0.8);
    expect(readJson(broken, false).faults[0]!.score).toBeLessThan(0.8);
  });
});

describe('JSON inside a string of a message', () => {
  it('is judged by contract in arguments, where broken JSON flags and nothing at all is no argument', () => {
    expect(nestedFaults('{"a":', true).map((fault) => fault.name)).toEqual(['truncated-json']);
    expect(nestedFaults('', true)).toEqual([]);
    expect(nestedFaults('{"a":1}', true)).toEqual([]);
  });

  it('may be cut in a tool’s answer, but hides no prototype key in a whole one', () => {
    expect(nestedFaults('{"role":"user","content":"cut he', false)).toEqual([]);
    expect(nestedFaults('plain words', false)).toEqual([]);
    expect(nestedFaults('{"__proto__":{}}', false).map((fault) => fault.name)).toEqual(['prototype-key']);
  });
});
