/** What is fuzzed: each target runs one case and throws nothing but M2MError, and its answer points into the input. */
import fc from 'fast-check';
import { readJson } from '../../security/json/index.ts';
import { normalize } from '../../security/normalize/index.ts';
import { SecurityScanner } from '../../security/scanner.ts';
import { scanStream } from '../../security/stream.ts';
import { pieces } from '../../security/strings.ts';
import { ROLES, type Role, type Span, type Verdict } from '../../security/verdict.ts';
import { jsonTexts, jsonValues, type StreamCase, streams } from './messages.ts';
import { type Case, texts } from './texts.ts';

export interface Target {
  readonly name: string;
  /** Part of all the cases. */
  readonly share: number;
  readonly cases: fc.Arbitrary<Case>;
  run(one: Case): Promise<void> | void;
}

/** An answer that contradicts its own contract; not an M2MError on purpose, so that it counts as a failure. */
class ContractError extends Error {}

interface RoleCase extends Case {
  readonly role: Role | undefined;
}

interface JsonCase extends Case {
  readonly claimed: boolean;
  readonly value: unknown;
}

const scanner = new SecurityScanner({ mode: 'patterns' });

export const TARGETS: readonly Target[] = [
  { name: 'normaliser', share: 0.35, cases: texts, run: (one) => normalizes(one.text) },
  {
    name: 'rules',
    share: 0.3,
    cases: fc.tuple(texts, fc.constantFrom(undefined, ...ROLES)).map(([one, role]) => ({ ...one, role })),
    run: (one) => scans(one as RoleCase),
  },
  {
    name: 'json walker',
    share: 0.2,
    cases: fc.tuple(jsonTexts, fc.boolean(), jsonValues).map(([one, claimed, value]) => ({ ...one, claimed, value })),
    run: (one) => walks(one as JsonCase),
  },
  { name: 'sse parser', share: 0.15, cases: streams, run: (one) => streamsThrough(one as StreamCase) },
];

function normalizes(text: string): void {
  const { views } = normalize(text);
  if (views.length === 0) throw new ContractError('normalize gave no view');
  for (const view of views) {
    const { length } = view.text;
    for (const [start, end] of [
      [0, length],
      [0, Math.min(1, length)],
      [length >> 1, length],
    ] as const) {
      inside(view.source(start, end), text, `view ${view.name}`);
    }
  }
}

async function scans({ text, role }: RoleCase): Promise<void> {
  const verdict = await scanner.scan(text, { format: 'text', ...(role === undefined ? {} : { role }) });
  checkVerdict(verdict);
  for (const threat of verdict.threats) inside(threat.span, text, threat.name);
}

/** The text through the reader and the walker, the value through the walker, and the text through a whole scan. */
async function walks({ text, claimed, value }: JsonCase): Promise<void> {
  const read = readJson(text, claimed);
  for (const fault of read.faults) inside(fault.span, text, fault.name);
  if (read.value !== undefined) pieces(read.value);
  for (const piece of pieces(value)) {
    if (typeof piece.text !== 'string') throw new ContractError(`pieces: ${String(piece.path)} is no string`);
  }
  checkVerdict(await scanner.scan(text, { format: claimed ? 'json' : 'auto' }));
}

async function streamsThrough({ chunks }: StreamCase): Promise<void> {
  const verdicts: Verdict[] = [];
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const reader = source
    .pipeThrough(scanStream(scanner, { onVerdict: (verdict) => verdicts.push(verdict) }))
    .getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    if (!(read.value instanceof Uint8Array)) throw new ContractError('a stream gave something else than bytes');
  }
  if (verdicts.length !== 1) throw new ContractError(`a stream reported ${verdicts.length} verdicts`);
  checkVerdict(verdicts[0]!);
}

function checkVerdict({ score, verdict, safe }: Verdict): void {
  if (!(score >= 0 && score <= 1)) throw new ContractError(`a score of ${score}`);
  if (safe !== (verdict === 'allow')) throw new ContractError(`safe is ${safe}, the verdict ${verdict}`);
}

function inside([start, end]: Span, text: string, what: string): void {
  if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= text.length)) {
    throw new ContractError(`${what}: span ${start}–${end} is not inside 0–${text.length}`);
  }
}
