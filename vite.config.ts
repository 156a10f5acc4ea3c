/** The browser bundle: `dist/browser/index.js`, what index.browser.ts exports as one ES module; vocabularies, Brotli and Hydra's engine come when asked for. */
import { resolve } from 'node:path';
import type { InlineConfig } from 'vite';

/** What every bundle of ours has in common; the tests bundle their pages with it too. */
export function bundleOf(entry: string, outDir: string): InlineConfig {
  return {
    root: import.meta.dirname,
    publicDir: false,
    logLevel: 'warn',
    base: './',
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      // Files of their own, fetched when they are needed: nothing of wasm inside the script.
      assetsInlineLimit: 0,
      modulePreload: false,
      // The vocabularies are 1.1 and 2.3 MB, and nobody gets them who does not ask.
      chunkSizeWarningLimit: 3000,
      // Not `lib`, which puts every asset into the script as base64.
      rolldownOptions: {
        input: entry,
        preserveEntrySignatures: 'strict',
        output: {
          entryFileNames: 'index.js',
          chunkFileNames: '[name]-[hash].js',
          assetFileNames: '[name]-[hash][extname]',
        },
      },
    },
    worker: { format: 'es' },
  };
}

const config: InlineConfig = bundleOf(
  resolve(import.meta.dirname, 'index.browser.ts'),
  resolve(import.meta.dirname, 'dist/browser'),
);

export default config;
