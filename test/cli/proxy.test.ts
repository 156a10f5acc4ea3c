import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { main } from './m2m.ts';

type Child = ReturnType<typeof launch>;

let child: Child;
afterEach(() => void child.kill('SIGKILL'));

function launch(command = 'proxy', upstream = 'demo', ...flags: string[]) {
  return spawn(process.execPath, [main, command, '--upstream', upstream, '--port', '0', ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** The origin that the proxy tells on stderr. */
async function originOf({ stderr }: Child): Promise<string> {
  let text = '';
  for (;;) {
    const [chunk] = (await once(stderr, 'data')) as [Buffer];
    text += chunk.toString();
    const found = /http:\/\/[\d.]+:\d+(?=\/v1)/.exec(text);
    if (found) return found[0];
  }
}

describe('m2m proxy', () => {
  it('says where it listens, and ends with 0 after SIGTERM', async () => {
    child = launch();
    const origin = await originOf(child);
    expect((await fetch(`${origin}/v1/models`)).status).toBe(200);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });

  it('goes on when nobody reads its log any more', async () => {
    child = launch();
    const origin = await originOf(child);
    child.stderr.destroy();
    for (let i = 0; i < 4; i++) {
      expect((await fetch(`${origin}/v1/models`)).status).toBe(200);
      // Longer than the log gathers lines for.
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});

const ask = (origin: string) =>
  fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Good morning' }] }),
  });

describe('m2m proxy --model', () => {
  it('asks the model about every message, and ends with its workers', async () => {
    const tiny = resolve(import.meta.dirname, '../models/golden/tiny');
    child = launch('proxy', 'demo', '--model', tiny, '--block-at', '1', '--mode', 'neural');
    const origin = await originOf(child);
    const response = await ask(origin);
    // Random weights take nearly everything for an attack; at a threshold of 1 they can only flag.
    expect([response.status, response.headers.get('x-m2m-verdict')]).toEqual([200, 'flag']);
    expect(await (await fetch(`${origin}/metrics`)).text()).toMatch(
      /m2m_model_info\{id="tiny",sha256="[0-9a-f]{64}",backend="wasm-\w+"\} 1/,
    );
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});

describe('m2m server', () => {
  let near: Child | undefined;
  afterEach(() => void near?.kill('SIGKILL'));

  it('and a proxy in front of it answer as one', async () => {
    child = launch('server', 'demo', '--peer-security', 'none');
    const server = await originOf(child);
    near = launch('proxy', `m2m+${server}/v1`, '--no-peer-session');
    const origin = await originOf(near);
    expect(await (await ask(origin)).json()).toMatchObject({ choices: [{ message: { content: 'Good morning' } }] });
    expect(await (await fetch(`${server}/metrics`)).text()).toMatch(
      /m2m_peer_bytes_total\{direction="request",form="wire"\} [1-9]/,
    );
  });
});
