import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import { INSTANCE_NEXT } from '../../src/domain/instance.ts';
import { PROXY_NEXT } from '../../src/domain/proxy.ts';
import { NO_QUOTA } from '../../src/domain/quota.ts';
import { SESSION_NEXT } from '../../src/domain/session.ts';
import type { EngineHooks, Transition } from '../../src/engine/hooks.ts';
import { type Change, createLedger } from '../../src/engine/records/ledger.ts';
import { createMirror } from '../../src/engine/records/mirror.ts';
import { fakeClock } from '../support/fake-clock.ts';
import {
  allInstances,
  allProxies,
  allSessions,
  anInstance,
  aProxy,
  aSession,
  instanceId,
} from '../support/fixtures.ts';

async function bed(maxInstances = 10, quota = NO_QUOTA) {
  const store = await openSqliteStore(':memory:');
  onTestFinished(() => store.close());
  const mirror = createMirror();
  const told: Transition[] = [];
  const nothing = () => undefined;
  const hooks: EngineHooks = {
    onTransition: (t) => told.push(t),
    onAcquire: nothing,
    onLoopPass: nothing,
    onLoopError: nothing,
    onLeader: nothing,
    onBeforeEnd: nothing,
    onOrphan: nothing,
    onSlowDestroy: nothing,
    onBan: nothing,
  };
  const ledger = createLedger({
    store,
    mirror,
    clock: fakeClock(),
    hooks,
    caps: { instances: () => maxInstances, microsPerHour: () => 1_000_000_000 },
    anchor: () => [],
    quotaOf: () => quota,
  });
  return { store, mirror, told, ledger };
}

const changesOf = {
  session: { all: allSessions(), next: SESSION_NEXT },
  instance: { all: allInstances(), next: INSTANCE_NEXT },
  proxy: { all: allProxies(), next: PROXY_NEXT },
} as const;
const moves = Object.entries(changesOf).flatMap(([kind, { all, next }]) =>
  all.flatMap((before) =>
    all.map((after) => {
      const to = (next as Readonly<Record<string, readonly string[]>>)[before.phase] ?? [];
      const legal = before.phase === after.phase || to.includes(after.phase);
      return { kind, from: before.phase, to: after.phase, legal, change: { kind, before, after } as unknown as Change };
    }),
  ),
);

