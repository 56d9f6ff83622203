import { join } from 'node:path';

/** Where the continuous integration wants to read counts from; unset for people. */
const REPORT_DIR = process.env.CI_REPORT_DIR;

/** Output for people, and besides NAME.json for the continuous integration. */
export const reporters = (name: string) =>
  REPORT_DIR ? { reporters: ['default', 'json'], outputFile: { json: join(REPORT_DIR, `${name}.json`) } } : {};
