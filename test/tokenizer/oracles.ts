/** The two foreign encoders that ids are compared with, and the traffic that both sides encode. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Tiktoken } from 'js-tiktoken/lite';
import type { VocabularyName } from '../../tokenizer/index.ts';

export const VOCABULARIES: readonly VocabularyName[] = ['cl100k_base', 'o200k_base'];

/** An encoder that takes special-token text for ordinary text. */
export type Encode = (text: string) => number[];

/** The rank data as js-tiktoken exports it, its pattern included. */
export async function rankData(name: VocabularyName): Promise<ConstructorParameters<typeof Tiktoken>[0]> {
  const ranks =
    name === 'cl100k_base' ? import('js-tiktoken/ranks/cl100k_base') : import('js-tiktoken/ranks/o200k_base');
  return (await ranks).default;
}

/** js-tiktoken: the definition of our ids. Quadratic within a piece, so feed it no long runs. */
export async function jsTiktoken(name: VocabularyName): Promise<Encode> {
  const encoder = new Tiktoken(await rankData(name));
  return (text) => encoder.encode(text, [], []);
}

/** gpt-tokenizer: written by others, over its own copy of the ranks. */
export async function gptTokenizer(name: VocabularyName): Promise<Encode> {
  const cl100k = name === 'cl100k_base';
  const encoder = await (cl100k
    ? import('gpt-tokenizer/encoding/cl100k_base')
    : import('gpt-tokenizer/encoding/o200k_base'));
  return (text) => encoder.encode(text, { disallowedSpecial: new Set() });
}

/** The bodies of a `.jsonl` or `.jsonl.gz` file of traffic records. */
export function bodiesOf(file: string): string[] {
  const bytes = readFileSync(file);
  const lines = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { body: string }).body);
}

/** The bodies every clone has. */
export function sampleBodies(): string[] {
  return bodiesOf(resolve(import.meta.dirname, '../data/traffic-sample.jsonl'));
}
