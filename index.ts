/** The public names that run anywhere, browsers included. `m2m-protocol/proxy` is the part that needs Node. */
export * as codec from './codec/index.ts';
export * from './errors.ts';
export * from './security/index.ts';
export * from './tokenizer/index.ts';
