/** The other end of offload.ts: a scanner with the proxy's policy, one question after the other. Runs in a worker alone. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ScannerOptions, SecurityScanner } from '../security/index.ts';
import type { Question, Reply } from './offload.ts';

const scanner = new SecurityScanner(workerData as ScannerOptions);

async function answer({ id, input, options }: Question): Promise<Reply> {
  try {
    return { id, fields: { ...(await scanner.scan(input, options)) } };
  } catch (error) {
    return { id, failure: error instanceof Error ? error.name : 'unknown' };
  }
}

parentPort?.on('message', (question: Question) => {
  void answer(question).then((reply) => parentPort?.postMessage(reply));
});
