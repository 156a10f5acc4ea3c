/**
 * The proxy as a whole: listens, tells the proxy's own pages from traffic, and drains. Read exchange.ts next.
 *
 * Closing: from the first moment on `/readyz` is 503 and every answer ends its connection, but for `LINGER_MS` the
 * listener stays, so that what already lies in the kernel's queues is answered and not reset. Then nothing new is
 * accepted, what is in flight ends by itself, and after `drainMs` by force.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { ConfigError, InvalidInputError } from '../errors.ts';
import { type Classifier, SecurityScanner } from '../security/index.ts';
import { Budget } from './budget.ts';
import { type Demo, startDemo } from './demo.ts';
import { Exchange } from './exchange.ts';
import { Guard } from './guard.ts';
import { makeServer } from './listener.ts';
import { Log } from './log.ts';
import { Metrics } from './metrics.ts';
import { Offload } from './offload.ts';
import { pageOf } from './pages.ts';
import type { Shared } from './passage.ts';
import { Caller } from './peer/caller.ts';
import { Host } from './peer/host.ts';
import { MESSAGE_PATH } from './peer/link.ts';
import { answerPeer } from './peer/page.ts';
import { type Terms, termsOf } from './peer/terms.ts';
import { Problem } from './problem.ts';
import { complete, type ProxyConfig, policyOf, type Settings } from './settings.ts';
import { Target } from './target.ts';

const LINGER_MS = 100;

/** Where a proxy listens. */
export interface Listening {
  readonly host: string;
  readonly port: number;
}

export interface ProxyServer {
  /** @throws ConfigError  the address is taken or not ours */
  listen(): Promise<Listening>;
  /** Drains and ends; the second call waits for the first. */
  close(): Promise<void>;
  readonly metrics: Metrics;
}

/**
 * Makes a proxy; nothing listens before `listen()`.
 *
 * @throws ConfigError  a setting is unknown, malformed or contradicts another one
 */
export function createProxy(config: ProxyConfig, parts: { classifier?: Classifier } = {}): ProxyServer {
  return make(config, parts.classifier, false);
}

/**
 * Makes the other end of a pair: a proxy whose clients may be peers, with sessions or without, and send wires. Plain
 * requests are answered as a proxy answers them, unless `peer.security` demands protection.
 *
 * @throws ConfigError  as `createProxy`
 */
export function createPeerServer(config: ProxyConfig, parts: { classifier?: Classifier } = {}): ProxyServer {
  return make(config, parts.classifier, true);
}

function make(config: ProxyConfig, classifier: Classifier | undefined, hosts: boolean): ProxyServer {
  const settings = complete(config);
  if (config.mode === 'neural' && !classifier) {
    throw new ConfigError('mode neural: no classifier is loaded; choose auto or patterns, or hand one to createProxy');
  }
  const calls = settings.upstream !== 'demo' && new Target(settings.upstream).peer;
  if (!hosts && !calls && (config.peerKey || (settings.peer.security ?? 'none') !== 'none')) {
    throw new ConfigError('peer.security: the upstream is no peer; expected a URL such as m2m+http://localhost:9000');
  }
  const terms = termsOf(settings.peer, config.peerKey, hosts ? 'm2m-server' : 'm2m-proxy', !config.monitor);
  const metrics = new Metrics();
  const guard = new Guard({
    ...scannersOf(config, classifier),
    metrics,
    failOpen: settings.failOpen,
    requests: settings.scanRequests,
    responses: settings.scanResponses,
  });
  if (classifier?.model) {
    const { id, sha256, device } = classifier.model;
    metrics.model.add(1, [id, sha256, device].join('\n'));
  }
  const log = new Log(config.log ?? ((lines) => void process.stderr.write(lines)));
  const host = hosts ? new Host(terms, settings.limits.sessions, metrics.sessions) : undefined;
  const budget = new Budget(settings.limits.bufferedBytes, metrics.buffered);
  return new Running(settings, { settings, guard, metrics, budget, log, upstreamKey: config.upstreamKey, host }, terms);
}

function scannersOf(
  config: ProxyConfig,
  classifier: Classifier | undefined,
): { scanner: SecurityScanner; offload: Offload | undefined } {
  const policy = policyOf(config);
  try {
    const scanner = new SecurityScanner(classifier ? { ...policy, classifier } : policy);
    return { scanner, offload: classifier ? undefined : new Offload(policy) };
  } catch (error) {
    if (error instanceof InvalidInputError) throw new ConfigError(error.message, { cause: error });
    throw error;
  }
}

type Parts = Omit<Shared, 'target' | 'pool' | 'draining' | 'caller'>;

