import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { main } from './m2m.ts';

type Child = ReturnType<typeof launch>;

let child: Child;
afterEach(() => void child.kill('SIGKILL'));

function launch() {
  return spawn(process.execPath, [main, 'proxy', '--upstream', 'demo', '--port', '0'], {
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
