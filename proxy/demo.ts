/**
 * `--upstream demo`: an OpenAI-compatible upstream that echoes the last user message, so that the proxy can be tried on
 * an empty machine. A server of its own on a free loopback port, reached over the same path as any other upstream.
 *
 * Answers: models, chat completions (JSON, SSE, usage, tool calls), completions, embeddings, responses (JSON, SSE).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, type Body, chat, completion, embeddings, models, problem, respond } from './demo-answers.ts';

export interface Demo {
  /** `http://127.0.0.1:<port>/v1` */
  readonly url: string;
  close(): Promise<void>;
}

const ROUTES: ReadonlyMap<string, (body: Body) => Answer> = new Map([
  ['GET /v1/models', models],
  ['POST /v1/chat/completions', chat],
  ['POST /v1/completions', completion],
  ['POST /v1/embeddings', embeddings],
  ['POST /v1/responses', respond],
]);

/** Starts the demo upstream. */
export async function startDemo(): Promise<Demo> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const path = (request.url ?? '').split('?')[0];
  const route = ROUTES.get(`${request.method} ${path}`);
  if (!route) return send(response, problem(404, `the demo upstream has no ${request.method} ${path}`));
  const body = parse(Buffer.concat(chunks).toString('utf8'));
  if (body === undefined) return send(response, problem(400, 'expected a JSON object as the body'));
  send(response, route(body));
}

function parse(text: string): Body | undefined {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function send(response: ServerResponse, answer: Answer): void {
  if ('json' in answer) {
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.json));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  for (const { event, data } of answer.events) response.write(`${event ? `event: ${event}\n` : ''}data: ${data}\n\n`);
  response.end();
}
