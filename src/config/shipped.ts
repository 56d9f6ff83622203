import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where berth's own parts are, for `{{node}}` and `{{berth}}` in class files. */
export type Own = {
  /** The Node program. */
  readonly node: string;
  /** The folder of berth's sources, or of what was built from them. */
  readonly folder: string;
  /** Of the programs in it: `.ts` in sources, `.js` in a build. */
  readonly extension: '.ts' | '.js';
};

/** This very broker's parts: src/config in sources, dist/src/config in a build. */
export const ownParts = (): Own => ({
  node: process.execPath,
  folder: join(import.meta.dirname, '..'),
  extension: import.meta.filename.endsWith('.ts') ? '.ts' : '.js',
});

/** A file of the package, such as `deploy/classes/default.yaml`, by its absolute path.
 *  @throws Error when the package does not have it */
export function shippedFile(path: string): string {
  for (const up of ['../..', '../../..']) {
    const file = join(import.meta.dirname, up, path);
    if (existsSync(file)) return file;
  }
  throw new Error(`${path} is missing from this installation of berth`);
}

/** `text` with `{{node}}` and `{{berth}}` filled in. A program of berth's is written with `.ts` and found in a build as
 *  `.js`, so that one class file serves both. */
export function fillOwn(text: string, own: Own): string {
  const program = /^\{\{\s*berth\s*\}\}(\/.+)\.ts$/.exec(text);
  if (program) return `${own.folder}${program[1]}${own.extension}`;
  return text.replace(/\{\{\s*node\s*\}\}/g, () => own.node).replace(/\{\{\s*berth\s*\}\}/g, () => own.folder);
}
