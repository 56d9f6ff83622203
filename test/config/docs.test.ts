import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shippedFile } from '../../src/config/shipped.ts';
import { configPage } from '../../src/config/tables.ts';

describe('deploy/config.md', () => {
  it('is what the schemas say (otherwise: npm run docs:config)', () => {
    expect(readFileSync(shippedFile('deploy/config.md'), 'utf8')).toBe(configPage());
  });

  it('describes every option', () => {
    const rows = configPage()
      .split('\n')
      .filter((l) => l.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(70);
    for (const row of rows) expect(row.split(' | ').at(-1)).toMatch(/^\w.{3,} \|$/);
  });
});
