// Writes the generated parts of src/ARCHITECTURE.md: the phase tables and the import matrix.
// With --check nothing is written: it fails when the page is not what the code says.
import { readFileSync, writeFileSync } from 'node:fs';
import { INSTANCE_NEXT } from '../../src/domain/instance.ts';
import { PROXY_NEXT } from '../../src/domain/proxy.ts';
import { SESSION_NEXT } from '../../src/domain/session.ts';
import { fillIn, fromRoot, report } from './drift.ts';
import { matrixTable } from './import-matrix.ts';

const PAGE = 'src/ARCHITECTURE.md';

/** One life as a Markdown table: each phase, and where it may go from there. */
export function phaseTable(next: Readonly<Record<string, readonly string[]>>): string {
  const rows = Object.entries(next).map(([phase, to]) => `| ${phase} | ${to.join(', ') || 'the end'} |`);
  return ['| phase | may become |', '|---|---|', ...rows].join('\n');
}

const page = readFileSync(fromRoot(PAGE), 'utf8');
const parts: readonly (readonly [string, string])[] = [
  ['session phases', phaseTable(SESSION_NEXT)],
  ['instance phases', phaseTable(INSTANCE_NEXT)],
  ['proxy phases', phaseTable(PROXY_NEXT)],
  ['import matrix', matrixTable()],
];
const wanted = parts.reduce((text, [name, table]) => fillIn(text, name, table), page);
if (process.argv.includes('--check')) report(PAGE, wanted === page ? [] : [PAGE], 'npm run docs:architecture');
else writeFileSync(fromRoot(PAGE), wanted);
