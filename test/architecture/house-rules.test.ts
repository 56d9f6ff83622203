import { stripTypeScriptTypes } from 'node:module';
import { describe, expect, it } from 'vitest';
import { importsOf, sourcesBelow, sourceText, withoutComments } from '../support/source-text.ts';

const MAX_LINES = 400;
/** Files that may be longer, each with its reason. */
const LONGER: Readonly<Record<string, string>> = {};

/** Where time and chance come from. The echo server and the command are programs of their own, for which `main.ts`
 *  puts nothing together. */
const MAY_TELL_TIME = [/^src\/adapters\/system\//, /^src\/echo\//, /^src\/cli\//];
const TIME_OR_CHANCE =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bsetTimeout\b|\bsetInterval\b|\bperformance\.now\b|\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bprocess\.hrtime\b/;

const tellsTime = (file: string, text: string): string | null =>
  MAY_TELL_TIME.some((allowed) => allowed.test(file))
    ? null
    : (TIME_OR_CHANCE.exec(withoutComments(text))?.[0] ?? null);

/** What is left of a module when its types and comments are gone. */
const runtimeCode = (text: string): string => withoutComments(stripTypeScriptTypes(text)).replace(/[\s;]/g, '');

/** A published package has one door, which may pass on what callers name in their own types. */
const DOORS = ['clients/typescript/src/client.ts'];

/** A barrel has no declaration of its own, or passes on everything of another file. */
function isBarrel(file: string, text: string): boolean {
  if (DOORS.includes(file)) return false;
  const passedOn = importsOf(text).filter((i) => i.kind === 'export' || i.kind === 'export-all');
  const declares = /^export (default|async|function|const|let|class|type \w+|interface|abstract)\b/m.test(text);
  return (
    /(^|\/)index\.ts$/.test(file) || passedOn.some((i) => i.kind === 'export-all') || (passedOn.length > 0 && !declares)
  );
}

describe('The house rules', () => {
  const ours = [...sourcesBelow('src'), ...sourcesBelow('clients')];
  const all = [...ours, ...sourcesBelow('test')];

  it('keep time, ids and chance in adapters/system', () => {
    const found = sourcesBelow('src').flatMap((file) => {
      const word = tellsTime(file, sourceText(file));
      return word === null ? [] : [`${file}: ${word}`];
    });
    expect(found).toEqual([]);
  });

  it('keep runtime code out of the ports', () => {
    const found = sourcesBelow('src/ports').filter((file) => runtimeCode(sourceText(file)) !== '');
    expect(found).toEqual([]);
  });

  it('allow no barrels', () => {
    expect(all.filter((file) => isBarrel(file, sourceText(file)))).toEqual([]);
  });

  it(`allow no file above ${MAX_LINES} lines without a reason`, () => {
    const long = all.filter((file) => sourceText(file).split('\n').length - 1 > MAX_LINES);
    expect(long.filter((file) => LONGER[file] === undefined)).toEqual([]);
    expect(Object.keys(LONGER).filter((file) => !long.includes(file))).toEqual([]);
  });

  it('would notice each way to break them', () => {
    expect(tellsTime('src/engine/a.ts', 'const now = Date.now();')).toBe('Date.now');
    expect(tellsTime('src/engine/a.ts', "import { setTimeout as wait } from 'node:timers/promises';")).toBe(
      'setTimeout',
    );
    expect(tellsTime('src/engine/a.ts', 'const id = crypto.randomUUID();')).toBe('randomUUID');
    expect(tellsTime('src/engine/a.ts', '// Date.now() is not for us\nconst at = new Date(now);')).toBeNull();
    expect(tellsTime('src/adapters/system/clock.ts', 'Date.now()')).toBeNull();
    expect(runtimeCode("import type { A } from './a.ts';\n/** Doc. */\nexport interface B { a: A }\n")).toBe('');
    expect(runtimeCode('export const limit = 8;')).not.toBe('');
    expect(isBarrel('src/domain/index.ts', 'export const a = 1;')).toBe(true);
    expect(isBarrel('src/domain/all.ts', "export { a } from './a.ts';")).toBe(true);
    expect(isBarrel('src/domain/all.ts', "export * from './a.ts';\nexport const b = 1;")).toBe(true);
    expect(isBarrel('src/domain/a.ts', "export type { B } from './b.ts';\nexport const a = 1;")).toBe(false);
  });
});