class Running implements ProxyServer {
  readonly metrics: Metrics;
  readonly #settings: Settings;
  readonly #parts: Parts;
  readonly #terms: Terms;
  #server: Server | undefined;
  #shared: Shared | undefined;
  #demo: Demo | undefined;
  #starting: Promise<Listening> | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: Settings, parts: Parts, terms: Terms) {
    this.#settings = settings;
    this.#parts = parts;
    this.#terms = terms;
    this.metrics = parts.metrics;
  }

  async listen(): Promise<Listening> {
    if (this.#closing) throw new ConfigError('listen: this proxy is closed; make another one');
    if (this.#starting) throw new ConfigError('listen: this proxy already listens');
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<Listening> {
    const { host, port, upstream, timeouts } = this.#settings;
    if (upstream === 'demo') this.#demo = await startDemo();
    const target = new Target(this.#demo?.url ?? upstream);
    const pool = new Pool(target.origin, {
      connections: this.#settings.limits.upstreamSockets,
      pipelining: 1,
      allowH2: false,
      connectTimeout: timeouts.connectMs,
      headersTimeout: timeouts.upstreamMs,
      bodyTimeout: timeouts.idleMs,
    });
    const caller = target.peer ? new Caller(pool, target.below(MESSAGE_PATH), this.#terms) : undefined;
    const shared: Shared = { ...this.#parts, target, pool, caller, draining: false };
    this.#shared = shared;
    shared.guard.warm();
    const server = makeServer(this.#settings, (request, response) => answer(shared, request, response));
    this.#server = server;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, 4096, resolve);
      });
    } catch (error) {
      await this.#end(shared);
      const { code } = error as { code?: string };
      throw new ConfigError(`cannot listen on ${host}:${port}: ${code ?? 'unknown'}; choose another port or host`, {
        cause: error,
      });
    }
    const address = server.address() as AddressInfo;
    return { host: address.address, port: address.port };
  }

  close(): Promise<void> {
    this.#closing ??= this.#drain();
    return this.#closing;
  }

  async #drain(): Promise<void> {
    // Called during listen(), it ends what listen() began; one that failed has cleaned up by itself and told its caller.
    const listens = await this.#starting?.then(
      () => true,
      () => false,
    );
    if (!listens) return;
    const server = this.#server;
    const shared = this.#shared;
    if (!server || !shared) return;
    shared.draining = true;
    const closed = new Promise<void>((resolve) => server.once('close', () => resolve()));
    if (server.listening) {
      if (await connections(server)) await pause(LINGER_MS);
      server.close();
      const force = setTimeout(() => server.closeAllConnections(), this.#settings.timeouts.drainMs);
      // A stream that began before the drain promised its client a connection that stays.
      const idle = setInterval(() => server.closeIdleConnections(), 25);
      await closed;
      clearTimeout(force);
      clearInterval(idle);
    }
    // A response says that it is closed some turns after the server does, and its line of the log comes only then.
    for (let turn = 0; turn < 1000 && shared.metrics.inflight.value() > 0; turn++) await pause(1);
    await this.#end(shared);
  }

  async #end(shared: Shared): Promise<void> {
    // Whatever a client left behind is aborted by now; destroy() also ends idle sockets that close() would wait for.
    await shared.caller?.close();
    shared.host?.close();
    this.#terms.dispose();
    await (shared.pool as Pool).destroy();
    await this.#demo?.close();
    await shared.guard.close();
    shared.log.flush();
  }
}

/** The proxy's own pages; everything else is traffic. */
function answer(shared: Shared, request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'GET' || request.method === 'HEAD') {
    const own = pageOf(shared, request.url);
    if (own) {
      response.writeHead(own.status, {
        'content-type': own.type,
        'content-length': Buffer.byteLength(own.body),
        ...(shared.draining ? { connection: 'close' } : {}),
      });
      response.end(own.body);
      return;
    }
  }
  if (shared.host && request.method === 'POST' && request.url === MESSAGE_PATH) {
    void answerPeer(shared.host, request, response);
    return;
  }
  const exchange = new Exchange(shared, request, response);
  const { origin, host } = request.headers;
  if (origin !== undefined && isLoopback(shared.settings.host) && !isLoopback(host ?? '')) {
    exchange.refuse(new Problem(403, 'cross_origin', 'this proxy answers no pages of other origins'));
  } else void exchange.run();
}

/**
 * Whether a host, with or without a port, is this machine. A page whose name is made to point here afterwards (DNS
 * rebinding) is of our own origin by its headers; only its name in `host` gives it away, as CVE-2024-28224 taught Ollama.
 */
function isLoopback(host: string): boolean {
  return /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])(?::\d+)?$/iu.test(host);
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
