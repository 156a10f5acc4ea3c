/**
 * The best wire for a message: every candidate is encoded and measured, and the smallest wins, the message itself where
 * nothing is smaller. A rule of thumb by length was wrong for one body in four (notes on the traffic corpus), and an
 * encoding costs less than the line it saves.
 */
import { InvalidInputError, LimitExceededError, M2MError } from '../errors.ts';
import { loadTokenizer, type VocabularyName } from '../tokenizer/index.ts';
import type { EncodeOptions, Form, FormatName, Wire, WireFormat } from './codec.ts';
import { wireBytes } from './stats.ts';

/** What `auto` may choose from, in the order in which the earlier wins a tie. */
export interface Candidate {
  readonly format: WireFormat;
  readonly options?: EncodeOptions & Readonly<Record<string, unknown>>;
  /** For people: `token-native O`. */
  readonly label: string;
}

/** Tells the format that a message is best sent in without trying any: the port that a model's codec head fits. */
export interface Router {
  codec(message: string): Promise<FormatName>;
}

export interface AutoOptions {
  /** What counts: `bytes` on the line (default), or `tokens` of a model that reads the wire. */
  readonly minimise?: 'bytes' | 'tokens';
  /** Default `text`. Tokens can be counted for texts alone. */
  readonly form?: Form;
  /** The vocabulary that tokens are counted in; default cl100k_base. */
  readonly vocabulary?: VocabularyName;
  /** False: encode once, in the format that the router names. Default true: measure. */
  readonly trial?: boolean;
  readonly router?: Router;
  /** False where a receiver would take the message itself for a wire, so that it must be encoded. Default true. */
  readonly raw?: boolean;
}

export interface Tried {
  readonly format: FormatName;
  readonly label: string;
  /** Bytes or tokens, as `minimise` says; absent where the format cannot carry the message. */
  readonly cost?: number;
  readonly refused?: string;
}

export interface Choice {
  readonly format: FormatName;
  readonly label: string;
  readonly wire: Wire;
  /** Every candidate, the message itself first. */
  readonly tried: readonly Tried[];
}

/**
 * @throws InvalidInputError   options that contradict each other, or a message that UTF-8 cannot carry
 * @throws LimitExceededError  the message is larger than the limits allow
 */
export async function choose(
  candidates: readonly Candidate[],
  message: string,
  options: AutoOptions = {},
): Promise<Choice> {
  const { minimise = 'bytes', form = 'text', trial = true, router, raw = true } = options;
  if (minimise === 'tokens' && form === 'binary') {
    throw new InvalidInputError('auto: tokens can be counted for text alone; ask for form text or minimise bytes');
  }
  if (!message.isWellFormed()) throw new InvalidInputError('auto: the message holds a lone surrogate');
  if (!trial && raw) return routed(candidates, message, form, router);
  const cost = await costOf(minimise, options.vocabulary ?? 'cl100k_base');
  let best: Omit<Choice, 'tried'> | undefined;
  let least = Number.POSITIVE_INFINITY;
  const tried: Tried[] = [];
  if (raw) {
    least = cost(message);
    best = { format: 'raw', label: 'raw', wire: message };
    tried.push({ format: 'raw', label: 'raw', cost: least });
  } else tried.push({ format: 'raw', label: 'raw', refused: 'a receiver would take the message for a wire' });
  for (const { format, label, options: own } of candidates) {
    let wire: Wire;
    try {
      wire = await format.encode(message, { form, ...own });
    } catch (error) {
      // What cannot carry this message, or cannot work here (no WebAssembly in a page), is one candidate less.
      if (!(error instanceof M2MError) || error instanceof LimitExceededError) throw error;
      tried.push({ format: format.name, label, refused: error.message });
      continue;
    }
    const price = cost(wire);
    tried.push({ format: format.name, label, cost: price });
    if (price >= least) continue;
    least = price;
    best = { format: format.name, label, wire };
  }
  if (!best) throw new InvalidInputError('auto: no format carries this message, and it may not travel as it is');
  return { ...best, tried };
}

async function routed(
  candidates: readonly Candidate[],
  message: string,
  form: Form,
  router: Router | undefined,
): Promise<Choice> {
  if (!router) throw new InvalidInputError('auto: trial: false needs a router; leave it out to measure');
  const named = await router.codec(message);
  const candidate = candidates.find(({ format }) => format.name === named);
  if (named === 'raw' || !candidate) return { format: 'raw', label: 'raw', wire: message, tried: [] };
  try {
    const wire = await candidate.format.encode(message, { form, ...candidate.options });
    return { format: named, label: candidate.label, wire, tried: [] };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    const tried = [{ format: named, label: candidate.label, refused: error.message }];
    return { format: 'raw', label: 'raw', wire: message, tried };
  }
}

async function costOf(minimise: 'bytes' | 'tokens', vocabulary: VocabularyName): Promise<(wire: Wire) => number> {
  if (minimise === 'bytes') return wireBytes;
  const { countTokens } = await loadTokenizer(vocabulary);
  return (wire) => countTokens(wire as string);
}
