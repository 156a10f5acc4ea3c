/** The texts in the header of a Hydra model, as values: config, labels, calibration, and where the weights come from. */
import { ModelFormatError } from '../errors.ts';

/** Every dimension of a model; `docs/model-format.md` says where each one appears. */
export interface HydraConfig {
  /** Token ids, the special ones included. */
  readonly vocab: number;
  /** Width of the residual stream, D; a multiple of 16. */
  readonly dim: number;
  readonly layers: number;
  /** Attention heads; dim / heads is a multiple of 8. */
  readonly heads: number;
  readonly experts: number;
  /** Experts that a token goes to. */
  readonly topK: number;
  /** Width inside an expert, H; a multiple of 16. */
  readonly hidden: number;
  /** Rows of one window, its role token included. */
  readonly window: number;
  /** Token rows that a window repeats of the one before; at most half of it. */
  readonly overlap: number;
  readonly ropeTheta: number;
  /** Added to the mean square in RMSNorm. */
  readonly eps: number;
  /** Rows of the n-gram table; absent where the model has none. */
  readonly ngrams?: number;
}

/** A monotone, piecewise linear map of 1 − p(benign) to a score; knots from x = 0 to x = 1. */
export interface Calibration {
  readonly knots: readonly (readonly [p: number, score: number])[];
}

export interface HydraMetadata {
  readonly config: HydraConfig;
  /** Of the threat head; `benign` is one of them. */
  readonly labels: readonly string[];
  readonly routes: readonly string[];
  readonly codecs: readonly string[];
  readonly tokenizerSha256: string;
  readonly calibration: Calibration;
  readonly training: unknown;
}

/** Upper ends that no model of ours comes near; they keep sizes far from 2^31 and windows from quadratic surprises. */
const LIMITS = {
  vocab: 1_048_576,
  dim: 8_192,
  layers: 128,
  heads: 128,
  experts: 64,
  topK: 64,
  hidden: 32_768,
  window: 4_096,
  ngrams: 16_777_216,
} as const satisfies Partial<Record<keyof HydraConfig, number>>;
const MAX_LABELS = 64;
const MAX_KNOTS = 1_024;

/** @throws ModelFormatError  names the key, what was expected and what was found */
export function parseMetadata(metadata: ReadonlyMap<string, string>): HydraMetadata {
  if (metadata.get('format') !== 'hydra-1') {
    throw new ModelFormatError(`metadata "format": expected hydra-1, found ${JSON.stringify(metadata.get('format'))}`);
  }
  const labels = names(metadata, 'labels');
  if (!labels.includes('benign')) throw new ModelFormatError('metadata "labels": "benign" is missing');
  const tokenizerSha256 = text(metadata, 'tokenizer_sha256');
  if (!/^([0-9a-f]{64})?$/.test(tokenizerSha256)) {
    throw new ModelFormatError('metadata "tokenizer_sha256": expected 64 hexadecimal digits');
  }
  return {
    config: config(json(metadata, 'config')),
    labels,
    routes: names(metadata, 'routes'),
    codecs: names(metadata, 'codecs'),
    tokenizerSha256,
    calibration: calibration(json(metadata, 'calibration')),
    training: json(metadata, 'training'),
  };
}

function text(metadata: ReadonlyMap<string, string>, key: string): string {
  const value = metadata.get(key);
  if (value === undefined) throw new ModelFormatError(`metadata "${key}" is missing`);
  return value;
}

function json(metadata: ReadonlyMap<string, string>, key: string): unknown {
  const value = text(metadata, key);
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw new ModelFormatError(`metadata "${key}" is no JSON`, { cause });
  }
}

function names(metadata: ReadonlyMap<string, string>, key: string): readonly string[] {
  const list = json(metadata, key);
  const fits =
    Array.isArray(list) &&
    list.length > 0 &&
    list.length <= MAX_LABELS &&
    list.every((name) => typeof name === 'string');
  if (!fits || new Set(list).size !== list.length) {
    throw new ModelFormatError(`metadata "${key}": expected a list of 1 to ${MAX_LABELS} different names`);
  }
  return list as string[];
}

function config(value: unknown): HydraConfig {
  const fields = new Map<string, unknown>(
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [],
  );
  const take = (name: keyof HydraConfig, fits: (x: number) => boolean, expected: string): number => {
    const found = fields.get(name);
    fields.delete(name);
    if (typeof found === 'number' && fits(found)) return found;
    throw new ModelFormatError(`config.${name}: expected ${expected}, found ${JSON.stringify(found)}`);
  };
  const whole = (name: keyof typeof LIMITS, step = 1): number =>
    take(
      name,
      (x) => Number.isInteger(x) && x >= step && x <= LIMITS[name] && x % step === 0,
      `${step === 1 ? 'a whole number' : `a multiple of ${step}`} up to ${LIMITS[name]}`,
    );
  const dim = whole('dim', 16);
  const experts = whole('experts');
  const window = whole('window');
  const result: HydraConfig = {
    vocab: whole('vocab'),
    dim,
    layers: whole('layers'),
    heads: take('heads', (x) => x >= 1 && Number.isInteger(x) && dim % (8 * x) === 0, 'dim / heads a multiple of 8'),
    experts,
    topK: take('topK', (x) => Number.isInteger(x) && x >= 1 && x <= experts, `1 to ${experts}`),
    hidden: whole('hidden', 16),
    window,
    overlap: take('overlap', (x) => Number.isInteger(x) && x >= 0 && 2 * x <= window - 1, 'less than half a window'),
    ropeTheta: take('ropeTheta', (x) => x >= 1 && x <= 1e9, '1 to 1e9'),
    eps: take('eps', (x) => x >= 1e-12 && x <= 1, '1e-12 to 1'),
    ...(fields.has('ngrams') ? { ngrams: whole('ngrams') } : {}),
  };
  for (const name of fields.keys()) throw new ModelFormatError(`config.${name} is unknown to hydra-1`);
  return result;
}

function calibration(value: unknown): Calibration {
  const knots = typeof value === 'object' && value !== null ? (value as { knots?: unknown }).knots : undefined;
  const expected = new ModelFormatError(
    `metadata "calibration": expected {"knots": [[0, score], …, [1, score]]}, rising in both, scores from 0 to 1`,
  );
  if (!Array.isArray(knots) || knots.length < 2 || knots.length > MAX_KNOTS) throw expected;
  for (const [i, knot] of knots.entries()) {
    if (!Array.isArray(knot) || knot.length !== 2) throw expected;
    const [p, score] = knot as [unknown, unknown];
    if (typeof p !== 'number' || typeof score !== 'number' || !(score >= 0 && score <= 1)) throw expected;
    if (i > 0 && !(p > knots[i - 1][0] && score >= knots[i - 1][1])) throw expected;
  }
  if (knots[0][0] !== 0 || knots.at(-1)[0] !== 1) throw expected;
  return { knots: knots as [number, number][] };
}
