/** `POST /message`: the messages of a session other than DATA, as JSON. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { receive } from '../body.ts';
import { Problem } from '../problem.ts';
import { internal, linger } from '../refusal.ts';
import type { Host } from './host.ts';

/** Bytes of a message; capabilities are one kilobyte. */
const LONGEST = 65_536;

/** Answers one message. Never rejects. */
export async function answerPeer(host: Host, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let status = 200;
  let text: string;
  try {
    const body = await receive(request, LONGEST);
    if (request.headers.origin !== undefined) throw new Problem(403, 'cross_origin', 'pages hold no sessions here');
    text = await host.answer(body?.toString('utf8') ?? '');
  } catch (error) {
    const problem = error instanceof Problem ? error : internal();
    status = problem.status;
    text = problem.toJSON();
  }
  if (response.destroyed) return;
  const body = Buffer.from(text);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  if (request.complete) response.end(body);
  else linger(request, response, body);
}
