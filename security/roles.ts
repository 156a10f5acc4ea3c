/**
 * Who says a string, told by its place in a message: OpenAI chat, completions and responses, Anthropic, Gemini, Ollama,
 * MCP and A2A.
 *
 * A `role` counts only where a message stands (`messages[]`, `choices[].message`, `params.message` …). Inside a
 * message's content it is what somebody wrote, and must not make a tool result into an order of the system. There a
 * place can only lose trust: a `tool_result` block in a user's message is a tool's text.
 */
import type { Role } from './verdict.ts';

/**
 * `envelope`  the outermost object, whose keys are those of a request, a response or an event
 * `messages`  a list of messages, or one · `choices`  of a response · `params`, `result`  of JSON-RPC
 * `message`   an object whose own `role` counts · `body`  anything below: what was said
 */
export const PLACES = ['envelope', 'messages', 'message', 'choices', 'params', 'result', 'body'] as const;
export type Place = (typeof PLACES)[number];

export interface Seat {
  readonly place: Place;
  readonly role: Role | undefined;
}

type Member = readonly [place: Place, role?: Role];

const OWN_ROLES: Readonly<Record<string, Role>> = {
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  model: 'assistant',
  agent: 'assistant',
  ROLE_AGENT: 'assistant',
  ROLE_USER: 'user',
  ai: 'assistant',
  system: 'system',
  developer: 'system',
  tool: 'tool',
  function: 'tool',
};

const TYPES: Readonly<Record<string, Role>> = {
  tool_result: 'tool',
  'tool-result': 'tool',
  function_call_output: 'tool',
  custom_tool_call_output: 'tool',
  computer_call_output: 'tool',
  local_shell_call_output: 'tool',
  mcp_tool_result: 'tool',
  mcp_list_tools: 'document',
  web_search_tool_result: 'tool',
  document: 'document',
  resource: 'document',
  resource_link: 'document',
  search_result: 'document',
  file: 'document',
  input_file: 'document',
  tool_use: 'assistant',
  'tool-call': 'assistant',
  function_call: 'assistant',
  custom_tool_call: 'assistant',
  mcp_call: 'assistant',
  reasoning: 'assistant',
};

// Tool definitions count as documents: their descriptions are a known place for orders, but what a tool does is said as one
// too ("Cancel the whole reservation"), and a result is not.
const MEMBERS: Readonly<Record<Exclude<Place, 'body'>, Readonly<Record<string, Member>>>> = {
  envelope: {
    messages: ['messages'],
    message: ['message', 'assistant'],
    input: ['messages', 'user'],
    prompt: ['body', 'user'],
    suffix: ['body', 'user'],
    contents: ['messages', 'user'],
    system: ['body', 'system'],
    instructions: ['body', 'system'],
    systemInstruction: ['body', 'system'],
    system_instruction: ['body', 'system'],
    choices: ['choices', 'assistant'],
    candidates: ['choices', 'assistant'],
    output: ['messages', 'assistant'],
    output_text: ['body', 'assistant'],
    completion: ['body', 'assistant'],
    item: ['message', 'assistant'],
    delta: ['body', 'assistant'],
    content_block: ['body', 'assistant'],
    response: ['envelope', 'assistant'],
    tools: ['body', 'document'],
    functions: ['body', 'document'],
    params: ['params'],
    result: ['result', 'tool'],
    history: ['messages'],
  },
  messages: {},
  message: { tool_calls: ['body', 'assistant'], function_call: ['body', 'assistant'] },
  choices: {
    message: ['message', 'assistant'],
    delta: ['message', 'assistant'],
    content: ['message', 'assistant'],
    text: ['body', 'assistant'],
  },
  params: {
    message: ['message', 'user'],
    messages: ['messages', 'user'],
    systemPrompt: ['body', 'system'],
    arguments: ['body', 'assistant'],
  },
  result: {
    message: ['message'],
    messages: ['messages'],
    contents: ['body', 'document'],
    history: ['messages'],
    status: ['result'],
    task: ['result'],
  },
};

/** The seat of an object that stands in `seat`: its own role where one counts, its type where that lowers trust. */
export function seatOfObject(node: Readonly<Record<string, unknown>>, seat: Seat): Seat {
  const { place } = seat;
  // All that the caller calls a tool's or a document's was said by it, also where it has the form of a conversation.
  if (place === 'envelope' && isUntrusted(seat.role)) return { place: 'body', role: byType(node, seat.role) };
  const own = place === 'body' || place === 'choices' || place === 'params' ? undefined : ownRole(node);
  // Of the results of JSON-RPC only A2A's message has a role; a tool that adds one to its content is still a tool.
  if (place === 'result' && !isMessage(node)) return { place, role: byType(node, seat.role) };
  // A tool's answer may quote a user or an assistant (MCP prompts/get), but nothing from outside speaks as the system.
  if (own !== undefined && !(own === 'system' && isUntrusted(seat.role))) {
    return { place: 'message', role: byType(node, own) };
  }
  const role = byType(node, seat.role);
  if (place === 'messages') return { place: 'message', role };
  return role === seat.role ? seat : { place, role };
}

/** The seat of the member `key` of an object in `seat` (which is what `seatOfObject` said). */
export function seatOfMember(seat: Seat, key: string, isRpc: boolean): Seat {
  const { place, role } = seat;
  if (place === 'body') return seat;
  const members = MEMBERS[place];
  const member = Object.hasOwn(members, key) ? members[key] : undefined;
  if (member === undefined || (place === 'envelope' && (key === 'params' || key === 'result') && !isRpc)) {
    return { place: 'body', role };
  }
  const told = member[1];
  // What the caller said of the whole stands, unless the key tells more exactly and does not raise trust.
  return { place: member[0], role: told === undefined || (isUntrusted(role) && !isUntrusted(told)) ? role : told };
}

function ownRole(node: Readonly<Record<string, unknown>>): Role | undefined {
  const own = Object.hasOwn(node, 'role') ? node.role : undefined;
  return typeof own === 'string' && Object.hasOwn(OWN_ROLES, own) ? OWN_ROLES[own] : undefined;
}

function byType(node: Readonly<Record<string, unknown>>, role: Role | undefined): Role | undefined {
  const type = Object.hasOwn(node, 'type') ? node.type : undefined;
  if (typeof type !== 'string' || !Object.hasOwn(TYPES, type)) return role;
  const told = TYPES[type]!;
  return isUntrusted(role) && !isUntrusted(told) ? role : told;
}

function isMessage(node: Readonly<Record<string, unknown>>): boolean {
  return Object.hasOwn(node, 'parts') && !Object.hasOwn(node, 'content') && !Object.hasOwn(node, 'structuredContent');
}

function isUntrusted(role: Role | undefined): boolean {
  return role === 'tool' || role === 'document';
}
