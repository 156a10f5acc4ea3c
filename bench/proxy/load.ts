/** Processes under load, for the benches of the proxy: they start, are asked things over IPC, and get requests. */
import { type ChildProcess, fork } from 'node:child_process';
import { resolve } from 'node:path';
import { Pool } from 'undici';
import { requests, type Workload } from './bodies.ts';

export const CONNECTIONS = 32;

export interface Server {
  readonly child: ChildProcess;
  readonly origin: string;
}

const children: ChildProcess[] = [];
/** What is sent next, and how much was sent so far. */
export const load: { workload: Workload; sent: number } = { workload: 'conversation', sent: 0 };

function heard(child: ChildProcess): Promise<Record<string, unknown>> {
  return new Promise((resolve) => child.once('message', (message) => resolve(message as Record<string, unknown>)));
}

export async function ask(server: Server, question: string): Promise<Record<string, unknown>> {
  const answer = heard(server.child);
  server.child.send(question);
  return answer;
}

export async function start(role: string, upstream?: Server): Promise<Server> {
  const script = resolve(import.meta.dirname, 'servers.ts');
  const child = fork(script, upstream ? [role, upstream.origin] : [role], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  children.push(child);
  const { port } = await heard(child);
  return { child, origin: `http://127.0.0.1:${port}` };
}

/** One request; resolves with the status, 0 where the connection broke. */
export function request(pool: Pool, path: string, started?: (abort: () => void) => void): Promise<number> {
  const bodies = requests[load.workload];
  const body = bodies[load.sent % bodies.length]!.replaceAll('COUNT', String(load.sent++));
  return new Promise((resolve) => {
    let status = 0;
    pool.dispatch(
      { method: 'POST', path, body, headers: ['content-type', 'application/json', 'authorization', 'Bearer sk-bench'] },
      {
        onRequestStart: (controller) => started?.(() => controller.abort(new Error('bench'))),
        onResponseStart: (_controller, code) => {
          status = code;
        },
        onResponseData: () => undefined,
        onResponseEnd: () => resolve(status),
        onResponseError: () => resolve(0),
      },
    );
  });
}

/** Requests a second with every connection always busy; throws where one of them is not answered 200. */
export async function saturate(pool: Pool, ms: number): Promise<number> {
  const start = performance.now();
  let done = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - start < ms) {
      const status = await request(pool, '/v1/chat/completions');
      if (status !== 200) throw new Error(`expected 200, found ${status}`);
      done++;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return (done / (performance.now() - start)) * 1000;
}

/** Milliseconds of each answer, with requests sent at a fixed rate whatever the answers do. */
export async function atRate(pool: Pool, perSecond: number, ms: number): Promise<number[]> {
  const times: number[] = [];
  const pending: Promise<void>[] = [];
  const start = performance.now();
  for (let n = 0; ; ) {
    const now = performance.now() - start;
    if (now > ms) break;
    for (; n < (now / 1000) * perSecond; n++) {
      const began = performance.now();
      pending.push(request(pool, '/v1/chat/completions').then(() => void times.push(performance.now() - began)));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  return times;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!;
}

export function connect({ origin }: Server): Pool {
  return new Pool(origin, { connections: CONNECTIONS, pipelining: 1 });
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets all processes go. */
export function finish(): void {
  for (const child of children) if (child.connected) child.disconnect();
}
