/**
 * A classifier's answers, kept: an agent sends its whole conversation again with every turn, and a forward pass over it
 * costs a thousand times what the question does. An answer depends on nothing but the text and its role.
 *
 * Two generations in place of a true LRU, and whole texts as keys, as in recall.ts.
 */
import { ClassifierUnavailableError } from '../errors.ts';
import type { Classified, Classifier, ClassifierInput, ClassifyOptions } from './classifier.ts';
import type { ModelIdentity } from './verdict.ts';

/** What an answer weighs beside its text, in characters. */
const ENTRY = 256;

type Generation = Map<string, Classified>;

export class Answers implements Classifier {
  readonly #classifier: Classifier;
  readonly #capacity: number;
  #young: Generation = new Map();
  #old: Generation = new Map();
  #chars = 0;

  /** @param capacity  characters of a generation, ENTRY for each answer counted in; two generations are held at most */
  constructor(classifier: Classifier, capacity: number) {
    this.#classifier = classifier;
    this.#capacity = capacity;
  }

  get model(): ModelIdentity | undefined {
    return this.#classifier.model;
  }

  /** As the classifier answers; only texts that are not known are asked for, each once. */
  async classify(texts: readonly ClassifierInput[], options?: ClassifyOptions): Promise<readonly Classified[]> {
    const asked = new Map(texts.map((input) => [keyOf(input), input]));
    const found = new Map<string, Classified>();
    for (const key of asked.keys()) {
      const known = this.#recall(key);
      if (known !== undefined) found.set(key, known);
    }
    const missing = [...asked].filter(([key]) => !found.has(key));
    if (missing.length > 0) {
      const answers = await this.#classifier.classify(
        missing.map(([, input]) => input),
        options,
      );
      if (!Array.isArray(answers) || answers.length !== missing.length) {
        const count = Array.isArray(answers) ? `${answers.length}` : typeof answers;
        throw new ClassifierUnavailableError(`expected ${missing.length} answers, found ${count}`);
      }
      for (const [i, [key]] of missing.entries()) {
        found.set(key, answers[i]);
        this.#keep(key, answers[i]);
      }
    }
    return texts.map((input) => found.get(keyOf(input))!);
  }

  #recall(key: string): Classified | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#keep(key, old);
    return old;
  }

  #keep(key: string, answer: Classified): void {
    const weight = key.length + ENTRY;
    // What is no answer is told to whoever asked, and asked for again.
    if (!(answer?.scores?.benign >= 0) || weight > this.#capacity / 4 || this.#young.has(key)) return;
    if (this.#chars + weight > this.#capacity) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#chars = 0;
    }
    this.#young.set(key, answer);
    this.#chars += weight;
  }
}

/** Roles are names, so that no role and text read like another pair. */
function keyOf({ role, text }: ClassifierInput): string {
  return `${role ?? ''}\n${text}`;
}
