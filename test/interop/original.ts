/**
 * The original implementation as a foreign peer: builds the Rust harness in `rust/` and asks it, one line of JSON at a time.
 * Where cargo is absent, or its build does not end in time, `original()` says why, and the tests skip with that reason.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

const HERE = join(import.meta.dirname, 'rust');
/** Outside of the repository, kept between runs: the first build compiles 300 crates, about five minutes on one core. */
const TARGET = process.env.CARGO_TARGET_DIR ?? join(tmpdir(), 'm2m-interop-target');
const BUILD_MS = Number(process.env.M2M_INTEROP_BUILD_MS ?? 900_000);

export type Fields = Readonly<Record<string, unknown>>;

/** An answer: the harness's own fields, or why the original refused. */
export interface Answer extends Fields {
  readonly ok: boolean;
  readonly error?: string;
  readonly data?: string;
}

/** Builds the harness. @returns the path of the program, or why there is none */
export function build(): { readonly program: string } | { readonly missing: string } {
  // rustup puts cargo where a login shell finds it, which a test runner is not.
  const env = {
    ...process.env,
    CARGO_TARGET_DIR: TARGET,
    PATH: `${process.env.PATH}${delimiter}${homedir()}/.cargo/bin`,
  };
  if (spawnSync('cargo', ['--version'], { env }).error) return { missing: 'cargo is not installed' };
  const run = spawnSync('cargo', ['build', '--release', '--locked', '-j1'], {
    cwd: HERE,
    env,
    timeout: BUILD_MS,
    encoding: 'utf8',
  });
  if (run.status === 0) return { program: join(TARGET, 'release', 'm2m-interop') };
  return { missing: `the harness did not build: ${run.error?.message ?? run.stderr.trim().split('\n').at(-1)}` };
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
