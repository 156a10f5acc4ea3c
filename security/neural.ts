/**
 * Asks the classifier about every piece and hidden view, and waits no longer than the deadline. In `auto` a missing,
 * failing or slow classifier leaves a reason behind; in `neural` it is an error, because a verdict without it is none.
 */
import { ClassifierUnavailableError } from '../errors.ts';
import type { Classified, Classifier, ClassifierInput } from './classifier.ts';
import type { Judged } from './judge.ts';
import type { View } from './normalize/view.ts';
import type { Piece } from './strings.ts';
import { CATEGORIES, type Threat } from './verdict.ts';

export interface Neural {
  readonly answered: boolean;
  readonly fallback?: string;
  readonly threats: readonly { readonly threat: Threat; readonly text: string }[];
  /** Milliseconds. */
  readonly elapsed: number;
}

interface Question {
  readonly piece: Piece;
  /** Absent: the caller's own characters. */
  readonly view?: View;
  readonly input: ClassifierInput;
}

interface AskOptions {
  readonly failClosed: boolean;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws ClassifierUnavailableError  with `failClosed`, where `auto` would have fallen back */
export async function askClassifier(
  classifier: Classifier | undefined,
  judged: readonly Judged[],
  options: AskOptions,
): Promise<Neural> {
  const started = performance.now();
  const questions = judged.flatMap(questionsOf);
  try {
    if (!classifier) throw new ClassifierUnavailableError('no classifier is loaded');
    const answers = questions.length === 0 ? [] : await race(classifier, questions, options);
    return {
      answered: true,
      threats: questions.flatMap((question, i) => threatsOf(question, answers[i]!, classifier)),
      elapsed: performance.now() - started,
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    if (options.failClosed)
      throw new ClassifierUnavailableError(`mode neural has no answer: ${reason}`, { cause: error });
    return { answered: false, fallback: reason, threats: [], elapsed: performance.now() - started };
  }
}

function questionsOf({ piece, normalized }: Judged): Question[] {
  const ask = (text: string): ClassifierInput => (piece.role ? { text, role: piece.role } : { text });
  const own: Question = { piece, input: ask(piece.text) };
  const hidden = normalized.views.filter((view) => view.hidden);
  return [own, ...hidden.map((view) => ({ piece, view, input: ask(view.text) }))].filter(
    (q) => q.input.text.length > 0,
  );
}

async function race(
  classifier: Classifier,
  questions: readonly Question[],
  options: AskOptions,
): Promise<readonly Classified[]> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const timeOut = (): void => reject(new ClassifierUnavailableError(`no answer within ${options.deadlineMs} ms`));
    timer = setTimeout(timeOut, options.deadlineMs);
    options.signal?.addEventListener('abort', () => reject(options.signal!.reason), { once: true });
  });
  try {
    const asked = classifier.classify(
      questions.map((q) => q.input),
      { signal, deadlineMs: options.deadlineMs },
    );
    const answers = await Promise.race([asked, late]);
    checkAnswers(answers, questions.length);
    return answers;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

/** A classifier is somebody else's code: an answer that is none must not become an allowed message. */
function checkAnswers(answers: readonly Classified[], expected: number): void {
  const numbers = (one: Classified): boolean =>
    [...CATEGORIES, 'benign' as const].every((label) => {
      const score = one?.scores?.[label];
      return typeof score === 'number' && score >= 0 && score <= 1;
    });
  if (!Array.isArray(answers) || answers.length !== expected || !answers.every(numbers)) {
    throw new ClassifierUnavailableError(
      `expected ${expected} answers with a probability for each label, found something else`,
    );
  }
}

function threatsOf({ piece, view, input }: Question, answer: Classified, classifier: Classifier): Neural['threats'] {
  const [start, end] = answer.span ?? [0, input.text.length];
  const span = view ? view.source(start, end) : ([start, end] as const);
  const score = 1 - answer.scores.benign;
  const worst = CATEGORIES.reduce((a, b) => (answer.scores[b] > answer.scores[a] ? b : a));
  const threat: Threat = {
    category: worst,
    score,
    name: classifier.model?.id ?? 'classifier',
    span,
    ...(piece.path === undefined ? {} : { path: piece.path }),
    ...(piece.role === undefined ? {} : { role: piece.role }),
    evidence: piece.text.slice(span[0], Math.min(span[1], span[0] + 200)),
    by: 'neural',
    view: view?.name ?? 'raw',
  };
  return [{ threat, text: piece.text }];
}
