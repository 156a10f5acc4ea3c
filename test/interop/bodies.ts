/** What travels between the two implementations: the traffic sample, in full runs the corpus too, and texts that hurt. */
import { full } from '../scale.ts';
import { sample, wholeCorpus } from '../traffic.ts';

/** Texts that are no JSON, or hardly any: special tokens, planes beyond the first, a byte order mark, nothing at all. */
export const TEXTS: readonly string[] = [
  '',
  '{}',
  'a<|endoftext|>b <|im_start|><|fim_prefix|><|endofprompt|>',
  '#TK|C|sk0L/Q4A',
  '\ufeff\u0000\u001f é 世界 👩‍👩‍👧‍👦 \u{10ffff}',
  '"\\ud83d\\ude00"  \r\n\t',
  'x'.repeat(9_999),
];

/** Bodies of LLM-API traffic, exact texts. */
export const BODIES: readonly string[] = [...sample, ...(full ? (wholeCorpus() ?? []) : [])].map(({ body }) => body);

/** Those that the original can put into a frame: it takes JSON only. */
export const JSON_BODIES: readonly string[] = BODIES.filter((body) => {
  try {
    JSON.parse(body);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
});
