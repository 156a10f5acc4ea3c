/** Figures of a detector: AUC, recall at a rate of false positives, intervals. */

export interface Judged {
  readonly attack: boolean;
  readonly score: number;
}

export interface Figures {
  readonly auc: number;
  /** By rate, in percent: '0.1', '1', '5'. */
  readonly recall: Readonly<Record<string, number>>;
  /** 95 %, bootstrap over rows, of the recall at 1 %. */
  readonly interval: readonly [low: number, high: number];
}

const RATES = [0.001, 0.01, 0.05];
const ROUNDS = 200;

/** The least of the scores that at most `rate` of the benign ones exceed. */
export function threshold(benign: readonly number[], rate: number): number {
  const sorted = benign.toSorted((a, b) => b - a);
  return sorted[Math.min(Math.floor(rate * sorted.length), sorted.length - 1)] ?? 1;
}

/** The chance that an attack scores higher than a benign row, ties as a half. */
export function auc(rows: readonly Judged[]): number {
  const sorted = rows.toSorted((a, b) => a.score - b.score);
  let [ranks, attacks] = [0, 0];
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    while (to < sorted.length && sorted[to]!.score === sorted[from]!.score) to++;
    const positive = sorted.slice(from, to).filter(({ attack }) => attack).length;
    ranks += positive * ((from + 1 + to) / 2);
    attacks += positive;
    from = to;
  }
  const benign = rows.length - attacks;
  return (ranks - (attacks * (attacks + 1)) / 2) / (attacks * benign);
}

export function recallAt(rows: readonly Judged[], rate: number): number {
  const at = threshold(
    rows.filter(({ attack }) => !attack).map(({ score }) => score),
    rate,
  );
  const attacks = rows.filter(({ attack }) => attack);
  return attacks.filter(({ score }) => score > at).length / attacks.length;
}

export function figures(rows: readonly Judged[]): Figures {
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const sides = [rows.filter(({ attack }) => attack), rows.filter(({ attack }) => !attack)];
  const drawn = Array.from({ length: ROUNDS }, () =>
    recallAt(
      sides.flatMap((side) => side.map(() => side[Math.floor(random() * side.length)]!)),
      0.01,
    ),
  ).sort((a, b) => a - b);
  return {
    auc: auc(rows),
    recall: Object.fromEntries(RATES.map((rate) => [String(100 * rate), recallAt(rows, rate)])),
    interval: [drawn[Math.floor(0.025 * ROUNDS)]!, drawn[Math.floor(0.975 * ROUNDS)]!],
  };
}
