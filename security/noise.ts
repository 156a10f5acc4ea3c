/**
 * Strings that cannot carry an instruction and stand in every message: `"role": "user"`, `"id": "chatcmpl-9f3…"`.
 * A 2 KB chat request has as many of these as it has sentences, and each one skipped saves a whole normalisation.
 */

/** Values of these keys are words of a protocol or opaque names; no chat template shows them to a model. */
const PROTOCOL_KEYS: ReadonlySet<string> = new Set([
  ...['role', 'type', 'kind', 'object', 'jsonrpc', 'method', 'status', 'state', 'finish_reason', 'stop_reason'],
  ...['id', 'model', 'tool_call_id', 'tool_use_id', 'call_id', 'item_id', 'messageId', 'contextId', 'taskId'],
  ...['artifactId', 'response_id', 'previous_response_id', 'system_fingerprint', 'service_tier', 'mimeType'],
  ...['media_type', 'detail', 'tool_choice', 'encoding_format', 'created_at', 'timestamp', 'ts', 'protocolVersion'],
]);

// `Xenova/all-MiniLM-L6-v2` and `claude-opus-4-20250514` have three words or fewer; an order has more.
const MAX_LENGTH = 40;
const MAX_WORDS = 3;
const MAX_WORD = 14;

/** Whether the value of a protocol's key is as short and as wordless as such values are. */
export function isNoise(key: string | undefined, text: string): boolean {
  if (text.length === 0) return true;
  if (key === undefined || text.length > MAX_LENGTH || !PROTOCOL_KEYS.has(key)) return false;
  let words = 0;
  let letters = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const letter = (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a);
    if (!letter && !(c >= 0x2b && c <= 0x3a && c !== 0x2c) && c !== 0x5f) return false;
    letters = letter ? letters + 1 : 0;
    if (letters === 3) words++;
    if (letters > MAX_WORD || words > MAX_WORDS) return false;
  }
  return true;
}
