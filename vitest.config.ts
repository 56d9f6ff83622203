import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.ts';

/** What `npm test` runs. The suites under test/chaos take minutes, those under test/guests want a browser and JupyterLab:
 *  they have configurations of their own. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/chaos/**', 'test/guests/**', 'node_modules/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Also on two cores: many of these tests wait for processes.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Real processes on a machine that others use, too, may be late once; a defect fails twice.
    retry: process.env.CI ? 1 : 0,
    ...reporters('tests'),
  },
});
