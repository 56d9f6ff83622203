import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, sourceText } from '../support/source-text.ts';

/** `[text](target)` and `![text](target)`; what stands in a block of code is none. */
const LINK = /\]\(([^()\s]+)\)/g;
const CODE = /^(`{3,})[\s\S]*?^\1|`[^`\n]*`/gm;

const prose = (page: string): string => sourceText(page).replaceAll(CODE, '');

/** As GitHub makes anchors of headings. */
const anchorsOf = (page: string): readonly string[] =>
  [...sourceText(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Why the link leads nowhere; null: it does. */
function problemOf(page: string, link: string): string | null {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : posix.normalize(posix.join(posix.dirname(page), decodeURIComponent(path)));
  if (target.startsWith('..')) return 'is outside of the repository';
  if (!existsSync(`${ROOT}/${target}`)) return 'is not there';
  if (anchor === undefined) return null;
  if (!statSync(`${ROOT}/${target}`).isFile() || !anchorsOf(target).includes(anchor)) return 'has no such heading';
  return null;
}

const isRelative = (link: string): boolean => !/^[a-z][a-z0-9+.-]*:/i.test(link);

const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((page) => page !== '' && existsSync(`${ROOT}/${page}`));

const links = pages.flatMap((page) =>
  [...prose(page).matchAll(LINK)].map(([, link = '']) => ({ page, link })).filter(({ link }) => isRelative(link)),
);

describe('The pages', () => {
  it('link only to files and headings that are there', () => {
    const broken = links.flatMap(({ page, link }) => {
      const problem = problemOf(page, link);
      return problem === null ? [] : [`${page}: ${link} ${problem}`];
    });
    expect(broken).toEqual([]);
    expect(links.length).toBeGreaterThan(30);
  });

  it('are told when they do not', () => {
    expect(problemOf('README.md', 'deploy/config.md')).toBeNull();
    expect(problemOf('README.md', 'deploy/config.md#options-of-a-quota')).toBeNull();
    expect(problemOf('README.md', 'deploy/nowhere.md')).toBe('is not there');
    expect(problemOf('README.md', 'deploy/config.md#nothing')).toBe('has no such heading');
    expect(problemOf('README.md', '../elsewhere.md')).toBe('is outside of the repository');
  });
});
