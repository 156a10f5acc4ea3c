/**
 * Counters, gauges and histograms, and their Prometheus text (exposition format 0.0.4). Plain numbers behind a key that
 * is made of label values, so that a count is a map look-up and an addition. Label values come from closed sets only:
 * routes are templates, verdicts and categories are enumerations; nothing that a client wrote is ever a label.
 *
 * For every body: scanned + unscanned = forwarded + withheld, per direction. Tests hold the proxy to it, because a
 * gateway that logs success for text it never read is the failure to fear (product notes §7, "audit truth").
 */

import { CATEGORIES } from '../security/index.ts';

type Labels = readonly string[];

/** A family of series under one name. */
abstract class Family {
  readonly name: string;
  readonly help: string;
  readonly labels: Labels;

  constructor(name: string, help: string, labels: Labels = []) {
    this.name = name;
    this.help = help;
    this.labels = labels;
  }

  /** This family in exposition format. */
  abstract text(): string;

  protected head(type: string): string {
    return `# HELP ${this.name} ${this.help}\n# TYPE ${this.name} ${type}\n`;
  }

  protected series(key: string, suffix = '', extra = ''): string {
    const values = this.labels.length === 0 ? [] : key.split('\n');
    const pairs = values.map((value, i) => `${this.labels[i]}="${value.replace(/[\\"\n]/gu, '\\$&')}"`);
    if (extra) pairs.push(extra);
    return `${this.name}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`}`;
  }
}

/** A number that goes up. */
export class Counter extends Family {
  readonly #values = new Map<string, number>();
  protected readonly type: string = 'counter';

  /** @param known  keys that are shown as 0 before they were ever counted, so that a rate over them starts at once */
  constructor(name: string, help: string, labels: Labels = [], known: Labels = labels.length === 0 ? [''] : []) {
    super(name, help, labels);
    for (const key of known) this.#values.set(key, 0);
  }

  /** @param key  label values in order, joined by a line feed; empty for a family without labels */
  add(amount = 1, key = ''): void {
    this.#values.set(key, (this.#values.get(key) ?? 0) + amount);
  }

  /** The current value; 0 for a series that was never counted. */
  value(key = ''): number {
    return this.#values.get(key) ?? 0;
  }

  override text(): string {
    let out = this.head(this.type);
    for (const [key, value] of this.#values) out += `${this.series(key)} ${value}\n`;
    return out;
  }
}

/** A number that goes up and down. */
export class Gauge extends Counter {
  protected override readonly type: string = 'gauge';
}

/** Seconds. From 50 µs, where a short scan lies, to the minutes that a long completion takes. */
const BOUNDS: readonly number[] = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30, 120,
];

/** Durations in seconds, in cumulative buckets. */
export class Histogram extends Family {
  /** Per series: a count for each bound, one for +Inf, then the sum. */
  readonly #series = new Map<string, Float64Array>();

  observe(seconds: number, key = ''): void {
    let cells = this.#series.get(key);
    if (!cells) {
      cells = new Float64Array(BOUNDS.length + 2);
      this.#series.set(key, cells);
    }
    let i = 0;
    while (i < BOUNDS.length && seconds > BOUNDS[i]!) i++;
    cells[i]!++;
    cells[BOUNDS.length + 1]! += seconds;
  }

  /** Observations in all series. */
  count(): number {
    let total = 0;
    for (const cells of this.#series.values()) for (let i = 0; i <= BOUNDS.length; i++) total += cells[i]!;
    return total;
  }

  override text(): string {
    let out = this.head('histogram');
    for (const [key, cells] of this.#series) {
      let below = 0;
      for (let i = 0; i <= BOUNDS.length; i++) {
        below += cells[i]!;
        const bound = i === BOUNDS.length ? '+Inf' : String(BOUNDS[i]);
        out += `${this.series(key, '_bucket', `le="${bound}"`)} ${below}\n`;
      }
      out += `${this.series(key, '_sum')} ${cells[BOUNDS.length + 1]}\n${this.series(key, '_count')} ${below}\n`;
    }
    return out;
  }
}

/** Everything that a proxy counts; one instance a proxy. */
export class Metrics {
  readonly requests: Counter = new Counter('m2m_requests_total', 'Requests answered, by route and final verdict.', [
    'route',
    'verdict',
  ]);
  readonly scanSeconds: Histogram = new Histogram('m2m_scan_duration_seconds', 'Time in the scanner, by stage.', [
    'stage',
    'backend',
  ]);
  readonly overheadSeconds: Histogram = new Histogram(
    'm2m_overhead_seconds',
    'From the last byte of the request to the answer, less the time spent waiting for the upstream.',
  );
  readonly upstreamSeconds: Histogram = new Histogram(
    'm2m_upstream_duration_seconds',
    'From sending a request upstream to the last byte of its response.',
  );
  readonly blocked: Counter = new Counter(
    'm2m_blocked_total',
    'Messages blocked, by the category of the worst threat.',
    ['category'],
    CATEGORIES,
  );
  readonly scanErrors: Counter = new Counter(
    'm2m_scan_errors_total',
    'Scans that gave no verdict, by what was done then.',
    ['policy'],
    ['open', 'closed'],
  );
  readonly fallbacks: Counter = new Counter(
    'm2m_scan_fallbacks_total',
    'Verdicts by rules alone although a classifier was asked for.',
    ['stage'],
  );
  readonly scanned: Counter = bytes('scanned', 'Body bytes (decoded) that the scanner read.', 'direction');
  readonly unscanned: Counter = bytes('unscanned', 'Body bytes passed on unread, by reason.', 'direction', 'reason');
  readonly forwarded: Counter = bytes(
    'forwarded',
    'Body bytes passed on; redacted ones count as they were.',
    'direction',
  );
  readonly withheld: Counter = bytes(
    'withheld',
    'Body bytes read and not passed on: blocked or broken off.',
    'direction',
  );
  readonly bytesIn: Counter = new Counter('m2m_bytes_in_total', 'Request body bytes received from clients.');
  readonly bytesOut: Counter = new Counter('m2m_bytes_out_total', 'Response body bytes sent to clients.');
  readonly peerBytes: Counter = new Counter(
    'm2m_peer_bytes_total',
    'Bytes of encoded bodies and streams between peers, as the wire and as the message that it carries.',
    ['direction', 'form'],
    ['request', 'response'].flatMap((direction) => [`${direction}\nwire`, `${direction}\nmessage`]),
  );
  readonly sessions: Gauge = new Gauge('m2m_peer_sessions', 'Sessions of clients that are peers.');
  readonly buffered: Gauge = new Gauge('m2m_buffered_bytes', 'Bytes of bodies held at this moment.');
  readonly inflight: Gauge = new Gauge('m2m_inflight', 'Requests being answered.');
  readonly model: Gauge = new Gauge('m2m_model_info', 'The classifier in use.', ['id', 'sha256', 'backend']);

  /** Counts a body or stream that travelled between peers. */
  peer(direction: 'request' | 'response', wire: number, message: number): void {
    this.peerBytes.add(wire, `${direction}\nwire`);
    this.peerBytes.add(message, `${direction}\nmessage`);
  }

  /** All families in Prometheus' text format. */
  text(): string {
    return Object.values(this)
      .map((family: Family) => family.text())
      .join('');
  }
}

function bytes(name: string, help: string, ...labels: string[]): Counter {
  return new Counter(`m2m_${name}_bytes_total`, help, labels, labels.length === 1 ? ['request', 'response'] : []);
}
