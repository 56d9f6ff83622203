import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.ts';

/** The crash matrix and the bad days: real brokers that are killed, stopped and cut off. `npm run test:chaos`. */
export default defineConfig({
  test: {
    include: ['test/chaos/**/*.test.ts'],
    testTimeout: 10 * 60_000,
    hookTimeout: 2 * 60_000,
    maxWorkers: 2,
    // Of the cases of one file; each has a broker of its own.
    maxConcurrency: 3,
    // Real processes on a machine that others use, too, may be late once; a defect fails twice.
    retry: process.env.CI ? 1 : 0,
    ...reporters('chaos'),
  },
});
