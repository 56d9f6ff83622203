import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ClassFile, type ClassFileOptions, openClassFile } from '../../src/config/class-file.ts';
import { keptInstallationId } from '../../src/config/installation.ts';

const text = (name: string) => `classes: {${name}: {command: [run], ports: [{name: web}]}}\n`;

let dir = '';
let stop = new AbortController();
let opened: ClassFile | null = null;
const changes: string[] = [];
const broken: string[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-class-file-'));
  stop = new AbortController();
  changes.length = 0;
  broken.length = 0;
});

afterEach(async () => {
  stop.abort();
  await opened?.done;
  opened = null;
  await rm(dir, { recursive: true, force: true });
});

async function open(path: string, more: Partial<ClassFileOptions> = {}): Promise<ClassFile> {
  opened = await openClassFile({
    path,
    providers: ['process'],
    proxies: ['direct'],
    onChange: ({ classes }) => changes.push(classes.map((c) => c.name).join()),
    onBroken: (message) => broken.push(message),
    sleep: async (ms, signal) => sleep(ms, undefined, { signal }),
    signal: stop.signal,
    settleMs: 5,
    pollMs: 600_000,
    ...more,
  });
  return opened;
}

const names = () => opened?.content().classes.map((c) => c.name);
/** Waits until the file's classes are these; events may take their time on a busy machine. */
const become = (name: string) => vi.waitFor(() => expect(names()).toEqual([name]), { timeout: 10_000, interval: 5 });

describe('the class file', () => {
  it('is read at the start', async () => {
    await writeFile(join(dir, 'c.yaml'), text('one'));
    await open(join(dir, 'c.yaml'));
    expect(names()).toEqual(['one']);
    expect(changes).toEqual([]);
  });

  it('refuses the start when it is missing or broken', async () => {
    await expect(open(join(dir, 'none.yaml'))).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining('none.yaml: cannot be read: ENOENT'),
    });
    await writeFile(join(dir, 'c.yaml'), 'classes: {}');
    await expect(open(join(dir, 'c.yaml'))).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining('c.yaml:1:10: classes: is required'),
    });
  });

  it('is followed when it is written in place', async () => {
    const path = join(dir, 'c.yaml');
    await writeFile(path, text('one'));
    await open(path);
    await writeFile(path, text('two'));
    await become('two');
    await writeFile(path, text('three'));
    await become('three');
  });

  it('is followed when an editor renames a new file over it', async () => {
    const path = join(dir, 'c.yaml');
    await writeFile(path, text('one'));
    await open(path);
    for (const name of ['two', 'three']) {
      await writeFile(`${path}.swp`, text(name));
      await rename(`${path}.swp`, path);
      await become(name);
    }
  });

  it('is followed when Kubernetes swaps the link that leads to it', async () => {
    for (const name of ['one', 'two', 'three']) {
      await mkdir(join(dir, `..${name}`));
      await writeFile(join(dir, `..${name}`, 'c.yaml'), text(name));
    }
    await symlink('..one', join(dir, '..data'));
    await symlink('..data/c.yaml', join(dir, 'c.yaml'));
    await open(join(dir, 'c.yaml'));
    for (const name of ['two', 'three']) {
      await symlink(`..${name}`, join(dir, '..data_tmp'));
      await rename(join(dir, '..data_tmp'), join(dir, '..data'));
      await become(name);
    }
  });

  it('is followed through a link into another folder', async () => {
    await mkdir(join(dir, 'elsewhere'));
    await writeFile(join(dir, 'elsewhere', 'real.yaml'), text('one'));
    await mkdir(join(dir, 'etc'));
    await symlink('../elsewhere/real.yaml', join(dir, 'etc', 'c.yaml'));
    await open(join(dir, 'etc', 'c.yaml'));
    await writeFile(join(dir, 'elsewhere', 'real.yaml'), text('two'));
    await become('two');
  });

  it('is looked at from time to time even when no event comes', async () => {
    const path = join(dir, 'c.yaml');
    await writeFile(path, text('one'));
    let due: () => void = () => undefined;
    // The first pause is the poll: it ends when the test says so, not when the file changes.
    await open(path, {
      sleep: (ms, signal) =>
        ms < 1_000
          ? sleep(ms, undefined, { signal })
          : new Promise((resolve, reject) => {
              if (signal.aborted) reject(signal.reason);
              due = resolve;
              signal.addEventListener('abort', () => reject(signal.reason), { once: true });
            }),
    });
    await rm(dir, { recursive: true }); // takes the watch with it
    await vi.waitFor(() => expect(broken.length).toBeGreaterThan(0), { timeout: 10_000, interval: 5 });
    await mkdir(dir);
    await writeFile(path, text('two'));
    await vi.waitFor(
      () => {
        due();
        expect(names()).toEqual(['two']);
      },
      { timeout: 10_000, interval: 5 },
    );
  });

  it('keeps the old classes while it is broken, says so once, and goes on when it is mended', async () => {
    const path = join(dir, 'c.yaml');
    await writeFile(path, text('one'));
    await open(path);
    await writeFile(path, 'classes: {two: {comand: [run]}}');
    await vi.waitFor(() => expect(broken.at(-1)).toContain('c.yaml:1:17: classes.two.comand: unknown option'), {
      timeout: 10_000,
      interval: 5,
    });
    expect(names()).toEqual(['one']);
    const told = broken.length;
    await writeFile(join(dir, 'other.txt'), 'an event that has nothing to do with it');
    // By a rename: a file written in place may be read before it is whole, and is broken once more then.
    await writeFile(join(dir, 'draft.yaml'), text('three'));
    await rename(join(dir, 'draft.yaml'), path);
    await become('three');
    expect(broken).toHaveLength(told);
    expect(changes).toEqual(['three']);
  });

  it('is read on demand, and tells on demand what is still wrong', async () => {
    const path = join(dir, 'c.yaml');
    await writeFile(path, text('one'));
    const file = await open(path, { settleMs: 600_000 });
    expect(await file.reload()).toBe('unchanged');
    await writeFile(path, text('two'));
    expect(await file.reload()).toBe('changed');
    expect(names()).toEqual(['two']);
    await writeFile(path, 'nonsense');
    expect([await file.reload(), await file.reload()]).toEqual(['broken', 'broken']);
    expect(broken).toHaveLength(2);
    await writeFile(path, text('two'));
    expect(await file.reload()).toBe('changed');
    await rm(path);
    expect(await file.reload()).toBe('broken');
    expect(broken.at(-1)).toContain('cannot be read: ENOENT');
    expect(names()).toEqual(['two']);
  });

  it('stops when it is told to', async () => {
    const path = join(dir, 'c.yaml');
    await writeFile(path, text('one'));
    const file = await open(path);
    stop.abort();
    await file.done;
    await writeFile(path, text('two'));
    expect(changes).toEqual([]);
    expect(broken).toEqual([]);
  });
});

describe('the installation id', () => {
  it('is made once and kept', async () => {
    const data = join(dir, 'data');
    expect(await keptInstallationId(data, () => 'first-id')).toBe('first-id');
    expect(await keptInstallationId(data, () => 'second-id')).toBe('first-id');
  });

  it('is the same for all that start at once', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, (_, i) => keptInstallationId(dir, () => `made-by-${i}`)));
    expect(new Set(made).size).toBe(1);
  });

  it('is not replaced when the file is damaged', async () => {
    await writeFile(join(dir, 'installation-id'), '');
    await expect(keptInstallationId(dir, () => 'fresh-id')).rejects.toMatchObject({ name: 'ConfigError' });
  });
});
