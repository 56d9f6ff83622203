import { endSession } from '../../domain/decide-session.ts';
import type { Instance } from '../../domain/instance.ts';
import type { Proxy } from '../../domain/proxy.ts';
import type { Session } from '../../domain/session.ts';
import type { Expect, Index, Put } from '../../ports/store.ts';
import type { EngineContext } from '../context.ts';
import { mustStand } from './installation.ts';
import type { Change } from './ledger.ts';
import type { Mirror } from './mirror.ts';
import { encode, KEY, type MirroredKind, type NameRecord, type RequestRecord, SET } from './records.ts';

/** Everything that is put back beside the three records; the rest is made anew by whoever needs it. */
const SETTINGS = [
  'token',
  'renting',
  'reserve',
  'history',
  'machine',
  'host',
] as const satisfies readonly MirroredKind[];

type Remembering = Pick<EngineContext, 'store' | 'mirror' | 'ledger' | 'clock'> & { readonly ground: Expect };

/**
 * Puts back into a store that was emptied what this replica remembers: sessions with their instances, proxies and keys,
 * then what serves nobody yet, then settings, bans and tokens. Nothing is written over: another replica may remember as
 * well, and clients go on. Whether an instance still is there is for the loops to find out, as on any other day.
 * Not remembered, and lost: sessions that have ended, the event log, the costs of days, environments of sessions.
 * @param ground expected by every commit: what was put back before it was emptied once more would be missed
 * @returns how many records were put back
 * @throws BrokerError `unavailable` where the ground is gone
 */
export async function putBack(of: Omit<Remembering, 'ground'>, ground: Expect): Promise<number> {
  const ctx: Remembering = { ...of, ground };
  // Of the moment: what is committed from now on changes the mirror.
  const seen = {
    sessions: [...ctx.mirror.all('session')],
    instances: new Map([...ctx.mirror.all('instance')].map((i) => [i.id, i])),
    proxies: new Map([...ctx.mirror.all('proxy')].map((p) => [p.id, p])),
  };
  const settings = settingsOf(ctx.mirror);
  // Before all else: while no token is there, everybody on this machine is an admin.
  let written = await putSettings(ctx, settings);
  ctx.mirror.rewind();
  for (const session of seen.sessions) {
    const parts = partsOf(session, seen.instances, seen.proxies);
    for (const i of parts.instances) seen.instances.delete(i.id);
    for (const p of parts.proxies) seen.proxies.delete(p.id);
    written += await put(ctx, { ...parts, session: livable(session, parts.instances, ctx.clock.now()) });
  }
  for (const i of seen.instances.values()) {
    const proxy = seen.proxies.get(i.proxy);
    if (proxy !== undefined) seen.proxies.delete(proxy.id);
    written += await put(ctx, { session: null, instances: [i], proxies: proxy === undefined ? [] : [proxy] });
  }
  for (const p of seen.proxies.values()) written += await put(ctx, { session: null, instances: [], proxies: [p] });
  return written;
}

type Group = {
  readonly session: Session | null;
  readonly instances: readonly Instance[];
  readonly proxies: readonly Proxy[];
};

/** What leads to a session or was made for it: put back in one commit, or its session would be ended as lost. */
function partsOf(
  s: Session,
  instances: ReadonlyMap<string, Instance>,
  proxies: ReadonlyMap<string, Proxy>,
): Omit<Group, 'session'> {
  const own = [...instances.values()].filter((i) => i.for === s.id || (i.phase === 'bound' && i.session === s.id));
  const ids = new Set(own.map((i) => i.proxy));
  return { instances: own, proxies: [...proxies.values()].filter((p) => p.session === s.id || ids.has(p.id)) };
}

/** Its environment was in the store alone: an instance that is still to be made would not be what was asked for. */
function livable(s: Session, instances: readonly Instance[], now: number): Session {
  if (s.asked.envDigest === '' || s.phase === 'releasing' || s.phase === 'released') return s;
  const isMade = instances.some((i) => i.phase !== 'intended' && i.phase !== 'requested');
  return isMade ? s : endSession(s, 'start-failed', 'its environment was lost when the store was emptied', now);
}

async function put({ ledger, ground }: Remembering, { session, instances, proxies }: Group): Promise<number> {
  const changes: Change[] = [
    ...(session === null ? [] : [{ kind: 'session', before: undefined, after: session } as const]),
    ...instances.map((after) => ({ kind: 'instance', before: undefined, after }) as const),
    ...proxies.map((after) => ({ kind: 'proxy', before: undefined, after }) as const),
  ];
  const result = await ledger.commit({
    changes,
    put: session === null ? [] : keysOf(session),
    expect: [ground],
    restores: true,
    by: 'restored',
  });
  if (result.committed) return changes.length;
  mustStand(result.why);
  return 0;
}

function keysOf({ id, tenant, requestId, asked }: Session): readonly Put[] {
  const request: RequestRecord = { kind: 'session', session: id };
  const name: NameRecord = { session: id };
  const puts: Put[] = [{ key: KEY.request(tenant, requestId), was: 0, value: encode(request) }];
  if (asked.name !== '') puts.push({ key: KEY.name(tenant, asked.name), was: 0, value: encode(name) });
  // Empty, for the release to drop.
  if (asked.envDigest !== '') puts.push({ key: KEY.secret(id), was: 0, value: encode({ env: {} }) });
  return puts;
}

type Setting = { readonly put: Put; readonly index: Index };

function settingsOf(mirror: Mirror): readonly Setting[] {
  return SETTINGS.flatMap((kind) =>
    [...mirror.entries(kind)].map(([id, value]) => {
      const key = `${kind}/${id}`;
      return {
        put: { key, was: 0, value: encode(value), revision: mirror.revision(kind, id) + 1 },
        index: { set: SET.settings, member: key, score: 0 },
      };
    }),
  );
}

async function putSettings({ store, ground }: Remembering, settings: readonly Setting[]): Promise<number> {
  let written = 0;
  for (const { put: one, index } of settings) {
    const result = await store.commit({ put: [one], index: [index], expect: [ground] });
    if (result.committed) written += 1;
    else mustStand(result.why);
  }
  return written;
}
