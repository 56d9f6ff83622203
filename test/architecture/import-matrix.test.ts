import { describe, expect, it } from 'vitest';
import { brokenPackageRule, brokenRule } from '../support/import-matrix.ts';
import { importsOf, resolveFrom, sourcesBelow, sourceText } from '../support/source-text.ts';

const sources = [...sourcesBelow('src'), ...sourcesBelow('clients'), ...sourcesBelow('test')];

function ruleFor(file: string, specifier: string, typeOnly: boolean): string | null {
  if (specifier.startsWith('.')) return brokenRule(file, resolveFrom(file, specifier), typeOnly);
  if (specifier !== '') return brokenPackageRule(file, specifier);
  return file.startsWith('test/') ? null : 'a dynamic import names its module literally';
}

/** Every broken rule of one file, one line each. */
function violations(file: string, text: string): readonly string[] {
  return importsOf(text).flatMap(({ specifier, typeOnly }) => {
    const rule = ruleFor(file, specifier, typeOnly);
    return rule === null ? [] : [`${file} imports ${specifier || 'something computed'}: ${rule}`];
  });
}

describe('The import matrix', () => {
  it('is kept by every source file', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.flatMap((file) => violations(file, sourceText(file)))).toEqual([]);
  });

  it.each([
    ['src/domain/a.ts', "import { Clock } from '../ports/clock.ts';", 'domain must not import ports'],
    ['src/domain/a.ts', "import { createHash } from 'node:crypto';", 'domain imports no packages'],
    ['src/ports/a.ts', "import { z } from 'zod';", 'ports imports no packages'],
    ['src/ports/a.ts', "import { SECOND } from '../domain/time.ts';", 'ports may import only types of domain'],
    ['src/engine/a.ts', "import { x } from '../adapters/redis/store.ts';", 'engine must not import adapters'],
    ['src/engine/a.ts', "import { Redis } from 'ioredis';", 'engine must not import ioredis'],
    ['src/engine/a.ts', "import type { Config } from '../config/schema.ts';", 'engine must not import config'],
    ['src/adapters/redis/a.ts', "import { x } from '../sqlite/store.ts';", 'adapters must not import each other'],
    ['src/adapters/sqlite/a.ts', "import { Redis } from 'ioredis';", 'adapters must not import ioredis'],
    ['src/grpc/a.ts', "export { x } from '../adapters/system/clock.ts';", 'grpc must not import adapters'],
    ['src/grpc/a.ts', "const { x } = await import('../config/schema.ts');", 'grpc must not import config'],
    ['src/cli/get.ts', "import { x } from '../domain/session.ts';", 'cli must not import domain'],
    ['src/cli/get.ts', "import { runBroker } from '../main.ts';", 'only cli/serve and tests import main.ts'],
    ['src/main.ts', "import { x } from './cli/serve.ts';", 'main must not import cli'],
    ['src/engine/a.ts', "import { x } from '../../test/support/fake-clock.ts';", 'only tests import test support'],
    ['src/engine/a.ts', "import { x } from '../domain/index.ts';", 'no barrel files'],
    ['src/engine/a.ts', "import { x } from '../domain/session.js';", 'imports name the file, with its ending'],
    ['src/engine/a.ts', "import { x } from '../domain/session';", 'imports name the file, with its ending'],
    ['src/extras/a.ts', "import { x } from '../domain/session.ts';", 'extras has no row in the import matrix'],
    ['src/engine/a.ts', 'const m = await import(name);', 'a dynamic import names its module literally'],
    ['clients/typescript/src/a.ts', "import { x } from '../../../src/domain/ids.ts';", 'client must not import domain'],
  ])('refuses in %s the line: %s', (file, line, rule) => {
    const found = violations(file, `${line}\n`);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(rule);
  });

  it.each([
    ['src/ports/a.ts', "import type { Session } from '../domain/session.ts';"],
    ['src/engine/a.ts', "import type { Store } from '../ports/store.ts';"],
    ['src/adapters/redis/a.ts', "import { Redis } from 'ioredis';"],
    ['src/adapters/redis/a.ts', "import { key } from './keys.ts';"],
    ['src/cli/serve.ts', "import { runBroker } from '../main.ts';"],
    ['src/cli/get.ts', "import { createClient } from '../../clients/typescript/src/client.ts';"],
    ['test/e2e/a.test.ts', "import { runBroker } from '../../src/main.ts';"],
  ])('allows in %s the line: %s', (file, line) => {
    expect(violations(file, `${line}\n`)).toEqual([]);
  });
});

describe('The reader of imports', () => {
  it('finds every form of import, over several lines too, and skips comments', () => {
    const text = [
      "import a, {\n  b,\n  type C,\n} from './one.ts';",
      "import type { D } from './two.ts';",
      "import * as all from './three.ts';",
      "import './four.ts';",
      "export type { E } from './five.ts';",
      "export * from './six.ts';",
      "const lazy = (): Promise<unknown> => import('./seven.ts');",
      "type F = import('./eight.ts').F;",
      "// import { no } from './comment.ts';",
      "/* import { no } from './block.ts'; */",
      "const address = 'http://host'; import('./nine.ts');",
    ].join('\n');
    expect(importsOf(text).map((i) => [i.specifier, i.kind, i.typeOnly])).toEqual([
      ['./one.ts', 'import', false],
      ['./two.ts', 'import', true],
      ['./three.ts', 'import', false],
      ['./five.ts', 'export', true],
      ['./six.ts', 'export-all', false],
      ['./four.ts', 'import', false],
      ['./seven.ts', 'dynamic', false],
      ['./eight.ts', 'dynamic', false],
      ['./nine.ts', 'dynamic', false],
    ]);
  });
});
