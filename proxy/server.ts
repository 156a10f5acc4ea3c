/**
 * The proxy as a whole: listens, tells the proxy's own pages from traffic, and drains. Read exchange.ts next.
 *
 * Closing: from the first moment on `/readyz` is 503 and every answer ends its connection, but for `LINGER_MS` the
 * listener stays, so that what already lies in the kernel's queues is answered and not reset. Then nothing new is
 * accepted, what is in flight ends by itself, and after `drainMs` by force.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Pool } from 'undici';
import { ConfigError, InvalidInputError } from '../errors.ts';
import { type Classifier, SecurityScanner } from '../security/index.ts';
import { type Demo, startDemo } from './demo.ts';
import { Exchange } from './exchange.ts';
import { Guard } from './guard.ts';
import { Log } from './log.ts';
import { Metrics } from './metrics.ts';
import { Offload } from './offload.ts';
import { pageOf } from './pages.ts';
import type { Shared } from './passage.ts';
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
export function createProxy(config: ProxyConfig, { classifier }: { classifier?: Classifier } = {}): ProxyServer {
  const settings = complete(config);
  if (config.mode === 'neural' && !classifier) {
    throw new ConfigError('mode neural: no classifier is loaded; choose auto or patterns, or hand one to createProxy');
  }
  if (settings.upstream !== 'demo') new Target(settings.upstream);
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
  return new Running(settings, { settings, guard, metrics, log, upstreamKey: config.upstreamKey });
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

class Running implements ProxyServer {
  readonly metrics: Metrics;
  readonly #settings: Settings;
  readonly #parts: Omit<Shared, 'target' | 'pool' | 'draining'>;
  #server: Server | undefined;
  #shared: Shared | undefined;
  #demo: Demo | undefined;
  #starting: Promise<Listening> | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: Settings, parts: Omit<Shared, 'target' | 'pool' | 'draining'>) {
    this.#settings = settings;
    this.#parts = parts;
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
    const shared: Shared = { ...this.#parts, target, pool, draining: false };
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
    await (shared.pool as Pool).destroy();
    await this.#demo?.close();
    await shared.guard.close();
    shared.log.flush();
  }
}

function makeServer(settings: Settings, serve: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const { headersMs, requestMs } = settings.timeouts;
  const server = createServer(
    {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      // Node looks for late clients this often; its default of 30 s would make 10 s up to 40.
      connectionsCheckingInterval: Math.min(1000, Math.ceil(headersMs / 4)),
      keepAliveTimeout: 65_000,
      maxHeaderSize: 16_384,
      insecureHTTPParser: false,
      noDelay: true,
    },
    serve,
  );
  // A client that takes nothing off the wire for longer than any upstream may stay silent holds its answer in our memory.
  server.timeout = Math.ceil(Math.max(settings.timeouts.upstreamMs, settings.timeouts.idleMs) * 1.1);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // A body that is too long is refused before it is sent; exchange.ts answers 413 from the declared length.
    if (Number(request.headers['content-length'] ?? 0) <= settings.limits.requestBytes) response.writeContinue();
    serve(request, response);
  });
  server.on('connect', (_request: IncomingMessage, socket: Socket) => refuseSocket(socket, 405, 'connect_unsupported'));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuseSocket(socket, ...reasonOf(error)));
  limitSockets(server, settings.limits.socketsPerAddress);
  return server;
}

function limitSockets(server: Server, limit: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    if (count > limit) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = open.get(address)! - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}

/** What llhttp found wrong → status and code. */
function reasonOf(error: NodeJS.ErrnoException): [status: number, code: string] {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'request_timeout'];
  if (error.code === 'HPE_HEADER_OVERFLOW') return [431, 'headers_too_large'];
  if (error.code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return [413, 'body_too_large'];
  return [400, 'invalid_http'];
}

function refuseSocket(socket: Socket, status: number, code: string): void {
  // node:http listens no more once it has emitted `connect`: a client's reset would be an uncaught exception.
  socket.on('error', () => socket.destroy());
  // Inside an answer that has begun, another one would be read as a piece of its body; node's own refusal asks the same.
  const { _httpMessage: answer } = socket as Socket & { readonly _httpMessage?: ServerResponse | null };
  if (!socket.writable || answer?.headersSent) {
    socket.destroy();
    return;
  }
  const body = new Problem(status, code, 'The bytes on this connection are no request that this proxy takes.').toJSON();
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
  // Half-closed is not closed: a client that keeps its side open must not keep the socket.
  setTimeout(() => socket.destroy(), 1000).unref();
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
