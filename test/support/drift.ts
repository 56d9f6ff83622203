import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ROOT } from './source-text.ts';

/** File contents by path below some folder. */
export type Tree = ReadonlyMap<string, string>;

/** Every file below `folder` (an absolute path), however deep. */
export function readTree(folder: string): Tree {
  const tree = new Map<string, string>();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    tree.set(relative(folder, path), readFileSync(path, 'utf8'));
  }
  return tree;
}

/** One line per file that is missing, left over or different. */
export function differences(committed: Tree, wanted: Tree): readonly string[] {
  const found: string[] = [];
  for (const [path, text] of wanted)
    if (!committed.has(path)) found.push(`missing: ${path}`);
    else if (committed.get(path) !== text) found.push(`outdated: ${path}`);
  for (const path of committed.keys()) if (!wanted.has(path)) found.push(`left over: ${path}`);
  return found.sort();
}

/** Makes `folder` hold exactly `tree`. */
export function writeTree(folder: string, tree: Tree): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of tree) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Puts `text` between the lines `<!-- begin NAME -->` and `<!-- end NAME -->`.
 *  @throws Error when `page` lacks them: a generated part must not vanish unseen */
export function fillIn(page: string, name: string, text: string): string {
  const begin = `<!-- begin ${name} -->\n`;
  const end = `<!-- end ${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`no lines "${begin.trim()}" and "${end}" in that order`);
  return `${page.slice(0, from + begin.length)}${text.trim()}\n${page.slice(to)}`;
}

/** Ends a drift check: says what differs and how to renew it, and sets the exit code. */
export function report(what: string, found: readonly string[], renew: string): void {
  if (found.length === 0) {
    console.log(`${what}: up to date`);
    return;
  }
  console.error(`${what}: not what the sources say. Run \`${renew}\` and commit the result.`);
  for (const line of found.slice(0, 20)) console.error(`  ${line}`);
  if (found.length > 20) console.error(`  and ${found.length - 20} more`);
  process.exitCode = 1;
}

/** An absolute path of a path from the repository's root. */
export const fromRoot = (path: string): string => join(ROOT, path);
