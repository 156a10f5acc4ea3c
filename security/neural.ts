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
  readonly threats: readonly { readonly threat: Threat; readonly piece: Piece }[];
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

// A timer beyond 31 bits fires at once.
const MAX_TIMER_MS = 0x7fffffff;

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
    timer = setTimeout(timeOut, Math.min(options.deadlineMs, MAX_TIMER_MS));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  // Nobody waits for it where classify() throws at once, and the abort below rejects it.
  late.catch(() => undefined);
  try {
    const asked = classifier.classify(
      questions.map((q) => q.input),
      { signal, deadlineMs: options.deadlineMs },
    );
    const answers = await Promise.race([asked, late]);
    checkAnswers(answers, questions);
    return answers;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

/** A classifier is somebody else's code: an answer that is none must not become an allowed message. */
function checkAnswers(answers: readonly Classified[], questions: readonly Question[]): void {
  const expected = questions.length;
  if (!Array.isArray(answers) || answers.length !== expected) {
    const found = Array.isArray(answers) ? `${answers.length}` : typeof answers;
    throw new ClassifierUnavailableError(`expected ${expected} answers, found ${found}`);
  }
  for (const [i, answer] of answers.entries()) {
    if (!hasScores(answer)) {
      throw new ClassifierUnavailableError(`answer ${i}: expected a probability for each label, found something else`);
    }
    if (answer.span !== undefined && !isSpan(answer.span, questions[i]!.input.text.length)) {
      throw new ClassifierUnavailableError(`answer ${i}: expected a span inside its text, found something else`);
    }
  }
}

function hasScores(answer: Classified): boolean {
  return [...CATEGORIES, 'benign' as const].every((label) => {
    const score = answer?.scores?.[label];
    return typeof score === 'number' && score >= 0 && score <= 1;
  });
}

function isSpan(span: unknown, length: number): boolean {
  if (!Array.isArray(span) || span.length !== 2 || !span.every(Number.isInteger)) return false;
  const [start, end] = span as [number, number];
  return start >= 0 && start <= end && end <= length;
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
  return [{ threat, piece }];
}
