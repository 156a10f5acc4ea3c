/** `m2m compress | decompress | analyze`: byte for byte through files and pipes, and one line where that cannot be. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALGORITHMS } from '../../codec/index.ts';
import { m2m } from './m2m.ts';

// What every format carries, `#T1|` with its few among them.
const MESSAGE = JSON.stringify({ text: `${'Grüße, how are you today? '.repeat(8)}漢字 😀` });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'm2m-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

const path = (name: string): string => join(folder, name);

describe.each(['auto', ...ALGORITHMS])('m2m compress -a %s', (algorithm) => {
  it('comes back byte for byte from a file, in both forms', async () => {
    await writeFile(path('in.json'), MESSAGE);
    for (const binary of [[], ['--binary']]) {
      const made = await m2m(['compress', '-a', algorithm, '-f', path('in.json'), '-o', path('wire'), ...binary]);
      expect(made).toMatchObject({ code: 0, stdout: '', stderr: '' });
      expect((await readFile(path('wire'))).equals(Buffer.from(MESSAGE))).toBe(false);
      expect(await m2m(['decompress', '-f', path('wire'), '-o', path('out.json')])).toMatchObject({ code: 0 });
      expect(await readFile(path('out.json'), 'utf8')).toBe(MESSAGE);
    }
  });

  it('writes to a pipe what decompress reads from one', async () => {
    const { stdout: wire, stderr } = await m2m(['compress', '-a', algorithm, '--stats'], MESSAGE);
    expect(stderr).toMatch(/\d+ to \d+ bytes \(\d+ %\), \d+ to \d+ cl100k_base tokens/);
    expect(await m2m(['decompress'], wire)).toMatchObject({ code: 0, stdout: MESSAGE });
  });
});

describe('what is no message', () => {
  it('passes auto as it is, aloud, and is refused by a named format', async () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => ((i * 7) % 256) | 0x80);
    await writeFile(path('bytes'), bytes);
    const passed = await m2m(['compress', '-f', path('bytes'), '-o', path('wire')]);
    expect(passed).toMatchObject({ code: 0, stderr: 'm2m: the input is no UTF-8: passed on as it is\n' });
    expect(await m2m(['decompress', '-f', path('wire'), '-o', path('back')])).toMatchObject({ code: 0 });
    expect(new Uint8Array(await readFile(path('back')))).toEqual(bytes);
    expect(await m2m(['compress', '-a', 'brotli', '-f', path('bytes')])).toMatchObject({ code: 2, stdout: '' });
  });

  it.each([
    [['decompress'], '#TK|X|AA==', /expected C, O or L/],
    [['decompress'], '#M2M[v3.0]|DATA:AAAA', /Brotli/],
    [['decompress', '-a', 'm2m'], '{}', /expected a wire that begins with/],
    [['compress', '-a', 'm2m'], 'no json', /only JSON/],
    [['compress', '-a', 'gzip'], '{}', /--algorithm: expected auto, token-native/],
    [['compress', '--minimise', 'tokens', '--binary'], '{}', /tokens can be counted for text alone/],
    [['compress', '-a', 'brotli', '--minimise', 'bytes'], '{}', /--minimise goes with/],
    [['compress', '-f', '/nowhere/at/all'], '', /cannot read \/nowhere\/at\/all: no such file/],
    [['compress', 'hello'], '', /unexpected 'hello'/],
  ])('%j of %j is one line and exit code 2', async (args, stdin, message) => {
    const { code, stdout, stderr } = await m2m(args, stdin);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('m2m analyze', () => {
  it('shows every format beside the message, and what refuses it', async () => {
    const { code, stdout } = await m2m(['analyze', '--json'], MESSAGE);
    expect(code).toBe(0);
    const { rows } = JSON.parse(stdout) as {
      rows: { algorithm: string; form: string; bytes: number; tokens?: object }[];
    };
    expect(rows[0]).toMatchObject({ algorithm: 'raw', bytes: Buffer.byteLength(MESSAGE) });
    expect(new Set(rows.map(({ algorithm }) => algorithm))).toEqual(new Set(['raw', ...ALGORITHMS]));
    expect(rows.filter(({ form }) => form === 'binary').every(({ tokens }) => tokens === undefined)).toBe(true);
    const table = (await m2m(['analyze'], 'no json')).stdout;
    expect(table).toMatch(/^format +bytes +cl100k tokens/);
    expect(table).toMatch(/^m2m +refused: m2m: only JSON/m);
  });
});
