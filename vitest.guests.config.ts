import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.ts';

/** A real browser on the web console, and a real JupyterLab as a session. `npm run test:guests` installs both. */
export default defineConfig({
  test: {
    include: ['test/guests/**/*.test.ts'],
    testTimeout: 2 * 60_000,
    hookTimeout: 2 * 60_000,
    // Real processes on a machine that others use, too, may be late once; a defect fails twice.
    retry: process.env.CI ? 1 : 0,
    ...reporters('guests'),
  },
});
