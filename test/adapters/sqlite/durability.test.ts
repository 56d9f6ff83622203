import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import type { Store } from '../../../src/ports/store.ts';

let dir: string;
const cleanup: (() => unknown)[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-store-'));
});
afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
  await rm(dir, { recursive: true });
});

const put = (key: string, value: unknown, was = 0) => ({ put: [{ key, value, was }] });

async function opened(path: string, maxPages?: number): Promise<Store> {
  const store = await openSqliteStore(path, maxPages === undefined ? {} : { maxPages });
  cleanup.push(() => store.close());
  return store;
}

/** Runs a module in a process of its own, and reads what it prints. */
async function child(code: string): Promise<{ process: ChildProcess; line: () => Promise<string> }> {
  const file = join(dir, 'child.ts');
  await writeFile(file, code);
  const proc = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanup.push(() => proc.kill('SIGKILL'));
  const lines = createInterface({ input: proc.stdout })[Symbol.asyncIterator]();
  return { process: proc, line: async () => String((await lines.next()).value) };
}

const STORE = JSON.stringify(new URL('../../../src/adapters/sqlite/store.ts', import.meta.url).href);

describe('The sqlite store', () => {
  it('keeps what it answered when its process is killed right afterwards', async () => {
    const path = join(dir, 'a.db');
    const broker = await child(`
      import { openSqliteStore } from ${STORE};
      const store = await openSqliteStore(${JSON.stringify(path)});
      for (let i = 0; ; i++) {
        await store.commit({ put: [{ key: 'k/' + i, value: i, was: 0 }], count: [{ counter: 'n', add: 1 }], events: ['e' + i] });
        process.stdout.write(i + '\\n');
      }`);
    let answered = 0;
    while (answered < 40) answered = Number(await broker.line());
    broker.process.kill('SIGKILL');
    await once(broker.process, 'exit');

    const store = await opened(path);
    const keys = Array.from({ length: answered + 1 }, (_, i) => `k/${i}`);
    expect((await store.read(keys)).map((r) => r?.value)).toEqual(keys.map((_, i) => i));
    const [count = 0] = await store.counters(['n']);
    expect(count).toBeGreaterThan(answered);
    expect(await store.read([`k/${count - 1}`, `k/${count}`])).toEqual([{ revision: 1, value: count - 1 }, null]);
  });

  it('is refused to a second process while the first lives, and is free when that was killed', async () => {
    const path = join(dir, 'a.db');
    const broker = await child(`
      import { openSqliteStore } from ${STORE};
      const store = await openSqliteStore(${JSON.stringify(path)});
      process.stdout.write('open\\n');
      setInterval(() => store, 1_000);`);
    expect(await broker.line()).toBe('open');
    const refused = openSqliteStore(path);
    await expect(refused).rejects.toMatchObject({ code: 'unavailable', details: { reason: 'STORE_IN_USE' } });
    await expect(refused).rejects.toThrow(/in use by another broker/);
    broker.process.kill('SIGKILL');
    await once(broker.process, 'exit');
    expect((await (await opened(path)).commit(put('a', 1))).committed).toBe(true);
  });

  it('is refused to a second opener in the same process', async () => {
    const path = join(dir, 'a.db');
    const store = await opened(path);
    await expect(openSqliteStore(path)).rejects.toMatchObject({ details: { reason: 'STORE_IN_USE' } });
    expect((await store.commit(put('a', 1))).committed).toBe(true);
  });

  it('has everything again when opened again', async () => {
    const path = join(dir, 'a.db');
    const first = await openSqliteStore(path);
    await first.commit({
      ...put('a', 'é'),
      count: [{ counter: 'c', add: 2 }],
      index: [{ set: 's', member: 'm', score: 1 }],
    });
    await first.close();
    const store = await opened(path);
    expect(await store.read(['a'])).toEqual([{ revision: 1, value: 'é' }]);
    expect(await store.counters(['c'])).toEqual([2]);
    expect(await store.range('s', { by: 'score', max: 1, limit: 1 })).toEqual(['m']);
  });

  it('says what is wrong with a file that is none of its own, or of a newer berth', async () => {
    const text = join(dir, 'text.db');
    await writeFile(text, 'no database at all, but long enough to look at'.repeat(100));
    await expect(openSqliteStore(text)).rejects.toMatchObject({
      code: 'unavailable',
      details: { reason: 'STORE_DOWN' },
    });
    const newer = join(dir, 'newer.db');
    const db = new DatabaseSync(newer);
    db.exec('PRAGMA user_version = 99');
    db.close();
    await expect(openSqliteStore(newer)).rejects.toThrow(/newer berth \(format 99/);
    await expect(openSqliteStore(join(dir, 'no', 'such', 'folder.db'))).rejects.toThrow(/cannot be opened/);
  });

  it('answers all commits of one turn of the event loop together, each having seen the one before', async () => {
    const store = await opened(join(dir, 'a.db'));
    const order: string[] = [];
    const first = store.commit(put('a', 1)).then(() => order.push('first'));
    const second = store.commit(put('a', 2, 1)).then(() => order.push('second'));
    setImmediate(() => order.push('turn'));
    expect(await store.read(['a'])).toEqual([null]);
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
    expect(await store.read(['a'])).toEqual([{ revision: 2, value: 2 }]);
  });

  it('goes on with the event log of the file where it ended, and cuts it when fewer lines are to be kept', async () => {
    const path = join(dir, 'a.db');
    const lines = (from: number, count: number) => Array.from({ length: count }, (_, i) => `line ${from + i}`);
    const newest = { by: 'before', id: '', limit: 1 } as const;
    const first = await opened(path);
    await first.commit({ events: lines(1, 5_000) });
    const before = await first.events(newest);
    await first.close();
    const second = await openSqliteStore(path, { maxEvents: 1_000 });
    expect(await second.events(newest)).toEqual(before);
    await second.commit({ events: ['line 5001'] });
    expect(await second.events({ by: 'before', id: '', limit: 2 })).toEqual([
      ...before,
      { id: expect.any(String), line: 'line 5001' },
    ]);
    await second.close();
    const db = new DatabaseSync(path);
    const row = db.prepare('SELECT count(*) AS n, min(line) AS first FROM log').get();
    db.close();
    expect(row).toEqual({ n: 1_000, first: 'line 4002' });
  });

  it('takes the lines back with a commit that the disk refused', async () => {
    const store = await openSqliteStore(join(dir, 'a.db'), { maxPages: 60, maxEvents: 1_000 });
    await store.commit({ events: ['before'] });
    await fill(store, ['x'.repeat(100)]);
    const [last] = await store.events({ by: 'before', id: '', limit: 1 });
    await expect(store.commit({ ...put('large', 'x'.repeat(300_000)), events: ['never'] })).rejects.toMatchObject({
      details: { reason: 'STORE_FULL' },
    });
    expect(await store.events({ by: 'before', id: '', limit: 1 })).toEqual([last]);
    await store.close();
  });
});

/** Fills the store until it refuses; returns how many records of 4 KB it took. */
async function fill(store: Store, events: readonly string[] = []): Promise<number> {
  for (let i = 0; i < 2_000; i++) {
    const results = await Promise.allSettled([
      store.commit({ ...put(`fill/${i}/a`, 'x'.repeat(4_000)), events }),
      store.commit(put(`fill/${i}/b`, 'x'.repeat(4_000))),
    ]);
    if (results.some((r) => r.status === 'rejected')) {
      // Commits of one group share their fate.
      for (const r of results)
        expect(r).toMatchObject({
          status: 'rejected',
          reason: { code: 'unavailable', details: { reason: 'STORE_FULL' } },
        });
      return i;
    }
  }
  throw new Error('the store never was full');
}

async function refusesAndRecovers(store: Store, makeRoom: () => Promise<unknown>): Promise<void> {
  await store.commit(put('before', 'kept'));
  const taken = await fill(store);
  expect(taken).toBeGreaterThan(5);
  expect(await store.read(['before', `fill/${taken}/a`, `fill/${taken}/b`])).toEqual([
    { revision: 1, value: 'kept' },
    null,
    null,
  ]);
  await makeRoom();
  expect((await store.commit(put(`fill/${taken}/a`, 'y'.repeat(4_000)))).committed).toBe(true);
  expect((await store.read([`fill/${taken}/a`, `fill/${taken - 1}/b`])).map((r) => r?.revision)).toEqual([1, 1]);
}

const mount = (folder: string): unknown =>
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'berth-test', folder], { stdio: 'pipe' });

function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'berth-mount-'));
  try {
    mount(folder);
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

describe('The sqlite store without space', () => {
  it('refuses writes while the file may not grow, and goes on when records were dropped', async () => {
    const store = await opened(join(dir, 'a.db'), 100);
    await refusesAndRecovers(store, () =>
      store.commit({ drop: Array.from({ length: 10 }, (_, i) => ({ key: `fill/${i}/a`, was: 1 })) }),
    );
  });

  // Without the right to mount, the test above stands for this one.
  if (mayMount())
    it('refuses writes on a full disk, and goes on when there is space again', async () => {
      const disk = join(dir, 'disk');
      execFileSync('mkdir', [disk]);
      mount(disk);
      cleanup.push(() => execFileSync('umount', [disk]));
      const ballast = join(disk, 'ballast');
      await writeFile(ballast, Buffer.alloc(300_000));
      const store = await opened(join(disk, 'a.db'));
      await refusesAndRecovers(store, () => rm(ballast));
    });
});
