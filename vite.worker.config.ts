/** `dist/engine/worker.node.js` as one file: thirty small modules take a new thread 30 ms longer to read than one. */
import { resolve } from 'node:path';
import type { InlineConfig } from 'vite';

const config: InlineConfig = {
  root: import.meta.dirname,
  publicDir: false,
  logLevel: 'warn',
  ssr: { noExternal: true, target: 'node' },
  build: {
    ssr: resolve(import.meta.dirname, 'engine/worker.node.ts'),
    outDir: resolve(import.meta.dirname, 'dist/engine'),
    emptyOutDir: false,
    target: 'node22',
    minify: false,
    rolldownOptions: { output: { entryFileNames: 'worker.node.js', codeSplitting: false } },
  },
};

export default config;
