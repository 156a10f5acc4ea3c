/**
 * The servers of bench/proxy.ts, each a process of its own: the upstream, the bare forwarder that the proxy is measured
 * against, and the proxy. `node servers.ts <role> [upstream]`; the port and the answers to questions go over IPC.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { createPeerServer, createProxy, type PeerOptions } from '../../proxy/index.ts';
import { answers } from './bodies.ts';

const [role, upstream] = process.argv.slice(2);

if (role === 'upstream') await startUpstream();
else if (role === 'bare') await startBare(upstream!);
else if (role === 'proxy') await startProxy(upstream!, true);
else if (role === 'unscanned') await startProxy(upstream!, false);
else if (role?.startsWith('server')) await startPeer(upstream!, 'server', role.split('-')[1]);
else if (role?.startsWith('near')) await startPeer(upstream!, 'near', role.split('-')[1]);
process.on('disconnect', () => process.exit(0));

function tell(message: Record<string, unknown>): void {
  process.send!(message);
}

/** Microseconds of processor time so far: what other processes do to the clock does not show in it. */
function tellCpu(): void {
  const { user, system } = process.cpuUsage();
  tell({ cpu: user + system });
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve));
  tell({ port: (server.address() as AddressInfo).port });
}

function receive(request: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
}

/** Answers at once, or, below `/v1/held`, when it is told to. */
async function startUpstream(): Promise<void> {
  let n = 0;
  let sockets = 0;
  let arrived = 0;
  let held: ServerResponse[] = [];
  const send = (response: ServerResponse): void => {
    const body = answers[n % answers.length]!.replaceAll('COUNT', String(n++));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  };
  const server = createServer((request, response) => {
    receive(request, () => {
      if (!request.url!.startsWith('/v1/held')) return send(response);
      arrived++;
      held.push(response);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    sockets++;
    socket.once('close', () => sockets--);
  });
  process.on('message', (question: string) => {
    if (question === 'release') for (const response of held.splice(0)) send(response);
    if (question === 'forget') [arrived, held] = [0, []];
    tell({ sockets, arrived });
  });
  await listen(server);
}

/** What the proxy costs more than: body gathered, sent on with undici, answer gathered, sent back. No check of anything. */
async function startBare(url: string): Promise<void> {
  const pool = new Pool(url, { connections: 1024, pipelining: 1 });
  const server = createServer((request, response) => {
    receive(request, (body) => {
      const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
      let status = 0;
      let type = '';
      const chunks: Buffer[] = [];
      pool.dispatch(
        { method: 'POST', path: request.url!, headers, body },
        {
          onRequestStart() {},
          onResponseStart(_controller, code, head) {
            status = code;
            type = String(head['content-type']);
          },
          onResponseData(_controller, chunk) {
            chunks.push(chunk);
          },
          onResponseEnd() {
            const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
            response.writeHead(status, { 'content-type': type, 'content-length': whole.length });
            response.end(whole);
          },
          onResponseError() {
            response.writeHead(502);
            response.end();
          },
        },
      );
    });
  });
  server.keepAliveTimeout = 60_000;
  process.on('message', tellCpu);
  await listen(server);
}

/** `scans: false` shows what the proxy costs apart from the scanner. */
async function startProxy(url: string, scans: boolean): Promise<void> {
  const proxy = createProxy({
    upstream: `${url}/v1`,
    port: 0,
    mode: 'patterns',
    scanRequests: scans,
    scanResponses: scans,
    log: () => undefined,
  });
  const { port } = await proxy.listen();
  process.on('SIGTERM', () => void proxy.close().then(() => process.exit(0)));
  process.on('message', tellCpu);
  tell({ port });
}

/** One side of a pair; `near` is the one that clients talk to. */
async function startPeer(url: string, side: 'server' | 'near', security = 'none'): Promise<void> {
  const peer = { security: security as NonNullable<PeerOptions['security']> };
  const key = security === 'none' ? {} : { peerKey: new Uint8Array(32).fill(9) };
  const own = { port: 0, mode: 'patterns', log: () => undefined, peer, ...key } as const;
  const proxy =
    side === 'server'
      ? createPeerServer({ upstream: `${url}/v1`, ...own })
      : createProxy({ upstream: `m2m+${url}/v1`, ...own });
  const { port } = await proxy.listen();
  process.on('message', tellCpu);
  tell({ port });
}
