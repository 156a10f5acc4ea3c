/**
 * One cold start, in a process of its own: `node bench/scan/cold.ts ours|onnxruntime-web|onnxruntime-node FOLDER ENGINE`.
 * Prints the milliseconds from the first import to the first score. onnxruntime gets its ids for nothing.
 */
import { pathToFileURL } from 'node:url';

const [who, folder, engine] = process.argv.slice(2) as [string, string, string];
const TEXT = 'Please summarise the second paragraph of the attached report.';
const IDS = [16391, ...Array.from({ length: 11 }, (_, i) => 300 + i)];

const started = performance.now();
if (who === 'ours') {
  const { loadHydra } = await import(pathToFileURL(engine).href);
  const hydra = await loadHydra({ model: folder, workers: 1 });
  await hydra.classify([{ text: TEXT }]);
} else {
  const { openPeer } = await import('./peers.ts');
  const peer = await openPeer(who as 'onnxruntime-web', folder);
  if ('missing' in peer) throw new Error(peer.missing);
  await peer.run(IDS);
}
const ms = performance.now() - started;
console.log(JSON.stringify({ ms, bootMs: started }));
process.exit(0);
