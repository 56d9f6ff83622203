import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const NOT_OURS = new Set(['node_modules', 'generated', 'dist']);

/** Every TypeScript file of ours below `folder`, as paths from the root with forward slashes, sorted. Generated
 *  code is left out: its shape is its generator's. */
export function sourcesBelow(folder: string): readonly string[] {
  const found: string[] = [];
  const walk = (dir: string): void => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      if (entry.isDirectory() && !NOT_OURS.has(entry.name)) walk(path);
      if (entry.isFile() && entry.name.endsWith('.ts')) found.push(relative(ROOT, path).split(sep).join('/'));
    }
  };
  walk(join(ROOT, folder));
  return found.sort();
}

/** @param path from the root */
export const sourceText = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export type Import = {
  /** As written. */
  readonly specifier: string;
  /** Whether the whole statement vanishes when types are stripped. */
  readonly typeOnly: boolean;
  /** Whether it passes on what it imports. */
  readonly kind: 'import' | 'export' | 'export-all' | 'dynamic';
};

// Statements begin a line: the formatter sees to it. Between the keyword and `from` stand names, commas and braces.
const STATEMENT = /^[ \t]*(import|export)\b(?!\s*\()([^'"`;=()]*?)\bfrom\s*(['"])([^'"\n]+)\3/gm;
const SIDE_EFFECT = /^[ \t]*import\s*(['"])([^'"\n]+)\1/gm;
const DYNAMIC = /\b(?:import|require)\s*\(\s*(?:(['"])([^'"\n]+)\1)?/g;

/** Everything that `text` imports, in no order. A dynamic import of something computed has an empty specifier. */
export function importsOf(text: string): readonly Import[] {
  const code = withoutComments(text);
  const statements = [...code.matchAll(STATEMENT)].map(([, keyword, names = '', , specifier = '']): Import => {
    const kind = keyword === 'import' ? 'import' : /^\s*(type\s+)?\*\s*$/.test(names) ? 'export-all' : 'export';
    return { specifier, typeOnly: /^\s*type\b/.test(names), kind };
  });
  const effects = [...code.matchAll(SIDE_EFFECT)].map(
    ([, , specifier = '']): Import => ({ specifier, typeOnly: false, kind: 'import' }),
  );
  const dynamic = [...code.matchAll(DYNAMIC)].map(
    ([, , specifier = '']): Import => ({ specifier, typeOnly: false, kind: 'dynamic' }),
  );
  return [...statements, ...effects, ...dynamic];
}

/** `text` with its comments blanked; line numbers stay. A comment mark inside a string or template is left alone. */
export function withoutComments(text: string): string {
  const token =
    /\/\*[\s\S]*?\*\/|(?<![:\\'"`])\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;
  return text.replace(token, (found) => (found.startsWith('/') ? found.replace(/[^\n]/g, ' ') : found));
}

/** Where a relative `specifier` in `file` leads, as a path from the root. */
export const resolveFrom = (file: string, specifier: string): string =>
  posix.normalize(posix.join(posix.dirname(file), specifier));
