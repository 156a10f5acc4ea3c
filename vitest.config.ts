import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { VerdictLine } from './test/reporter.ts';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup.ts'],
    reporters: ['default', new VerdictLine()],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores are what CI has; more workers only add noise to the suites that fit growth exponents.
    maxWorkers: 2,
  },
});

export default config;
