/** What a folder may import: other folders of ours, and packages (`node:*` stands for every built-in module). */
export type Row = {
  readonly folders: readonly string[];
  /** Folders of which only types may be imported. */
  readonly types?: readonly string[];
  readonly packages: readonly string[];
};

/** The dependency direction. Folders below src/ go by their bare name; the TypeScript client is `client`. */
export const MATRIX: Readonly<Record<string, Row>> = {
  domain: { folders: [], packages: [] },
  ports: { folders: [], types: ['domain'], packages: [] },
  engine: { folders: ['domain', 'observability'], types: ['ports'], packages: ['node:*'] },
  nginx: { folders: [], types: ['domain'], packages: [] },
  adapters: { folders: ['domain', 'observability', 'nginx'], types: ['ports'], packages: ['node:*'] },
  grpc: {
    folders: ['domain', 'engine', 'observability'],
    types: ['ports'],
    packages: ['node:*', '@grpc/grpc-js', '@grpc/proto-loader', '@grpc/reflection', 'grpc-health-check', 'zod'],
  },
  http: { folders: ['domain', 'engine', 'observability'], types: ['ports'], packages: ['node:*', 'zod'] },
  observability: { folders: ['domain'], types: ['ports'], packages: ['node:*', 'pino', 'prom-client'] },
  config: { folders: [], packages: ['node:*', 'zod', 'yaml'] },
  // Tries what main.ts would build on, piece by piece, and builds nothing: so it may see every adapter.
  doctor: { folders: ['adapters', 'config', 'domain', 'nginx'], types: ['ports'], packages: ['node:*'] },
  echo: { folders: [], packages: ['node:*', 'ws'] },
  cli: { folders: ['client'], packages: ['node:*', 'commander', 'cli-table3'] },
  client: { folders: [], packages: ['node:*', '@grpc/grpc-js', '@grpc/proto-loader'] },
};

/** The SDK of each technology, beyond what every adapter may use. */
export const SDK: Readonly<Record<string, readonly string[]>> = {
  redis: ['ioredis', 'zod'],
  system: ['ulid'],
  process: ['zod'],
  nginx: ['zod'],
  probe: ['@grpc/grpc-js', 'grpc-health-check'],
  vastai: ['zod'],
};

/** Single files that may reach further than their folder. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  'src/cli/serve.ts': ['main', 'config'],
  'src/cli/doctor.ts': ['config', 'doctor'],
};

/** The folder of a path from the repository's root, as the matrix calls it; `main` is the composition root. */
function folderOf(path: string): string {
  const [top = '', second = ''] = path.split('/');
  if (path === 'src/main.ts') return 'main';
  if (top === 'src') return second;
  return top === 'clients' && second === 'typescript' ? 'client' : top;
}

/** The technology of an adapter's path: src/adapters/redis/store.ts is of `redis`. */
const technologyOf = (path: string): string => path.split('/')[2] ?? '';

/** The rule that `file` breaks by importing `target`, or null. Both are paths from the repository's root.
 *  @param typeOnly whether the import vanishes when types are stripped */
export function brokenRule(file: string, target: string, typeOnly = false): string | null {
  const from = folderOf(file);
  const to = folderOf(target);
  if (!target.endsWith('.ts') && !target.endsWith('.json')) return 'imports name the file, with its ending';
  if (/(^|\/)index\.ts$/.test(target)) return 'no barrel files';
  if (from === 'test') return null;
  if (to === 'test') return 'only tests import test support';
  if (EXCEPTIONS[file]?.includes(to)) return null;
  if (to === 'main') return 'only cli/serve and tests import main.ts';
  if (from === 'main') return to === 'cli' ? 'main must not import cli' : null;
  if (from === 'adapters' && to === 'adapters')
    return technologyOf(file) === technologyOf(target) ? null : 'adapters must not import each other';
  return from === to ? null : crossing(from, to, typeOnly);
}

function crossing(from: string, to: string, typeOnly: boolean): string | null {
  const row = MATRIX[from];
  if (!row) return `${from} has no row in the import matrix`;
  if (row.folders.includes(to)) return null;
  if (!row.types?.includes(to)) return `${from} must not import ${to}`;
  return typeOnly ? null : `${from} may import only types of ${to}`;
}

/** The rule that `file` breaks by importing the package or built-in module `specifier`, or null. */
export function brokenPackageRule(file: string, specifier: string): string | null {
  const from = folderOf(file);
  if (from === 'test' || from === 'main') return null;
  const row = MATRIX[from];
  if (!row) return `${from} has no row in the import matrix`;
  const name = specifier.startsWith('node:') ? 'node:*' : packageOf(specifier);
  const own = from === 'adapters' ? (SDK[technologyOf(file)] ?? []) : [];
  if (row.packages.includes(name) || own.includes(name)) return null;
  return row.packages.length === 0 ? `${from} imports no packages` : `${from} must not import ${specifier}`;
}

/** `@scope/name/sub/path` is of the package `@scope/name`. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** The matrix as a Markdown table, for src/ARCHITECTURE.md. */
export function matrixTable(): string {
  const list = (names: readonly string[]): string => (names.length === 0 ? '–' : names.join(', '));
  const rows = Object.entries(MATRIX).map(
    ([folder, row]) => `| ${folder} | ${list(row.folders)} | ${list(row.types ?? [])} | ${list(row.packages)} |`,
  );
  return ['| folder | may import | only types of | packages |', '|---|---|---|---|', ...rows].join('\n');
}
