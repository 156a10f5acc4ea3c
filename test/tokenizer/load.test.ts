/** Loading: once for each vocabulary, only what was asked for, nothing on import, nothing that a browser lacks. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { InvalidInputError, TokenizerError } from '../../errors.ts';
import { loadTokenizer, type VocabularyName } from '../../tokenizer/index.ts';
import { type RankData, readVocabulary } from '../../tokenizer/vocabulary.ts';

const folder = resolve(import.meta.dirname, '../../tokenizer');

describe('loadTokenizer', () => {
  it('gives the same tokenizer to every caller', async () => {
    const [first, second] = await Promise.all([loadTokenizer('cl100k_base'), loadTokenizer('cl100k_base')]);
    expect(second).toBe(first);
    expect(await loadTokenizer('cl100k_base')).toBe(first);
  });

  it.each(['gpt2', 'toString', '', undefined])('rejects the name %s', async (name) => {
    await expect(loadTokenizer(name as VocabularyName)).rejects.toThrow(InvalidInputError);
  });

  it('loads no ranks on import, and only those that were asked for', async () => {
    const script = `
      import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ resolve(name, context, next) { if (name.startsWith('js-tiktoken')) seen.push(name); return next(name, context); } });
      const { loadTokenizer } = await import('./index.ts');
      const onImport = seen.length;
      await loadTokenizer('cl100k_base');
      console.log(JSON.stringify({ onImport, seen }));`;
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual({ onImport: 0, seen: ['js-tiktoken/ranks/cl100k_base'] });
  });

  it('uses nothing that a browser lacks', () => {
    for (const file of readdirSync(folder)) {
      const source = readFileSync(resolve(folder, file), 'utf8');
      expect(source, file).not.toMatch(/from 'node:|import\('node:|\bBuffer\b|\bprocess\.|\brequire\(/);
    }
  });
});

describe('readVocabulary', () => {
  const withRanks = (bpe_ranks: string): RankData => ({ bpe_ranks, special_tokens: {} });

  it.each([
    ['a rank out of order', '! 1 IQ==', 'expected a line "! 0 …"'],
    ['no header', 'IQ== Ig==', 'expected a line "! 0 …"'],
    ['something that is no base64', '! 0 IQ== I*==', 'expected a base64 digit'],
    ['a byte without an id', '! 0 IQ== Ig==', 'no id for byte 0x0'],
  ])('rejects rank data with %s', (_, ranks, message) => {
    expect(() => readVocabulary(withRanks(ranks))).toThrow(TokenizerError);
    expect(() => readVocabulary(withRanks(ranks))).toThrow(message);
  });
});
