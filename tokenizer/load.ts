/**
 * Loads a vocabulary once: the rank data of js-tiktoken, behind a dynamic import each, so that a program (or a page) that
 * uses one vocabulary never fetches the other.
 */
import { InvalidInputError, TokenizerError } from '../errors.ts';
import { splitCl100k, splitO200k } from './split.ts';
import { createTokenizer, type Tokenizer, type VocabularyName } from './tokenizer.ts';
import { readVocabulary } from './vocabulary.ts';

const loaders = {
  cl100k_base: async (): Promise<Tokenizer> => {
    const ranks = await import('js-tiktoken/ranks/cl100k_base');
    return tried(createTokenizer('cl100k_base', readVocabulary(ranks.default), splitCl100k));
  },
  o200k_base: async (): Promise<Tokenizer> => {
    const ranks = await import('js-tiktoken/ranks/o200k_base');
    return tried(createTokenizer('o200k_base', readVocabulary(ranks.default), splitO200k));
  },
};

// Every kind of character, and pieces that are short, long, a token, and no token.
const EVERY_BRANCH =
  `{"role":"user","content":"Don't IT'LL we've they're\\n\\n /a/b\\t12345"}\r\n\n  Zürich e\u0301 中文字漢 ﬁ ʰ 😀 \u00a0x qxzjkvw` +
  `${'-='.repeat(40)} ${'xq'.repeat(40)}`;

/**
 * Encodes one text a hundred times (about 15 ms) and expects it back. Without this the engine compiles before it has met
 * the rare branches, throws that code away a dozen times, and the first 500 KB take half as long again.
 */
function tried(tokenizer: Tokenizer): Tokenizer {
  for (let i = 0; i < 100; i++) {
    if (tokenizer.decode(tokenizer.encode(EVERY_BRANCH)) === EVERY_BRANCH) continue;
    throw new TokenizerError(`${tokenizer.name}: a text did not come back as it was; is js-tiktoken 1.0 installed?`);
  }
  return tokenizer;
}

const loaded = new Map<VocabularyName, Promise<Tokenizer>>();

/**
 * The tokenizer of a vocabulary: GPT-4 and GPT-3.5 use `cl100k_base`, GPT-4o and later `o200k_base`. The first call
 * reads 1.1 or 2.3 MB; later calls give the same tokenizer. A load that failed is tried again by the next call.
 *
 * @throws InvalidInputError the name is none of the two
 * @throws TokenizerError    the installed rank data is not that of js-tiktoken 1.0
 */
export async function loadTokenizer(name: VocabularyName): Promise<Tokenizer> {
  if (!Object.hasOwn(loaders, name)) {
    throw new InvalidInputError(`tokenizer: expected cl100k_base or o200k_base, found ${String(name)}`);
  }
  let loading = loaded.get(name);
  if (loading === undefined) {
    loading = loaders[name]();
    loaded.set(name, loading);
    loading.catch(() => loaded.delete(name));
  }
  return loading;
}
