/** The original's way there (0.3), and every reason for which its way back would not give the same text. */
import { InvalidInputError, WireFormatError } from '../../../errors.ts';
import type { Limits } from '../../limits.ts';
import { expand, isRequest, sorted } from './decode.ts';
import { byBytes, type Json, type Member, parseJson, writeJson } from './json.ts';
import { exact, respell } from './numbers.ts';
import { DEFAULTS, TABLES } from './tables.ts';

const { keys: KEYS, roles: ROLES, models: MODELS } = TABLES['0.3'];
const invert = (map: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
  new Map([...map].map(([short, full]) => [full, short]));
const SHORT = { keys: invert(KEYS), roles: invert(ROLES), models: invert(MODELS) };

/** The wire without its prefix. @throws InvalidInputError  says what would be lost, and where; LimitExceededError */
export function shorten(message: string, limits: Limits): string {
  const root = parsed(message, limits);
  if (writeJson(root, message.length) !== message)
    refuse('white space or string escapes are not those of compact JSON');
  inspect(root, '$', '', true);
  const body = writeJson(shortenJson(root, ''), limits.bytes);
  // The reasons above are for people; this is the rule: by the original's tables, and by what ours takes the wire for.
  if (expand(body, limits, '0.3') !== message || expand(body, limits) !== message) {
    refuse('the original would not restore the same text');
  }
  return body;
}

function parsed(message: string, limits: Limits): Json {
  try {
    return parseJson(message, limits);
  } catch (error) {
    if (!(error instanceof WireFormatError)) throw error;
    throw new InvalidInputError(`t1: the message is no JSON: ${error.message}`, { cause: error });
  }
}

function refuse(reason: string): never {
  throw new InvalidInputError(`t1: cannot carry this message without loss: ${reason}`);
}

/** @param restores  whether the original still looks for a request to complete, here or below */
function inspect(json: Json, path: string, parent: string, restores: boolean): void {
  if (json.kind === 'lexeme') inspectLexeme(json.text, path);
  else if (json.kind === 'string') inspectString(json.value, path, parent);
  else if (json.kind === 'object') inspectMembers(json.members, path, restores);
  else for (const [i, item] of json.items.entries()) inspect(item, `${path}[${i}]`, parent, restores);
}

function inspectMembers(members: readonly Member[], path: string, restores: boolean): void {
  inspectKeys(members, path);
  const request = restores && isRequest(members);
  for (const [key, value] of members) {
    const at = `${path}.${key}`;
    if (value.kind === 'lexeme' && value.text === 'null') refuse(`null removed at ${at}`);
    if (isDefault(key, value)) {
      if (!request || !DEFAULTS.has(key)) refuse(`nested default removed at ${at}`);
      const text = DEFAULTS.get(key)!;
      if (value.kind !== 'lexeme' || value.text !== text) refuse(`number lexeme: ${at} would come back as ${text}`);
    }
    inspect(value, at, key, restores && !request);
  }
  if (!request) return;
  const own = new Set(members.map(([key]) => key));
  for (const key of DEFAULTS.keys()) if (!own.has(key)) refuse(`invented default: ${path}.${key} would appear`);
}

function inspectLexeme(text: string, path: string): void {
  if (!/^[-0-9]/u.test(text)) return;
  if (!Number.isFinite(Number(text))) refuse(`number lexeme at ${path}: no double can hold it`);
  if (respell(text) !== text) refuse(`number lexeme at ${path} would come back as ${respell(text)}`);
  if (!exact(text)) refuse(`number lexeme at ${path}: the original reads so many digits inexactly`);
}

function inspectString(value: string, path: string, parent: string): void {
  if ((parent === 'role' || parent === 'r') && ROLES.has(value)) refuse(`the role value at ${path} is a short code`);
  if ((parent === 'model' || parent === 'M') && MODELS.has(value)) refuse(`the model name at ${path} is a short code`);
}

function inspectKeys(members: readonly Member[], path: string): void {
  const seen = new Set<string>();
  for (const [i, [key]] of members.entries()) {
    if (seen.has(key)) refuse(`duplicate key ${path}.${key}`);
    seen.add(key);
    if (KEYS.has(key)) refuse(`the key ${path}.${key} is a short code`);
    const before = members[i - 1]?.[0];
    if (before !== undefined && byBytes(before, key) > 0) refuse(`key order: ${path}.${key} comes after ${before}`);
  }
}

/** What the original drops, by its own comparisons. */
function isDefault(key: string, value: Json): boolean {
  if (key === 'logit_bias') return value.kind === 'object' && value.members.length === 0;
  if (value.kind !== 'lexeme') return false;
  const { text } = value;
  if (key === 'stream') return text === 'false';
  if (!/^[-0-9]/u.test(text)) return false;
  if (key === 'n') return text === '1';
  if (key === 'temperature' || key === 'top_p') return Math.abs(Number(text) - 1) < 0.001;
  return (key === 'frequency_penalty' || key === 'presence_penalty') && Number(text) === 0;
}

function shortenJson(json: Json, parent: string): Json {
  if (json.kind === 'array') return { kind: 'array', items: json.items.map((item) => shortenJson(item, parent)) };
  if (json.kind === 'string') {
    const short =
      parent === 'role' ? SHORT.roles.get(json.value) : parent === 'model' ? SHORT.models.get(json.value) : undefined;
    return { kind: 'string', value: short ?? json.value };
  }
  if (json.kind === 'lexeme') return json;
  const members = json.members
    .filter(([key, value]) => !isDefault(key, value))
    .map(([key, value]): Member => [SHORT.keys.get(key) ?? key, shortenJson(value, key)]);
  return { kind: 'object', members: sorted(members) };
}
