/** The scanner as Node has it: Hydra and the rules together, without a word about models. In a page, security/index.ts. */
import { asClassifier, onDemand } from './hydra.ts';
import { SecurityScanner as Scanner, type ScannerOptions } from './security/index.ts';

export * from './security/index.ts';

/** One for the process: its workers are shared by all scanners that name no other. */
const hydra = onDemand(async () => {
  const { loadHydra } = await import('./engine/node.ts');
  return asClassifier(await loadHydra());
});

/**
 * Judges texts and messages by the rules and by the Hydra that comes with the package, which is loaded by the first scan.
 * `mode: 'patterns'` leaves it out; `classifier` puts another in its place.
 */
export class SecurityScanner extends Scanner {
  /** @throws InvalidInputError  an unknown mode, a deadline that is no time, or a policy that contradicts itself */
  constructor(options: ScannerOptions = {}) {
    const ours = options.mode !== 'patterns' && options.classifier === undefined;
    super(ours ? { ...options, classifier: hydra } : options);
  }
}