describe('the ledger', () => {
  it.each(moves)('takes the move of a $kind from $from to $to: $legal', async ({ change, legal }) => {
    const { store, ledger } = await bed();
    const { kind, before } = change;
    if (before === undefined) throw new Error('there is no before');
    const key = `${kind}/${before.id}`;
    await store.commit({ put: [{ key, value: { v: 1, phase: before.phase }, was: 0 }] });
    const commit = ledger.commit({ changes: [change], by: 'test' });
    if (!legal) {
      await expect(commit).rejects.toThrow(`illegal move of ${kind}`);
      expect((await store.read([key]))[0]?.revision).toBe(1);
      return;
    }
    expect((await commit).committed).toBe(true);
    const [stored] = await store.read([key]);
    if (change.after.phase === 'gone') expect(stored).toBeNull();
    else expect(stored).toMatchObject({ revision: 2, value: { phase: change.after.phase } });
  });

  it('counts instances from the intent to the proof of absence, and refuses the one too many', async () => {
    const { store, ledger, mirror } = await bed(1);
    const intended = anInstance('intended', { revision: 0 });
    const make = (n: number) => ({ ...intended, id: instanceId(n) });
    expect(
      (await ledger.commit({ changes: [{ kind: 'instance', before: undefined, after: make(1) }], by: 't' })).committed,
    ).toBe(true);
    expect(
      await ledger.commit({ changes: [{ kind: 'instance', before: undefined, after: make(2) }], by: 't' }),
    ).toEqual({
      committed: false,
      why: { kind: 'limit', counter: 'instances/costless', value: 1, max: 1 },
    });
    const before = { ...make(1), revision: 1 };
    const after = anInstance('gone', { id: instanceId(1) });
    await ledger.commit({ changes: [{ kind: 'instance', before, after }], by: 't' });
    expect(await store.counters(['instances/costless'])).toEqual([0]);
    expect(mirror.size('instance')).toBe(0);
  });

  it('keeps the sets in step with a session’s life', async () => {
    const { store, ledger, mirror } = await bed();
    const range = (set: string) => store.range(set, { by: 'member', prefix: '', limit: 10 });
    const queued = aSession('queued', { revision: 0 });
    const member = `default/${queued.id}`;
    await ledger.commit({ changes: [{ kind: 'session', before: undefined, after: queued }], by: 't' });
    expect([await range('sessions/live'), await range('sessions/ended')]).toEqual([[member], []]);
    const releasing = aSession('releasing', { revision: 1 });
    await ledger.commit({
      changes: [{ kind: 'session', before: { ...queued, revision: 1 }, after: releasing }],
      by: 't',
    });
    const released = aSession('released');
    await ledger.commit({
      changes: [{ kind: 'session', before: { ...releasing, revision: 2 }, after: released }],
      by: 't',
    });
    expect([await range('sessions/live'), await range('sessions/ended')]).toEqual([[], [member]]);
    expect(await store.range('expiry', { by: 'score', max: released.keepUntil, limit: 9 })).toEqual([
      `session/${queued.id}`,
    ]);
    expect(await store.range('expiry', { by: 'score', max: released.keepUntil - 1, limit: 9 })).toEqual([]);
    expect(mirror.size('session')).toBe(0);
  });

  it('tells nobody of what was refused, and of the chosen alternative only', async () => {
    const { store, ledger, told, mirror } = await bed();
    const change = (n: number): Change => ({
      kind: 'proxy',
      before: { ...aProxy('creating'), id: `p-${n}` },
      after: { ...aProxy('serving'), id: `p-${n}` },
    });
    expect(await ledger.commit({ changes: [change(1)], by: 't' })).toMatchObject({ committed: false });
    expect(await ledger.commit({ oneOf: [[change(1)], [change(2)]], by: 't' })).toMatchObject({
      why: { kind: 'candidates' },
    });
    expect(told).toEqual([]);
    await store.commit({ put: [{ key: 'proxy/p-2', value: {}, was: 0 }] });
    expect(await ledger.commit({ oneOf: [[change(1)], [change(2)]], by: 't' })).toEqual({ committed: true, chosen: 1 });
    expect(told.map((t) => t.after.id)).toEqual(['p-2']);
    expect(mirror.proxy('p-2')).toMatchObject({ phase: 'serving', revision: 2 });
  });

  it('writes the lines of the alternative that was chosen, and of no other', async () => {
    const { store, ledger } = await bed();
    const offer = (n: number): readonly Change[] => [
      {
        kind: 'instance',
        before: anInstance('ready', { id: instanceId(n) }),
        after: anInstance('bound', { id: instanceId(n) }),
      },
    ];
    await store.commit({ put: [{ key: `instance/${instanceId(2)}`, value: {}, was: 0 }] });
    const session = aSession('queued', { revision: 0 });
    const changes: readonly Change[] = [{ kind: 'session', before: undefined, after: session }];
    expect(await ledger.commit({ changes, oneOf: [offer(1), offer(2)], by: 't' })).toEqual({
      committed: true,
      chosen: 1,
    });
    const lines = await store.events({ by: 'after', id: '', limit: 10 });
    expect(lines.map(({ line }) => JSON.parse(line))).toMatchObject([
      { id: session.id, to: 'queued' },
      { id: instanceId(2), from: 'ready', to: 'bound', session: anInstance('bound').session },
    ]);
  });

  it('writes no environment and no secret into its event lines', async () => {
    const { store, ledger } = await bed();
    const session = aSession('queued', { revision: 0 });
    await ledger.commit({
      changes: [{ kind: 'session', before: undefined, after: session }],
      put: [{ key: 'secret/x', was: 0, value: { env: { A: 'hush' } } }],
      by: 'alice',
    });
    const lines = await store.events({ by: 'after', id: '', limit: 10 });
    expect(lines.map(({ line }) => JSON.parse(line))).toMatchObject([
      { kind: 'session', id: session.id, from: null, to: 'queued', by: 'alice', tenant: 'default', class: 'echo' },
    ]);
    expect(JSON.stringify(lines)).not.toContain('hush');
  });
});
