/**
 * Use or mention? "Ignore all previous instructions" is an attack where it is said, and a quotation where somebody
 * writes about attacks. The words just before a match tell the two apart often enough to matter: on the tuning set
 * this check takes away two thirds of the false positives of the override rules and a tenth of their hits.
 */

/** How far back of a match one looks, in UTF-16 units; part of the hold-back that a stream needs. */
export const MENTION_REACH = 120;

/** The sentence before the match forbids it, reports it, or names somebody else who says it. */
const REPORTED =
  /\b(?:never|do not|don'?t|cannot|won'?t|refuse|avoid|disallows?|prohibits?|considered|is (?:this|the|it)\b|prevent(?:s|ing)?|stop(?:s|ping)?|detect(?:s|ing|ion)?|block(?:s|ed|ing)?|resist|reject|attempts?|attempting|tries|try|trying|tricks?|tricked|asks|asked|asking|tells|telling|instructs|instructing|requests|requesting|wants|says|said|saying|wrote|writes|claims?|example|examples|e\.g|such as|phrases like|phrases?|words|wording|typical|called|titled|the user|users|attackers?|someone|anyone|people|person|customers?|patterns?|contain(?:s|ing)?|rule (?:number )?\d|explains?|how (?:to|do|can|does)|what (?:is|does)|why|whether|could|can be used|myth|begin(?:s)? with|starts? with|containing)\b[^.!?\n]{0,80}$/u;

/** An opening quotation mark after a word of running text: `the words "`, not `"key": "` and not `['`. */
const QUOTED = /(?:[\p{L}\p{N},)]|[\p{L}\p{N}]:)\s{1,2}["'“”«»„‘’\x60(]{1,2}$/u;

/** Whether what starts at `start` is talked about rather than said. */
export function mentioned(text: string, start: number): boolean {
  const before = text.slice(Math.max(0, start - MENTION_REACH), start);
  return QUOTED.test(before) || REPORTED.test(before);
}
