/** A scan by Hydra and one window of the 22M-parameter encoder in onnxruntime-web, in turn, as many tokens each. */
import { encoderModel, WORDS } from './encoder.ts';
import { openEncoder, type Peer } from './peers.ts';
import { median } from './subject.ts';

const WARM_UP = 3;
/** A scan of ours takes a small part of the time and varies more. */
const SCANS_EACH = 4;

export interface Race {
  readonly tokens: number;
  readonly parameters: number;
  readonly samples: number;
  /** Medians of milliseconds. */
  readonly oursMs: number;
  readonly encoderMs: number;
}

/** The encoder gets its ids for nothing; our scan tokenises its text. `texts` have `tokens` tokens each. */
export async function raceEncoder(
  scan: (text: string) => Promise<unknown>,
  texts: readonly string[],
  tokens: number,
  samples: number,
): Promise<Race | { readonly missing: string }> {
  const { file, parameters } = encoderModel(tokens);
  const peer = await openEncoder(file);
  if ('missing' in peer) return peer;
  await check(peer, tokens);
  const [ours, theirs] = [[] as number[], [] as number[]];
  const timed = async (into: number[], i: number, work: () => Promise<unknown>): Promise<void> => {
    const started = performance.now();
    await work();
    if (i >= 0) into.push(performance.now() - started);
  };
  for (let i = -WARM_UP; i < samples; i++) {
    const ids = window(tokens, i + WARM_UP);
    await timed(theirs, i, () => peer.run(ids));
    for (let k = 0; k < SCANS_EACH; k++) {
      const text = texts[((i + WARM_UP) * SCANS_EACH + k) % texts.length]!;
      await timed(ours, i, () => scan(text));
    }
  }
  return { tokens, parameters, samples, oursMs: median(ours), encoderMs: median(theirs) };
}

/** A graph that computes nothing would be fast: the logits are finite, and change with the last id alone. */
async function check(peer: Peer, tokens: number): Promise<void> {
  const ids = window(tokens, 1);
  const logits = Array.from(await peer.run(ids));
  const again = Array.from(await peer.run(ids));
  const changed = Array.from(await peer.run(ids.with(-1, (ids.at(-1)! + 1) % WORDS)));
  const finite = [...logits, ...changed].every(Number.isFinite) && logits.some((x) => x !== 0);
  if (!finite || logits.some((x, i) => x !== again[i]) || logits.every((x, i) => x === changed[i])) {
    throw new Error(`the encoder does not compute: logits ${logits} and ${again}, with another last id ${changed}`);
  }
}

function window(tokens: number, seed: number): number[] {
  return Array.from({ length: tokens }, (_, i) => (i * 389 + seed * 127) % WORDS);
}
