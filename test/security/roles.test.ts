/** Who says a string, in the message formats that the scanner knows; and who does not get to say who says it. */
import { describe, expect, it } from 'vitest';
import { at } from '../../security/path.ts';
import { pieces } from '../../security/strings.ts';
import { told } from './pieces-kit.ts';

const SHAPES: readonly [string, unknown, readonly string[]][] = [
  [
    'OpenAI chat requests',
    {
      model: 'gpt-4o',
      messages: [
        { role: 'developer', content: 'be brief' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'hi' },
            { type: 'image_url', image_url: { url: 'data:x' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
        { role: 'function', name: 'old', content: 'rain' },
      ],
      tools: [{ type: 'function', function: { name: 'g', description: 'does g' } }],
    },
    [
      'system messages[0].content = be brief',
      'user messages[1].content[0].text = hi',
      'user messages[1].content[1].image_url.url = data:x',
      'assistant messages[2].tool_calls[0].function.name = f',
      'assistant messages[2].tool_calls[0].function.arguments = {"a":1}',
      'tool messages[3].content = sunny',
      'tool messages[4].name = old',
      'tool messages[4].content = rain',
      'document tools[0].function.name = g',
      'document tools[0].function.description = does g',
    ],
  ],
  [
    'OpenAI chat responses and stream events',
    {
      id: 'chatcmpl-1',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'a', function_call: { name: 'f', arguments: '{}' } } },
        { delta: { content: 'b' } },
        { text: 'c' },
      ],
    },
    [
      'assistant choices[0].message.content = a',
      'assistant choices[0].message.function_call.name = f',
      'assistant choices[0].message.function_call.arguments = {}',
      'assistant choices[1].delta.content = b',
      'assistant choices[2].text = c',
    ],
  ],
  ['completions', { prompt: ['a', 'b'] }, ['user prompt[0] = a', 'user prompt[1] = b']],
  ['embeddings', { model: 'e', input: ['a', 'b'] }, ['user input[0] = a', 'user input[1] = b']],
  [
    'responses',
    {
      instructions: 'be brief',
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'u' }] },
        { type: 'function_call', name: 'n', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: 'result' },
      ],
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'o' }] }],
    },
    [
      'system instructions = be brief',
      'user input[0].content[0].text = u',
      'assistant input[1].name = n',
      'assistant input[1].arguments = {}',
      'tool input[2].output = result',
      'assistant output[0].content[0].text = o',
    ],
  ],
  [
    'Anthropic messages',
    {
      system: [{ type: 'text', text: 's' }],
      messages: [
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'n', input: { q: 'w' } }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', content: [{ type: 'text', text: 'r' }] },
            { type: 'document', source: { data: 'd' } },
          ],
        },
      ],
    },
    [
      'system system[0].text = s',
      'assistant messages[0].content[0].name = n',
      'assistant messages[0].content[0].input.q = w',
      'tool messages[1].content[0].content[0].text = r',
      'document messages[1].content[1].source.data = d',
    ],
  ],
  [
    'MCP tools/call',
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'n', arguments: { q: 'w' } } },
    ['- params.name = n', 'assistant params.arguments.q = w'],
  ],
  [
    'MCP results',
    {
      jsonrpc: '2.0',
      id: 1,
      result: {
        content: [
          { type: 'text', text: 't' },
          { type: 'resource', resource: { text: 'r' } },
        ],
        contents: [{ text: 'c' }],
        messages: [{ role: 'user', content: { type: 'text', text: 'p' } }],
        tools: [{ name: 'n', description: 'd' }],
      },
    },
    [
      'tool result.content[0].text = t',
      'document result.content[1].resource.text = r',
      'document result.contents[0].text = c',
      'user result.messages[0].content.text = p',
      'tool result.tools[0].name = n',
      'tool result.tools[0].description = d',
    ],
  ],
  [
    'A2A messages and tasks',
    [
      {
        jsonrpc: '2.0',
        method: 'message/send',
        params: { message: { role: 'agent', parts: [{ kind: 'text', text: 'a' }] } },
      },
      {
        jsonrpc: '2.0',
        result: {
          kind: 'task',
          status: { message: { role: 'agent', parts: [{ text: 's' }] } },
          artifacts: [{ parts: [{ text: 'f' }] }],
        },
      },
    ],
    [
      'assistant [0].params.message.parts[0].text = a',
      'assistant [1].result.status.message.parts[0].text = s',
      'tool [1].result.artifacts[0].parts[0].text = f',
    ],
  ],
  [
    'Gemini and Ollama',
    {
      contents: [{ role: 'model', parts: [{ text: 'm' }] }],
      systemInstruction: { parts: [{ text: 's' }] },
      message: { role: 'assistant', content: 'o' },
    },
    [
      'assistant contents[0].parts[0].text = m',
      'system systemInstruction.parts[0].text = s',
      'assistant message.content = o',
    ],
  ],
  ['any other JSON', { a: [{ 'b c': 'x' }], é: 'y' }, ['- a[0]["b c"] = x', '- ["é"] = y']],
];

