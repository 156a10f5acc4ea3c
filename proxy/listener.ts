/** The listening socket: time-outs, connections of one address, and the refusal of what is no request at all. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Problem } from './problem.ts';
import type { Settings } from './settings.ts';

/** A server of HTTP/1.1 that does not listen yet. */
export function makeServer(
  settings: Settings,
  serve: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
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
