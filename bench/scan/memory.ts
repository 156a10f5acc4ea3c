/** What workers weigh, in a process of its own: `node --expose-gc bench/scan/memory.ts FOLDER ENGINE`. Prints bytes. */
import { pathToFileURL } from 'node:url';
import type * as Engine from '../../engine/node.ts';

const MANY = 4;
const [folder, engine] = process.argv.slice(2) as [string, string];
const { loadHydra } = (await import(pathToFileURL(engine).href)) as typeof Engine;
const text = 'A message of some length that every worker sees at least once. '.repeat(20);

async function settled(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((done) => setTimeout(done, 50));
  }
  return process.memoryUsage.rss();
}

const before = await settled();
const one = await loadHydra({ model: folder, workers: 1 });
await one.classify(Array.from({ length: 20 }, () => ({ text })));
const withOne = await settled();
one.close();
const many = await loadHydra({ model: folder, workers: MANY });
await many.classify([{ text }]);
const withFirst = await settled();
await many.classify(Array.from({ length: 200 }, () => ({ text })));
const withMany = await settled();
console.log(
  JSON.stringify({
    /** Weights and activations, as the device says. */
    deviceBytes: many.memoryBytes,
    firstBytes: withOne - before,
    furtherBytes: (withMany - withFirst) / (MANY - 1),
  }),
);
many.close();