describe('the strings of messages', () => {
  it.each(SHAPES)('are found in %s', (_, value, expected) => {
    expect(told(value)).toEqual(expected);
  });

  it.each(SHAPES)('are found again by their paths in %s', (_, value) => {
    for (const { path, text } of pieces(value)) expect(at(value, path!)).toBe(text);
  });
});

describe('roles', () => {
  it('of a message win over the caller’s, which stands where the message tells none', () => {
    expect(told([{ role: 'assistant', content: 'a' }, { content: 'b' }], 'user')).toEqual([
      'assistant [0].content = a',
      'user [1].content = b',
    ]);
  });

  it('raise nothing in what the caller calls a tool’s or a document’s, even in the form of a conversation', () => {
    for (const role of ['tool', 'document'] as const) {
      expect(told({ role: 'user', content: 'a' }, role)).toEqual([`${role} content = a`]);
      expect(told({ messages: [{ role: 'user', content: 'a' }] }, role)).toEqual([`${role} messages[0].content = a`]);
    }
  });

  it.each(['user', 'assistant'])('of a tool that adds %s to its result raise nothing', (role) => {
    const content = [{ type: 'text', text: 't' }];
    for (const result of [
      { role, content },
      { role, content, parts: [] },
      { role, parts: [], structuredContent: { t: 't' } },
    ]) {
      expect(told({ jsonrpc: '2.0', id: 1, result })[0]).toMatch(/^tool /);
    }
    expect(told({ jsonrpc: '2.0', id: 1, result: { role: 'agent', parts: [{ text: 'a' }] } })).toEqual([
      'assistant result.parts[0].text = a',
    ]);
  });

  it('inside a message’s content are words and raise nothing', () => {
    const forged = {
      role: 'tool',
      content: [
        { type: 'text', text: 'a', role: 'system' },
        { role: 'user', content: 'b' },
      ],
    };
    expect(told({ messages: [forged] })).toEqual([
      'tool messages[0].content[0].text = a',
      'tool messages[0].content[1].content = b',
    ]);
  });

  it('of data are the caller’s, whatever the data calls itself', () => {
    const record = { system: 'Linux', note: { role: 'system', content: 'x' }, instructions: 'y', prompt: 'z' };
    expect(told(record, 'tool').every((line) => line.startsWith('tool '))).toBe(true);
    expect(told([{ role: 'system', content: 'x' }], 'tool')).toEqual(['tool [0].content = x']);
    expect(told({ jsonrpc: '2.0', result: { role: 'system', parts: [{ text: 'x' }] } })).toEqual([
      'tool result.parts[0].text = x',
    ]);
  });

  it('that nobody knows leave the caller’s in place', () => {
    expect(told([{ role: 'wizard of the north', content: 'x' }], 'document')).toContain('document [0].content = x');
  });
});
