/**
 * What a key may hide. JSON compares keys code unit by code unit, so `content` with an invisible character inside, in
 * fullwidth letters or with a Cyrillic `о` is another key to a parser and the same key to a person.
 */

/** Keys that make an object a chat, MCP or A2A message, or an event between agents. */
export const MESSAGE_KEYS: ReadonlySet<string> = new Set(
  'role content messages model choices jsonrpc method params result parts input output event payload tool_calls'.split(
    ' ',
  ),
);

/** Why this key is not what it looks like, or undefined. Linear in the key; only keys beyond ASCII need to ask. */
export function disguise(key: string): string | undefined {
  let previous = 0;
  for (let i = 0; i < key.length; ) {
    const point = key.codePointAt(i)!;
    const next = i + (point > 0xffff ? 2 : 1);
    if (isInvisible(point) && !joins(point, previous, key.charCodeAt(next))) {
      return `the invisible character U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
    }
    if (isLeadByteAsLatin1(previous) && point >= 0x80 && point <= 0xbf) return 'UTF-8 that was read as Latin-1';
    if ((isLatin(previous) && isCyrillic(point)) || (isCyrillic(previous) && isLatin(point))) {
      return 'Latin and Cyrillic letters in one word';
    }
    previous = point;
    i = next;
  }
  const folded = key.normalize('NFKC');
  return folded !== key && MESSAGE_KEYS.has(folded.toLowerCase()) ? `a lookalike of "${folded}"` : undefined;
}

/** Keys with which a careless merge reaches `Object.prototype`; `constructor` alone is an ordinary word. */
export function reachesPrototype(key: string, parentKey: string | undefined): boolean {
  if (key === '__proto__' || (key === 'prototype' && parentKey === 'constructor')) return true;
  return (
    key.length > 9 && key.includes('proto') && (key.includes('__proto__') || key.includes('constructor.prototype'))
  );
}

// Default_Ignorable_Code_Point of Unicode 16 (DerivedCoreProperties.txt) and the bidi controls.
function isInvisible(c: number): boolean {
  if (c < 0x200b) return c === 0xad || c === 0x34f || c === 0x61c || c === 0x115f || c === 0x1160 || c === 0x180e;
  if (c < 0x3000) return c <= 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f);
  return c === 0x3164 || c === 0xfeff || c === 0xffa0 || (c >= 0xe0000 && c <= 0xe0fff);
}

/** ZWNJ and ZWJ between two letters beyond ASCII are orthography (Persian, Indic) or an emoji sequence. */
function joins(c: number, before: number, after: number): boolean {
  return (c === 0x200c || c === 0x200d) && before > 0x7f && after > 0x7f;
}

function isLeadByteAsLatin1(c: number): boolean {
  return c >= 0xc2 && c <= 0xf4;
}

function isLatin(c: number): boolean {
  return (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
}

function isCyrillic(c: number): boolean {
  return c >= 0x400 && c <= 0x52f;
}
