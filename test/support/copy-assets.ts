// The last step of the build: what lies beside the sources and is not TypeScript (pages, scripts of other languages).
import { cpSync } from 'node:fs';
import { basename } from 'node:path';
import { fromRoot } from './drift.ts';

const NOT_FOR_RUNNING = /\.(ts|md)$|^node_modules$|^package(-lock)?\.json$/;

for (const folder of ['src', 'clients/typescript/src'])
  cpSync(fromRoot(folder), fromRoot(`dist/${folder}`), {
    recursive: true,
    filter: (path) => !NOT_FOR_RUNNING.test(basename(path)),
  });
