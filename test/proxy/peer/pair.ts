/** A scripted upstream, a server and a proxy in front of it, and a tap between the two that sees and may change the wires. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createPeerServer,
  createProxy,
  type PeerOptions,
  type ProxyConfig,
  type ProxyServer,
} from '../../../proxy/index.ts';
import { expectBytesAccountedFor, type Script } from '../rig.ts';

/** What went over the line between the two, and what was answered. */
export interface Passed {
  readonly method: string;
  readonly path: string;
  readonly sent: Headed;
  readonly answered: Headed & { readonly status: number };
}

export interface Headed {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Changes what passes; what it returns goes on instead. */
export interface Meddler {
  readonly request?: (sent: Headed) => Headed;
  readonly response?: (answered: Headed & { readonly status: number }) => Headed & { readonly status: number };
}

export interface Pair {
  /** `http://127.0.0.1:<port>` of the proxy, of the server, of the upstream. */
  readonly origin: string;
  readonly server: string;
  readonly upstream: string;
  /** Bodies that reached the upstream. */
  readonly seen: Buffer[];
  /** Requests and answers between the two; streams too, once they have ended. */
  readonly passed: Passed[];
  readonly proxies: readonly ProxyServer[];
  /** The server ends, and another one begins in its place. */
  readonly restart: () => Promise<void>;
  meddler: Meddler;
  readonly stop: () => Promise<void>;
}

export interface PairOptions {
  readonly script: Script;
  readonly peer?: PeerOptions;
  readonly key?: Uint8Array;
  readonly near?: Partial<ProxyConfig>;
  readonly far?: Partial<ProxyConfig>;
}

export const KEY: Uint8Array = new Uint8Array(32).map((_, i) => i * 7 + 1);

export async function startPair({ script, peer = {}, key, near, far }: PairOptions): Promise<Pair> {
  const seen: Buffer[] = [];
  const upstream = await listening((incoming, response, body) => {
    seen.push(body);
    script(incoming, response, body);
  });
  const secured = key ? { peerKey: key } : peer.security && peer.security !== 'none' ? { peerKey: KEY } : {};
  const own = { port: 0, log: () => undefined };
  const makeServer = (): ProxyServer =>
    createPeerServer({ upstream: `${originOf(upstream)}/v1`, ...own, ...secured, peer, ...far });
  let server = makeServer();
  let port = (await server.listen()).port;
  const passed: Passed[] = [];
  const pair = { meddler: {} as Meddler };
  const tap = await listening((incoming, response, body) => {
    relay({ incoming, response, body, port, meddler: pair.meddler, passed });
  });
  const proxy = createProxy({ upstream: `m2m+${originOf(tap)}/v1`, ...own, ...secured, peer, ...near });
  const { port: at } = await proxy.listen();
  return Object.assign(pair, {
    origin: `http://127.0.0.1:${at}`,
    get server() {
      return `http://127.0.0.1:${port}`;
    },
    upstream: originOf(upstream),
    seen,
    passed,
    get proxies() {
      return [proxy, server];
    },
    restart: async () => {
      await server.close();
      server = makeServer();
      port = (await server.listen()).port;
    },
    stop: async () => {
      await proxy.close();
      await server.close();
      for (const one of [proxy, server]) expectBytesAccountedFor(one);
      for (const one of [tap, upstream]) {
        one.closeAllConnections();
        await new Promise((resolve) => one.close(resolve));
      }
    },
  });
}

interface Relayed {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly port: number;
  readonly meddler: Meddler;
  readonly passed: Passed[];
}

function relay({ incoming, response, body, port, meddler, passed }: Relayed): void {
  const { method = '', url = '' } = incoming;
  const asked = { headers: plain(incoming.headers), body };
  const sent = meddler.request?.(asked) ?? asked;
  const { 'transfer-encoding': _te, ...headers } = sent.headers;
  const onward = request({
    port,
    host: '127.0.0.1',
    method,
    path: url,
    headers: { ...headers, 'content-length': sent.body.length },
  });
  onward.on('error', () => response.destroy());
  onward.on('response', (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('error', () => response.destroy());
    answer.on('end', () => {
      const came = { status: answer.statusCode ?? 0, headers: plain(answer.headers), body: Buffer.concat(chunks) };
      const answered = meddler.response?.(came) ?? came;
      passed.push({ method, path: url, sent, answered });
      const { 'transfer-encoding': _chunked, 'content-length': length, ...rest } = answered.headers;
      response.writeHead(answered.status, {
        ...rest,
        'content-length': method === 'HEAD' ? (length ?? 0) : answered.body.length,
      });
      response.end(answered.body);
    });
  });
  onward.end(sent.body);
}

function plain(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

async function listening(script: Script): Promise<Server> {
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => script(incoming, response, Buffer.concat(chunks)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
