/** What foreign classifiers call their classes, in the scanner's words. */
import { InvalidInputError, ModelFormatError } from '../../errors.ts';

export const LABELS = ['benign', 'prompt_injection', 'jailbreak', 'data_exfiltration', 'malformed'] as const;
export type Label = (typeof LABELS)[number];

/** By class name, or by index where the model has no names. */
export type LabelMap = Readonly<Record<string, Label>>;

/** Names that published detectors use, in small letters and without signs. */
const KNOWN: Readonly<Record<string, Label>> = {
  benign: 'benign', safe: 'benign', legit: 'benign', legitimate: 'benign', normal: 'benign', ok: 'benign', label0: 'benign',
  injection: 'prompt_injection', promptinjection: 'prompt_injection', malicious: 'prompt_injection', unsafe: 'prompt_injection',
  attack: 'prompt_injection', label1: 'prompt_injection', indirectinjection: 'prompt_injection',
  jailbreak: 'jailbreak',
  dataexfiltration: 'data_exfiltration', exfiltration: 'data_exfiltration', leak: 'data_exfiltration',
  malformed: 'malformed',
}; // biome-ignore format: one line for each of our labels

/**
 * Our label of each output.
 *
 * @param names  the model's own (`id2label` of its config.json); undefined where it has none
 * @param own    the caller's map, which wins
 * @throws ModelFormatError   a class that nobody knows, or none that is benign
 * @throws InvalidInputError  the caller's map names a label that does not exist
 */
export function labelsOf(
  count: number,
  names: Readonly<Record<string, string>> | undefined,
  own: LabelMap = {},
): readonly Label[] {
  for (const [name, label] of Object.entries(own)) {
    if (!LABELS.includes(label))
      throw new InvalidInputError(`labels.${name}: expected one of ${LABELS.join(', ')}, found ${label}`);
  }
  // One output is the probability of an attack (sigmoid), and has a benign other half.
  const classes = Array.from({ length: Math.max(2, count) }, (_, i) => names?.[String(i)] ?? `LABEL_${i}`);
  const labels = classes.map(
    (name, i) => own[name] ?? own[String(i)] ?? KNOWN[name.toLowerCase().replace(/[^a-z0-9]/gu, '')],
  );
  const unknown = classes.filter((_, i) => labels[i] === undefined);
  if (unknown.length > 0 || (count > 2 && names === undefined && Object.keys(own).length === 0)) {
    const what = unknown.length > 0 ? unknown.join(', ') : `${count} classes without names`;
    throw new ModelFormatError(`the model's classes: ${what}; name them: labels: { "${classes[0]}": "benign", … }`);
  }
  if (!labels.includes('benign'))
    throw new ModelFormatError(`the model's classes: none of ${classes.join(', ')} is benign`);
  return labels as Label[];
}

/** Probabilities by label from the logits of one window: softmax, or sigmoid where there is one output. */
export function probabilities(logits: ArrayLike<number>, labels: readonly Label[]): Record<Label, number> {
  const values = logits.length === 1 ? [0, logits[0]!] : Array.from(logits);
  const max = Math.max(...values);
  const e = values.map((value) => Math.exp(value - max));
  const total = e.reduce((sum, value) => sum + value, 0);
  const scores = Object.fromEntries(LABELS.map((label) => [label, 0])) as Record<Label, number>;
  labels.forEach((label, i) => {
    scores[label] += e[i]! / total;
  });
  // Sums of shares may end one bit above 1.
  for (const label of LABELS) scores[label] = Math.min(1, scores[label]);
  return scores;
}
