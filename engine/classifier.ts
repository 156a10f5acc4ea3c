/**
 * Texts in, judgements out: what one worker does. The tokenizer, the model and the device come from the caller, and the
 * answers have the shape of the port that security/classifier.ts declares.
 *
 * texts → ids → windows → batches → forward → logits of each window → the worst window of each text → scores
 */
import { ClassifierUnavailableError } from '../errors.ts';
import type { Device } from '../kernels/device.ts';
import type { HydraModel } from '../models/hydra.ts';
import { type BatchLimits, Forward } from './forward.ts';
import { best, threatProbability, threatScores } from './heads.ts';
import { batches, type Encoding, fillWindow, roleToken, splitWindows, type Window, windowSpan } from './windows.ts';

export interface TokenEncoder {
  encode(text: string): Encoding;
}

export interface Input {
  readonly text: string;
  /** Who said it; unknown roles have a token of their own. */
  readonly role?: string;
}

export interface Classified {
  /** A calibrated probability for each label of the model; 1 − benign is the score of the worst window. */
  readonly scores: Readonly<Record<string, number>>;
  /** The worst window, in UTF-16 offsets into the text; absent where one window is the whole text. */
  readonly span?: readonly [start: number, end: number];
  /** The kind of content, over all windows. */
  readonly route: string;
  /** The codec that should do best on it, over all windows. */
  readonly codec: string;
}

export interface ClassifyOptions {
  /** Looked at before each batch; rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** What is known of a text after some of its windows. */
interface Progress {
  /** 1 − p(benign) of the worst window so far, −1 before the first. */
  threat: number;
  worst: Window | undefined;
  /** Threat logits of the worst window. */
  readonly logits: Float32Array;
  /** Logits of route and codec, added up over the windows. */
  readonly content: Float64Array;
}

/** Messages of 16 tokens take 62 µs a token alone, 50 in batches of 128 rows and no less in larger ones (dot16). */
export const DEFAULT_LIMITS: BatchLimits = { rows: 256, windows: 64 };

export class HydraClassifier {
  readonly #model: HydraModel;
  readonly #encoder: TokenEncoder;
  readonly #forward: Forward;
  readonly #ids: Int32Array;
  readonly #offsets: Int32Array;
  /** Settled when the last call has been answered. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Uploads the model and takes all memory that passes will need. */
  constructor(model: HydraModel, device: Device, encoder: TokenEncoder, limits: BatchLimits = DEFAULT_LIMITS) {
    const rows = Math.max(limits.rows, model.config.window);
    this.#model = model;
    this.#encoder = encoder;
    this.#forward = new Forward(device, model, { rows, windows: limits.windows });
    this.#ids = new Int32Array(rows);
    this.#offsets = new Int32Array(limits.windows + 1);
  }

  /**
   * One answer for each text, in order. Calls take turns, because there is one set of activations.
   *
   * @throws InvalidInputError  the tokenizer gave an id that the model does not know
   * @throws ClassifierUnavailableError  weights so large that the logits are no numbers
   */
  classify(inputs: readonly Input[], options: ClassifyOptions = {}): Promise<readonly Classified[]> {
    const turn = this.#turn.then(() => this.#classify(inputs, options));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #classify(inputs: readonly Input[], { signal }: ClassifyOptions): Promise<readonly Classified[]> {
    const { config } = this.#model;
    const encodings = inputs.map(({ text }) => this.#encoder.encode(text));
    const windows = encodings.flatMap(({ ids }, text) => splitWindows(text, ids.length, config));
    const progress = inputs.map(() => this.#start());
    for (const batch of batches(windows, this.#forward.limits.rows, this.#forward.limits.windows)) {
      signal?.throwIfAborted();
      const logits = await this.#run(batch, inputs, encodings);
      batch.forEach((window, i) => {
        this.#note(progress[window.text]!, window, logits.subarray(i * this.#forward.width));
      });
    }
    return progress.map((done, i) => this.#answer(done, inputs[i]!.text, encodings[i]!));
  }

  async #run(
    batch: readonly Window[],
    inputs: readonly Input[],
    encodings: readonly Encoding[],
  ): Promise<Float32Array> {
    const { config } = this.#model;
    let row = 0;
    batch.forEach((window, i) => {
      const role = roleToken(config, inputs[window.text]!.role);
      row = fillWindow(window, encodings[window.text]!.ids, role, config, this.#ids, row);
      this.#offsets[i + 1] = row;
    });
    return this.#forward.run(this.#ids.subarray(0, row), this.#offsets.subarray(0, batch.length + 1));
  }

  #start(): Progress {
    const threats = this.#model.heads.threat.labels.length;
    return {
      threat: -1,
      worst: undefined,
      logits: new Float32Array(threats),
      content: new Float64Array(this.#forward.width - threats),
    };
  }

  /** @param logits those of this window, and whatever follows */
  #note(progress: Progress, window: Window, logits: Float32Array): void {
    const { labels } = this.#model.heads.threat;
    const threats = logits.subarray(0, labels.length);
    const threat = threatProbability(threats, labels.indexOf('benign'));
    if (Number.isNaN(threat))
      throw new ClassifierUnavailableError('the model answered with no number: are its weights sound?');
    if (threat > progress.threat) {
      progress.threat = threat;
      progress.worst = window;
      progress.logits.set(threats);
    }
    progress.content.forEach((sum, i) => {
      progress.content[i] = sum + logits[labels.length + i]!;
    });
  }

  #answer({ worst, logits, content }: Progress, text: string, encoding: Encoding): Classified {
    const { heads, calibration } = this.#model;
    const whole = worst === undefined || (worst.from === 0 && worst.to === encoding.ids.length);
    const routes = heads.route.labels.length;
    return {
      scores: threatScores(logits, heads.threat.labels, calibration),
      ...(whole ? {} : { span: windowSpan(worst, encoding, text.length) }),
      route: best(content.subarray(0, routes), heads.route.labels),
      codec: best(content.subarray(routes), heads.codec.labels),
    };
  }
}
