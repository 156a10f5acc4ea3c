/**
 * The original's way back: patterns, then short codes at every depth (whatever the member means), then the defaults of a
 * request; members sorted by bytes, the last of equal keys kept. Wire format §2.5.
 */
import type { Limits } from '../../limits.ts';
import { byBytes, type Json, type Member, parseJson, writeJson } from './json.ts';
import { respell } from './numbers.ts';
import { expandPatterns } from './patterns.ts';
import { DEFAULTS, type Dialect, TABLES } from './tables.ts';

/** The message of a wire without its prefix. @throws WireFormatError, LimitExceededError */
export function expand(body: string, limits: Limits, dialect?: Dialect): string {
  const root = parseJson(expandPatterns(body, limits.bytes), limits);
  return writeJson(restore(expandJson(root, '', dialect ?? dialectOf(root))), limits.bytes);
}

/** Members as the original's maps hold them: each key once, its last value, in the order of bytes. */
export function sorted(members: Iterable<Member>): Member[] {
  return [...new Map(members)].sort(([a], [b]) => byBytes(a, b));
}

function expandJson(json: Json, parent: string, dialect: Dialect): Json {
  const { keys } = TABLES[dialect];
  switch (json.kind) {
    case 'lexeme':
      return { kind: 'lexeme', text: respell(json.text) };
    case 'string':
      return { kind: 'string', value: expandValue(json.value, parent, dialect) };
    case 'array':
      return { kind: 'array', items: json.items.map((item) => expandJson(item, parent, dialect)) };
    case 'object': {
      const members = sorted(json.members).map(([short, value]): Member => {
        const key = (dialect === 'docs' && ambiguous(short, value)) || (keys.get(short) ?? short);
        return [key, expandJson(value, key, dialect)];
      });
      return { kind: 'object', members: sorted(members) };
    }
  }
}

function expandValue(value: string, parent: string, dialect: Dialect): string {
  const { roles, models, reasons } = TABLES[dialect];
  if (parent === 'role' || parent === 'r') return roles.get(value) ?? value;
  if (parent === 'model' || parent === 'M') return models.get(value) ?? value;
  return parent === 'finish_reason' ? (reasons.get(value) ?? value) : value;
}

/** The codes that the documentation gives to two keys each. */
function ambiguous(short: string, { kind }: Json): string | undefined {
  if (short === 'm') return kind === 'array' ? 'messages' : 'message';
  if (short === 'n') return kind === 'string' ? 'name' : 'n';
  if (short === 'tc') return kind === 'array' ? 'tool_calls' : 'tool_choice';
  return undefined;
}

function restore(json: Json): Json {
  if (json.kind === 'array') return { kind: 'array', items: json.items.map(restore) };
  if (json.kind !== 'object') return json;
  if (!isRequest(json.members)) {
    return { kind: 'object', members: json.members.map(([key, value]): Member => [key, restore(value)]) };
  }
  const defaults = [...DEFAULTS].map(([key, text]): Member => [key, { kind: 'lexeme', text }]);
  return { kind: 'object', members: sorted([...defaults, ...json.members]) };
}

/** Whether the original restores defaults here; it looks for them nowhere below. */
export function isRequest(members: readonly Member[]): boolean {
  return members.some(([key]) => key === 'messages' || key === 'model');
}

/**
 * The dialect that a wire seems to be in. Full `messages` or `choices[].message`, which 0.1 and the documentation
 * shorten, decide for 0.3; of the other two, the documentation is known by its own roles, models and codes.
 */
function dialectOf(root: Json): Dialect {
  const member = (json: Json | undefined, key: string): Json | undefined =>
    json?.kind === 'object' ? json.members.find(([name]) => name === key)?.[1] : undefined;
  const items = (json: Json | undefined): readonly Json[] => (json?.kind === 'array' ? json.items : []);
  const turns = items(member(root, 'm'));
  const choice = items(member(root, 'C'))[0];
  const request = member(root, 'messages') === undefined && turns.some((turn) => member(turn, 'r') !== undefined);
  const response =
    member(choice, 'i')?.kind === 'lexeme' || ['m', 'mg', 'd'].some((key) => member(choice, key)?.kind === 'object');
  if (!request && !response) return '0.3';
  const { roles, models } = TABLES.docs;
  const [model, old] = [member(root, 'M'), TABLES['0.1'].models];
  const roleOf = (turn: Json): boolean => {
    const role = member(turn, 'r');
    return role?.kind === 'string' && roles.has(role.value);
  };
  const docs =
    turns.some(roleOf) ||
    (model?.kind === 'string' && models.has(model.value) && !old.has(model.value)) ||
    ['m', 'd'].some((key) => member(choice, key)?.kind === 'object');
  return docs ? 'docs' : '0.1';
}
