/** Texts × transforms × scanners → recall and false positives, each beside the same texts untransformed. */
import type { Category } from '../../security/verdict.ts';
import { CARRIERS } from './carriers.ts';
import type { Peer } from './peers.ts';
import { pick, seeded } from './random.ts';
import type { Sample, Texts } from './texts.ts';
import { applies, type Transform } from './transform.ts';

export type Setting = 'whole' | 'carrier';

/** Shares in percent. `lost` and `raised` are points against the same texts untransformed in the same setting. */
export interface Score {
  readonly peer: string;
  readonly plainRecall: number;
  readonly recall: number;
  readonly lost: number;
  readonly plainFalse: number;
  readonly false: number;
  readonly raised: number;
}

export interface Line {
  readonly transform: string;
  readonly attacks: number;
  readonly benign: number;
  /** One for each scanner, ours first. */
  readonly scores: readonly Score[];
  /** Points lost by ours in each category that the transform applies to. */
  readonly lostBy: Partial<Record<Category, number>>;
  /** Caught plain by ours and lost under the transform; and benign texts that only the transform gets flagged. */
  readonly changed: readonly Changed[];
}

export interface Changed {
  readonly sample: Sample;
  readonly shown: string;
}

type Flagged = ReadonlyMap<Sample, boolean>;

/** One setting of the table. `plain` is scanned once for each scanner and reused by every line. */
export class Bench {
  readonly #texts: Texts;
  readonly #peers: readonly Peer[];
  readonly #setting: Setting;
  #plain: Flagged[] | undefined;

  constructor(texts: Texts, peers: readonly Peer[], setting: Setting) {
    this.#texts = texts;
    this.#peers = peers;
    this.#setting = setting;
  }

  /** What the scanner is given for a sample under a transform; the role stays the sample's own. */
  show(sample: Sample, transform?: Transform): string {
    const inner = transform ? transform.apply(sample.text, seeded(transform.name, sample.id)) : sample.text;
    if (this.#setting === 'whole') return inner;
    return pick(CARRIERS, seeded('carrier', sample.id)).replace('*', () => inner);
  }

  /** Percent of all carriers that each scanner flags with nothing in them: those hits owe nothing to the insert. */
  async carriersFlagged(): Promise<readonly number[]> {
    return Promise.all(
      this.#peers.map(async (peer) => {
        const flags = await Promise.all(CARRIERS.map((text) => peer.flags(text.replace('*', ''), 'document')));
        return percent(flags.filter(Boolean).length, CARRIERS.length);
      }),
    );
  }

  async line(transform: Transform): Promise<Line> {
    const { attacks: all, benign: harmless } = this.#texts;
    this.#plain ??= await Promise.all(this.#peers.map((peer) => this.#flag(peer, [...all, ...harmless])));
    const attacks = all.filter((s) => applies(transform, s.text) && (transform.exact || !s.encoded));
    const benign = harmless.filter((s) => applies(transform, s.text));
    const scores: Score[] = [];
    let own: Flagged = new Map();
    for (const [i, peer] of this.#peers.entries()) {
      const flagged = await this.#flag(peer, [...attacks, ...benign], transform);
      if (i === 0) own = flagged;
      scores.push(compare(peer.name, attacks, benign, this.#plain[i]!, flagged));
    }
    const before = this.#plain[0]!;
    const changed = [
      ...attacks.filter((s) => before.get(s) && !own.get(s)),
      ...benign.filter((s) => !before.get(s) && own.get(s)),
    ];
    return {
      transform: transform.name,
      attacks: attacks.length,
      benign: benign.length,
      scores,
      lostBy: lossByCategory(attacks, before, own),
      changed: changed.map((sample) => ({ sample, shown: this.show(sample, transform) })),
    };
  }

  async #flag(peer: Peer, samples: readonly Sample[], transform?: Transform): Promise<Flagged> {
    const flagged = new Map<Sample, boolean>();
    for (const sample of samples) flagged.set(sample, await peer.flags(this.show(sample, transform), sample.role));
    return flagged;
  }
}

function compare(
  peer: string,
  attacks: readonly Sample[],
  benign: readonly Sample[],
  before: Flagged,
  after: Flagged,
): Score {
  const share = (samples: readonly Sample[], flagged: Flagged): number =>
    percent(samples.filter((sample) => flagged.get(sample)).length, samples.length);
  const [plainRecall, recall] = [share(attacks, before), share(attacks, after)];
  const [plainFalse, falsely] = [share(benign, before), share(benign, after)];
  return {
    peer,
    plainRecall,
    recall,
    lost: plainRecall - recall,
    plainFalse,
    false: falsely,
    raised: falsely - plainFalse,
  };
}

function lossByCategory(attacks: readonly Sample[], before: Flagged, after: Flagged): Line['lostBy'] {
  const lost: Partial<Record<Category, number>> = {};
  for (const category of new Set(attacks.map((sample) => sample.label as Category))) {
    const own = attacks.filter((sample) => sample.label === category);
    const [was, is] = [before, after].map((flagged) => own.filter((sample) => flagged.get(sample)).length);
    lost[category] = percent(was! - is!, own.length);
  }
  return lost;
}

const percent = (part: number, whole: number): number => (whole === 0 ? 0 : (100 * part) / whole);
