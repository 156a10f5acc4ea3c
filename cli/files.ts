/** Bytes in and out of commands: files by name, `-` or nothing for the standard streams. */
import { readFile, writeFile } from 'node:fs/promises';
import { UsageError } from './usage.ts';

/** @throws UsageError  the file cannot be read, or nothing was given and a person sits at the terminal */
export async function readInput(file: string | undefined): Promise<Buffer> {
  if (file !== undefined && file !== '-') {
    try {
      return await readFile(file);
    } catch (error) {
      throw new UsageError(`cannot read ${file}: ${reasonOf(error)}`);
    }
  }
  if (file === undefined && process.stdin.isTTY) throw new UsageError('nothing to read: give -f FILE or pipe it in');
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** @throws UsageError  the file cannot be written */
export async function writeOutput(file: string | undefined, wire: string | Uint8Array): Promise<void> {
  if (file === undefined || file === '-') {
    if (!process.stdout.write(wire))
      await new Promise<void>((resolve) => process.stdout.once('drain', () => resolve()));
    return;
  }
  try {
    await writeFile(file, wire);
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'no such file or folder' : (code ?? String(error));
}
