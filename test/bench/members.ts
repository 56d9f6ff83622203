import { bind, type Member } from '../../src/domain/bind.ts';
import type { NamedPort } from '../../src/domain/endpoint.ts';
import { NO_QUOTA } from '../../src/domain/quota.ts';
import type { Session } from '../../src/domain/session.ts';
import type { SessionClass } from '../../src/domain/session-class.ts';
import { termsFor } from '../../src/domain/terms.ts';
import { type Change, createLedger } from '../../src/engine/records/ledger.ts';
import { createMirror, type Mirror } from '../../src/engine/records/mirror.ts';
import { encode, KEY, SET } from '../../src/engine/records/records.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ids } from '../../src/ports/ids.ts';
import type { Drop, Put, Store } from '../../src/ports/store.ts';
import { QUIET_HOOKS } from '../support/quiet-hooks.ts';

/** Everything of an instance in the costless world answers here, as far as anybody asks. */
export const ADDRESS = { host: '127.0.0.1', port: 1 } as const;

export type Writer = { readonly store: Store; readonly clock: Clock; readonly ids: Ids };

/** Per commit. */
const BATCH = 100;
const NO_CAP = 1_000_000_000;

/** A member of the reserve as the leader would have made it. */
export function makeMember({ ids, clock }: Omit<Writer, 'store'>, c: SessionClass): Member {
  const now = clock.now();
  const ports: readonly NamedPort[] = c.ports;
  const addresses = ports.map((p) => ({ ...p, ...ADDRESS }));
  const instance = ids.instance();
  const proxy = ids.proxy();
  return {
    instance: {
      phase: 'ready',
      id: instance,
      revision: 0,
      class: c.name,
      recipe: c.recipe,
      provider: c.provider,
      proxy,
      for: null,
      personal: false,
      granted: c.resources,
      microsPerHour: 0,
      ports,
      readiness: c.readiness,
      bootTimeoutMs: c.bootTimeoutMs,
      createdAt: now,
      since: now,
      ref: { id: `costless-${instance}`, machine: '', host: '', region: '' },
      rentedAt: now,
      addresses,
      startMs: 0,
    },
    proxy: {
      phase: 'serving',
      id: proxy,
      revision: 0,
      kind: c.proxy,
      class: c.name,
      ports,
      instance,
      session: null,
      createdAt: now,
      since: now,
      upstream: addresses,
      endpoint: { ports: addresses, stable: false },
    },
  };
}

/** Writes `n` members of the reserve, through the ledger, as the leader would have. */
export async function writeMembers(w: Writer, c: SessionClass, n: number): Promise<void> {
  await writeAll(w, n, () => {
    const { instance, proxy } = makeMember(w, c);
    return {
      changes: [
        { kind: 'instance', before: undefined, after: instance },
        { kind: 'proxy', before: undefined, after: proxy },
      ],
      put: [],
    };
  });
}

/** Writes `n` active sessions with all that belongs to them, whose lifetimes end evenly spread over `spanMs` from
 *  `firstAt` on. @returns their instances' members */
export async function writeSessions(
  w: Writer,
  c: SessionClass,
  n: number,
  firstAt: number,
  spanMs: number,
): Promise<readonly Member[]> {
  const members: Member[] = [];
  await writeAll(w, n, (i) => {
    const member = makeMember(w, c);
    members.push(member);
    const { session, instance, proxy } = activeSession(w, c, member, firstAt + Math.floor((i * spanMs) / n));
    return {
      changes: [
        { kind: 'session', before: undefined, after: session },
        { kind: 'instance', before: undefined, after: instance },
        { kind: 'proxy', before: undefined, after: proxy },
      ],
      put: [
        {
          key: KEY.request(session.tenant, session.requestId),
          was: 0,
          value: encode({ kind: 'session', session: session.id }),
        },
      ],
    };
  });
  return members;
}

function activeSession({ ids, clock }: Writer, c: SessionClass, member: Member, expireAt: number) {
  const now = clock.now();
  const lifetimeMs = expireAt - now;
  const checked = termsFor(c, {
    requirements: {},
    env: {},
    command: [],
    lifetimeMs,
    idleTimeoutMs: null,
    queueTimeoutMs: null,
  });
  if ('violations' in checked) throw new Error(JSON.stringify(checked.violations));
  const queued: Session = {
    phase: 'queued',
    id: ids.session(),
    revision: 0,
    tenant: 'default',
    requestId: ids.secret(),
    asked: {
      class: c.name,
      name: '',
      onConflict: 'fail',
      owner: 'somebody@example.org',
      labels: { hub: 'bench' },
      requirements: {},
      command: [],
      envDigest: '',
      lifetimeMs,
      idleTimeoutMs: null,
      queueTimeoutMs: null,
    },
    terms: checked.terms,
    createdAt: now,
    since: now,
    attempts: 0,
    queueBy: now,
    waitingFor: '',
  };
  return bind(queued, member, true, now);
}

/** Drops all sessions with what belongs to them, as if a leader had ended them and they had been kept long enough. */
export async function dropSessions(store: Store, mirror: Mirror): Promise<void> {
  const sessions = [...mirror.all('session')];
  for (let i = 0; i < sessions.length; i += BATCH) {
    const some = sessions.slice(i, i + BATCH);
    const result = await store.commit({
      drop: some.flatMap((s) => dropsOf(s, mirror)),
      index: some.flatMap((s) => [
        { set: SET.live, member: `${s.tenant}/${s.id}`, score: null },
        ...('instance' in s && s.instance !== null
          ? [
              { set: SET.instances, member: s.instance.id, score: null },
              { set: SET.proxies, member: s.instance.proxy, score: null },
            ]
          : []),
      ]),
    });
    if (!result.committed) throw new Error(`dropping was refused: ${JSON.stringify(result.why)}`);
  }
}

function dropsOf(s: Session, mirror: Mirror): readonly Drop[] {
  const own = [
    { key: KEY.session(s.id), was: s.revision },
    { key: KEY.request(s.tenant, s.requestId), was: 1 },
  ];
  if (!('instance' in s) || s.instance === null) return own;
  const { id, proxy } = s.instance;
  return [
    ...own,
    { key: KEY.instance(id), was: mirror.revision('instance', id) },
    { key: KEY.proxy(proxy), was: mirror.revision('proxy', proxy) },
  ];
}

type Written = { readonly changes: readonly Change[]; readonly put: readonly Put[] };

async function writeAll(w: Writer, n: number, make: (i: number) => Written): Promise<void> {
  const ledger = createLedger({
    ...w,
    mirror: createMirror(),
    hooks: QUIET_HOOKS,
    caps: { instances: () => NO_CAP, microsPerHour: () => NO_CAP },
    anchor: () => [],
    quotaOf: () => NO_QUOTA,
  });
  for (let i = 0; i < n; i += BATCH) {
    const some = Array.from({ length: Math.min(BATCH, n - i) }, (_, k) => make(i + k));
    const result = await ledger.commit({
      changes: some.flatMap((one) => one.changes),
      put: some.flatMap((one) => one.put),
      by: 'bench',
    });
    if (!result.committed) throw new Error(`seeding was refused: ${JSON.stringify(result.why)}`);
  }
}
