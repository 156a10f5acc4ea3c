/** The scanner's public names. */
export type { Classified, Classifier, ClassifierInput, ClassifyOptions } from './classifier.ts';
export { literals, replaceStrings } from './json/literals.ts';
export { at } from './path.ts';
export type { AllowList, CategoryPolicy, Policy } from './policy.ts';
export { redact } from './redact.ts';
export { type ScanInput, type ScannerOptions, type ScanOptions, SecurityScanner } from './scanner.ts';
export { type StreamOptions, scanStream } from './stream.ts';
export { type Piece, pieces } from './strings.ts';
export * from './verdict.ts';
