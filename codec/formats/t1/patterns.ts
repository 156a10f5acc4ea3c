/** One control character, raw in the wire, for a piece of JSON. No encoder writes them unless told to; ours never does. */
import { WireFormatError } from '../../../errors.ts';
import { within } from '../../limits.ts';

/** U+0001 to U+000D; the table of the original's source. Tab and line breaks are among them. */
const PATTERNS = [
  '{"role":"user","content":"',
  '{"role":"assistant","content":"',
  '{"role":"system","content":"',
  '{"role":"tool","content":"',
  '{"index":0,"delta":{',
  '{"index":0,"message":{',
  '"finish_reason":"stop"',
  '"finish_reason":"length"',
  '"finish_reason":"tool_calls"',
  '{"type":"function","function":{',
  '"choices":[{',
  '{"messages":[',
  '],"model":"',
] as const;

/** @throws LimitExceededError  before the text is made that would be longer than `limit` */
export function expandPatterns(text: string, limit: number): string {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 1 && unit <= PATTERNS.length) length += PATTERNS[unit - 1]!.length - 1;
  }
  within(length, limit, 't1: the wire with its patterns expanded');
  if (length === text.length) return text;
  return text.replace(/[\u0001-\u000d]/gu, (c) => {
    const pattern = PATTERNS[c.charCodeAt(0) - 1];
    if (pattern === undefined) throw new WireFormatError('unknown-id', 't1: no such pattern');
    return pattern;
  });
}
