/**
 * The original implementation as a foreign peer: builds the Rust harness in `rust/` and asks it, one line of JSON at a time.
 * Where cargo is absent, or its build does not end in time, `build()` says why, and the suites skip with that reason.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { runs } from '../scale.ts';

const HERE = join(import.meta.dirname, 'rust');
/** Outside of the repository, kept between runs: the first build compiles 300 crates, about five minutes on one core. */
const TARGET = process.env.CARGO_TARGET_DIR ?? join(tmpdir(), 'm2m-interop-target');
/** `npm test` has ten minutes for everything; what cargo compiled until then it does not compile again. */
const BUILD_MS = Number(process.env.M2M_INTEROP_BUILD_MS ?? runs(300_000, 1_200_000));

export type Fields = Readonly<Record<string, unknown>>;

/** An answer: the harness's own fields, or why the original refused. */
export interface Answer extends Fields {
  readonly ok: boolean;
  readonly error?: string;
  readonly data?: string;
}

/** What was built: the harness, and the command line of the original. */
export interface Built {
  readonly program: string;
  readonly cli: string;
}

/** @returns the paths of the programs, or why there are none */
export async function build(): Promise<Built | { readonly missing: string }> {
  const cargo = await run('cargo', ['--version'], 10_000);
  if (cargo !== undefined) return { missing: `no cargo here: ${cargo}` };
  for (const what of [[], ['-p', 'm2m-protocol', '--bin', 'm2m']]) {
    const failed = await run('cargo', ['build', '--release', '--locked', ...what], BUILD_MS);
    if (failed !== undefined) return { missing: `the harness was not built: ${failed}` };
  }
  return { program: join(TARGET, 'release', 'm2m-interop'), cli: join(TARGET, 'release', 'm2m') };
}

/** Runs a program to its end. @returns nothing, or why it failed */
function run(program: string, words: readonly string[], timeout: number): Promise<string | undefined> {
  // rustup puts cargo where a login shell finds it, which a test runner is not.
  const path = `${process.env.PATH}${delimiter}${join(homedir(), '.cargo', 'bin')}`;
  const env = { ...process.env, CARGO_TARGET_DIR: TARGET, PATH: path };
  const child = spawn(program, words, { cwd: HERE, env, timeout, stdio: ['ignore', 'ignore', 'pipe'] });
  let last = '';
  child.stderr.on('data', (chunk) => {
    last = String(chunk).trim().split('\n').at(-1) ?? '';
  });
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => {
      resolve(code === 0 ? undefined : signal ? `not done after ${timeout / 1_000} s: run again to go on` : last);
    });
  });
}

/** A running harness. */
export class Original {
  readonly #child: ChildProcess;
  readonly #waiting: ((answer: Answer) => void)[] = [];

  constructor(program: string) {
    this.#child = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => this.#waiting.shift()?.(JSON.parse(line) as Answer));
    lines.on('close', () => {
      for (const answer of this.#waiting.splice(0)) answer({ ok: false, error: 'the harness ended' });
    });
  }

  ask(request: Fields): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    });
  }

  /** The wire that the original makes of a message. @throws Error  it refuses; with its own words */
  async encode(message: string, request: Fields): Promise<Buffer> {
    return bytesOf(await this.ask({ op: 'encode', ...request, data: Buffer.from(message).toString('base64') }));
  }

  /** The message that the original reads in a wire. @throws Error  it refuses; with its own words */
  async decode(wire: string | Uint8Array, request: Fields): Promise<string> {
    const answer = await this.ask({ op: 'decode', ...request, data: Buffer.from(wire).toString('base64') });
    return bytesOf(answer).toString('utf8');
  }

  close(): void {
    this.#child.stdin?.end();
  }
}

function bytesOf(answer: Answer): Buffer {
  if (!answer.ok || answer.data === undefined) throw new Error(`the original refuses: ${answer.error}`);
  return Buffer.from(answer.data, 'base64');
}

/** `m2m server` of the original, on a port that was free a moment ago. @returns its address and how to stop it */
export async function serve(cli: string): Promise<{ readonly url: string; close(): void }> {
  const port = await freePort();
  const child = spawn(cli, ['server', '--host', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; child.exitCode === null && tries < 100; tries++) {
    const health = await fetch(`${url}/health`).catch((error: Error) => error);
    if (health instanceof Response && health.ok) return { url, close: () => child.kill() };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill();
  throw new Error('the server of the original does not answer');
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
