import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configPage } from './tables.ts';

/** Writes deploy/config.md; with --check only says whether it is what the schemas say (exit 1: it is not). */
const file = join(import.meta.dirname, '../../deploy/config.md');
const page = configPage();

if (!process.argv.includes('--check')) {
  writeFileSync(file, page);
} else if (read() !== page) {
  process.stderr.write('deploy/config.md is not what src/config says: run npm run docs:config\n');
  process.exitCode = 1;
}

function read(): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
