import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** The program of that name in `path`, else in `more` folders: where packages put it is not on every user's PATH. */
export const findProgram = (name: string, path: string, more: readonly string[]): string | null =>
  [...path.split(delimiter).filter(isAbsolute), ...more].map((dir) => join(dir, name)).find(isProgram) ?? null;

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
