/**
 * Short codes and what they stand for, by dialect: the original's source of 0.2 and 0.3, that of 0.1, and its
 * documentation, which no version of the code ever followed. Maps, because a key may be called `__proto__`.
 */

/** `0.3` reads 0.2 too. `docs` exists on paper only. */
export type Dialect = '0.3' | '0.1' | 'docs';

export interface Tables {
  readonly keys: ReadonlyMap<string, string>;
  readonly roles: ReadonlyMap<string, string>;
  readonly models: ReadonlyMap<string, string>;
  readonly reasons: ReadonlyMap<string, string>;
}

const KEYS = [
  ['c', 'content'],
  ['M', 'model'],
  ['T', 'temperature'],
  ['x', 'max_tokens'],
  ['s', 'stream'],
  ['S', 'stop'],
  ['p', 'top_p'],
  ['f', 'frequency_penalty'],
  ['P', 'presence_penalty'],
  ['fc', 'function_call'],
  ['a', 'arguments'],
  ['tc', 'tool_calls'],
  ['tx', 'tool_choice'],
  ['rf', 'response_format'],
  ['lb', 'logit_bias'],
  ['lp', 'logprobs'],
  ['tlp', 'top_logprobs'],
  ['C', 'choices'],
  ['fr', 'finish_reason'],
  ['pt', 'prompt_tokens'],
  ['ct', 'completion_tokens'],
  ['tt', 'total_tokens'],
  ['D', 'delta'],
  ['sf', 'system_fingerprint'],
  ['E', 'error'],
] as const;
const ROLES = [
  ['S', 'system'],
  ['A', 'assistant'],
  ['F', 'function'],
  ['T', 'tool'],
] as const;
const MODELS = [
  ['g4o', 'gpt-4o'],
  ['g4om', 'gpt-4o-mini'],
  ['g4t', 'gpt-4-turbo'],
  ['g4', 'gpt-4'],
  ['g35t', 'gpt-3.5-turbo'],
  ['l31405', 'llama-3.1-405b'],
  ['l3170', 'llama-3.1-70b'],
  ['l318', 'llama-3.1-8b'],
  ['l3370', 'llama-3.3-70b'],
  ['mll', 'mistral-large-latest'],
  ['msl', 'mistral-small-latest'],
  ['mx87', 'mixtral-8x7b'],
  ['mx822', 'mixtral-8x22b'],
  ['dv3', 'deepseek-v3'],
  ['dr1', 'deepseek-r1'],
  ['dc', 'deepseek-coder'],
  ['q2572', 'qwen-2.5-72b'],
  ['q2532', 'qwen-2.5-32b'],
  ['qc32', 'qwen-2.5-coder-32b'],
] as const;
/** What 0.1 had beside these. */
const OLD_KEYS = [
  ['m', 'messages'],
  ['mg', 'message'],
  ['r', 'role'],
  ['n', 'n'],
  ['u', 'user'],
  ['Fs', 'functions'],
  ['N', 'name'],
  ['ts', 'tools'],
  ['se', 'seed'],
  ['i', 'index'],
  ['U', 'usage'],
  ['I', 'id'],
  ['O', 'object'],
  ['cr', 'created'],
  ['t', 'type'],
  ['fn', 'function'],
  ['pm', 'parameters'],
  ['ds', 'description'],
  ['rq', 'required'],
  ['pr', 'properties'],
  ['txt', 'text'],
  ['cd', 'code'],
] as const;
const OLD_MODELS = [
  ['o1', 'o1'],
  ['o1m', 'o1-mini'],
  ['o3', 'o3'],
  ['o3m', 'o3-mini'],
] as const;
/** Without `m`, `n` and `tc`, which the documentation gives twice; `ambiguous` of decode.ts tells them by their value. */
const DOCS_KEYS = [
  ['c', 'content'],
  ['r', 'role'],
  ['M', 'model'],
  ['T', 'temperature'],
  ['x', 'max_tokens'],
  ['p', 'top_p'],
  ['s', 'stream'],
  ['S', 'stop'],
  ['se', 'seed'],
  ['u', 'user'],
  ['f', 'frequency_penalty'],
  ['P', 'presence_penalty'],
  ['lb', 'logit_bias'],
  ['lp', 'logprobs'],
  ['tlp', 'top_logprobs'],
  ['rf', 'response_format'],
  ['ts', 'tools'],
  ['fs', 'functions'],
  ['fc', 'function_call'],
  ['C', 'choices'],
  ['i', 'index'],
  ['d', 'delta'],
  ['fr', 'finish_reason'],
  ['U', 'usage'],
  ['pt', 'prompt_tokens'],
  ['ct', 'completion_tokens'],
  ['tt', 'total_tokens'],
  ['cr', 'created'],
  ['o', 'object'],
  ['sf', 'system_fingerprint'],
  ['fn', 'function'],
  ['a', 'arguments'],
  ['t', 'type'],
  ['desc', 'description'],
  ['params', 'parameters'],
  ['req', 'required'],
  ['props', 'properties'],
] as const;
const DOCS_ROLES = [
  ['s', 'system'],
  ['u', 'user'],
  ['a', 'assistant'],
  ['f', 'function'],
  ['t', 'tool'],
] as const;
const DOCS_REASONS = [
  ['s', 'stop'],
  ['l', 'length'],
  ['tc', 'tool_calls'],
  ['cf', 'content_filter'],
  ['fc', 'function_call'],
] as const;
const DOCS_MODELS = [
  ['4o', 'gpt-4o'],
  ['4om', 'gpt-4o-mini'],
  ['4o1120', 'gpt-4o-2024-11-20'],
  ['4o0806', 'gpt-4o-2024-08-06'],
  ['4t', 'gpt-4-turbo'],
  ['4tp', 'gpt-4-turbo-preview'],
  ['4', 'gpt-4'],
  ['432k', 'gpt-4-32k'],
  ['35t', 'gpt-3.5-turbo'],
  ['35t16k', 'gpt-3.5-turbo-16k'],
  ['o1', 'o1'],
  ['o1m', 'o1-mini'],
  ['o1p', 'o1-preview'],
  ['o3', 'o3'],
  ['o3m', 'o3-mini'],
  ['ml3370', 'meta-llama/llama-3.3-70b'],
  ['ml3370i', 'meta-llama/llama-3.3-70b-instruct'],
  ['ml31405', 'meta-llama/llama-3.1-405b'],
  ['ml31405i', 'meta-llama/llama-3.1-405b-instruct'],
  ['ml3170', 'meta-llama/llama-3.1-70b'],
  ['ml3170i', 'meta-llama/llama-3.1-70b-instruct'],
  ['ml318', 'meta-llama/llama-3.1-8b'],
  ['ml318i', 'meta-llama/llama-3.1-8b-instruct'],
  ['mim-l', 'mistralai/mistral-large'],
  ['mim-ll', 'mistralai/mistral-large-latest'],
  ['mim-m', 'mistralai/mistral-medium'],
  ['mim-s', 'mistralai/mistral-small'],
  ['mimx87', 'mistralai/mixtral-8x7b'],
  ['mimx822', 'mistralai/mixtral-8x22b'],
  ['micodl', 'mistralai/codestral-latest'],
  ['ddv3', 'deepseek/deepseek-v3'],
  ['ddr1', 'deepseek/deepseek-r1'],
  ['ddc', 'deepseek/deepseek-coder'],
  ['ddchat', 'deepseek/deepseek-chat'],
  ['qq2572', 'qwen/qwen-2.5-72b'],
  ['qq2532', 'qwen/qwen-2.5-32b'],
  ['qqc32', 'qwen/qwen-2.5-coder-32b'],
] as const;

export const TABLES: Readonly<Record<Dialect, Tables>> = {
  '0.3': { keys: new Map(KEYS), roles: new Map(ROLES), models: new Map(MODELS), reasons: new Map() },
  '0.1': {
    keys: new Map<string, string>([...KEYS, ...OLD_KEYS]),
    roles: new Map(ROLES),
    models: new Map<string, string>([...MODELS, ...OLD_MODELS]),
    reasons: new Map(),
  },
  docs: {
    keys: new Map(DOCS_KEYS),
    roles: new Map(DOCS_ROLES),
    models: new Map(DOCS_MODELS),
    reasons: new Map(DOCS_REASONS),
  },
};

/** What the original puts back into a request that lacks it, as it spells it. */
export const DEFAULTS: ReadonlyMap<string, string> = new Map([
  ['temperature', '1.0'],
  ['top_p', '1.0'],
  ['n', '1'],
  ['stream', 'false'],
  ['frequency_penalty', '0'],
  ['presence_penalty', '0'],
]);
