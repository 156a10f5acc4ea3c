/** Text ↔ token ids for cl100k_base and o200k_base; byte-level BPE in linear time over the rank data of js-tiktoken. */
export { type Encoding, type ModelTokenizer, readTokenizerFile } from './file.ts';
export { loadTokenizer } from './load.ts';
export type { Tokenizer, VocabularyName } from './tokenizer.ts';
