/** The scanner's public names. */
export type { Classified, Classifier, ClassifierInput, ClassifyOptions } from './classifier.ts';
export type { AllowList, CategoryPolicy, Policy } from './policy.ts';
export { type ScanInput, type ScannerOptions, type ScanOptions, SecurityScanner } from './scanner.ts';
export { type StreamOptions, scanStream } from './stream.ts';
export * from './verdict.ts';
