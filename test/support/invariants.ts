import { readdirSync } from 'node:fs';
import type { Instance, InstanceIn } from '../../src/domain/instance.ts';
import type { Session, SessionIn } from '../../src/domain/session.ts';
import type { BrokerProcess } from './broker-process.ts';
import { type InstanceProcess, instanceProcesses, type ProxyProcess, proxyProcesses } from './instance-processes.ts';
import type { StoreRecords } from './store-records.ts';

/** All that can be seen of one installation at a moment. */
export type Picture = {
  readonly records: StoreRecords;
  readonly processes: readonly InstanceProcess[];
  /** Instance ids that have a directory. */
  readonly homes: readonly string[];
  /** Of proxies that are an nginx. */
  readonly nginx: readonly ProxyProcess[];
  readonly proxyHomes: readonly string[];
  /** Of the one class: ready members that a caller can have, as the broker says, and how many there should be. */
  readonly reserve: { readonly ready: number; readonly target: number };
};

export async function takePicture(broker: BrokerProcess, installation: string, dataDir: string): Promise<Picture> {
  const [reserve] = await broker.client.reserves('web');
  return {
    records: await broker.records(),
    processes: instanceProcesses(installation),
    homes: readdirSync(`${dataDir}/instances`),
    nginx: proxyProcesses(`${dataDir}/proxies`),
    proxyHomes: readdirSync(`${dataDir}/proxies`),
    reserve: { ready: reserve?.ready ?? -1, target: reserve?.target ?? -1 },
  };
}

type Active = SessionIn<'active'>;
type Bound = InstanceIn<'bound'>;
const isActive = (s: Session): s is Active => s.phase === 'active';
const isBound = (i: Instance): i is Bound => i.phase === 'bound';
const living = (r: StoreRecords): readonly Session[] => r.sessions.filter((s) => s.phase !== 'released');

/** What must hold at every moment, also in the middle of a crash. An instance is bound once in its life. */
export function safetyViolations({ records, processes, nginx }: Picture): string[] {
  const bad: string[] = [];
  const owners = new Map<string, string>();
  for (const s of records.sessions) {
    const id = instanceOnceBound(s);
    if (id === null) continue;
    const other = owners.get(id);
    if (other !== undefined && other !== s.id) bad.push(`${id} was bound to ${other} and to ${s.id}`);
    owners.set(id, s.id);
  }
  const requests = records.sessions.map((s) => `${s.tenant}/${s.requestId}`);
  for (const twice of duplicates(requests)) bad.push(`two sessions for the request ${twice}`);
  for (const twice of duplicates(processes.filter((p) => p.leads).map((p) => p.instance)))
    bad.push(`${twice} was started twice`);
  for (const twice of duplicates(nginx.filter((n) => n.leads).map((n) => n.proxy))) bad.push(`${twice} has two nginx`);
  return bad;
}

const instanceOnceBound = (s: Session): string | null =>
  s.phase === 'active' ? s.instance.id : 'use' in s && s.use !== null ? s.use.instance.id : null;

/** What must hold once everything has settled. Empty: all is well. */
export function unsettled(p: Picture): string[] {
  const { instances, proxies } = p.records;
  const bad = safetyViolations(p);
  for (const s of living(p.records)) if (!isActive(s)) bad.push(`${s.id} is still ${s.phase}`);
  for (const i of instances) if (i.phase !== 'ready' && !isBound(i)) bad.push(`${i.id} is still ${i.phase}`);
  for (const x of proxies) if (x.phase !== 'serving') bad.push(`${x.id} is still ${x.phase}`);

  const running = p.processes.filter((x) => x.leads).map((x) => x.instance);
  const recorded = instances.map((i) => i.id);
  bad.push(...differences('process without a record', running, recorded));
  bad.push(...differences('instance without its process', recorded, running));
  bad.push(...differences('directory without a record', p.homes, recorded));
  bad.push(...differences('stray process', [...new Set(p.processes.map((x) => x.instance))], recorded));

  const served = proxies.filter((x) => x.kind === 'nginx-local').map((x) => x.id);
  const masters = p.nginx.filter((n) => n.leads).map((n) => n.proxy);
  bad.push(...differences('proxy without its nginx', served, masters));
  bad.push(...differences('nginx without a record', [...new Set(p.nginx.map((n) => n.proxy))], served));
  bad.push(...differences('directory of a proxy without a record', p.proxyHomes, served));
  return [...bad, ...unmatched(p), ...quotaViolations(p.records)];
}

/** Records that do not agree with each other. */
function unmatched({ records: { sessions, instances, proxies, counted }, reserve }: Picture): string[] {
  const bad: string[] = [];
  const recorded = instances.map((i) => i.id);
  const active = sessions.filter(isActive);
  const bound = instances.filter(isBound);
  const pairs = active.map((s) => `${s.id} on ${s.instance.id}`);
  bad.push(
    ...differences(
      'session without its instance',
      pairs,
      bound.map((i) => `${i.session} on ${i.id}`),
    ),
  );
  bad.push(
    ...differences(
      'bound instance without its session',
      bound.map((i) => `${i.session} on ${i.id}`),
      pairs,
    ),
  );
  bad.push(
    ...differences(
      'proxy without its instance',
      proxies.map((x) => x.instance),
      recorded,
    ),
  );
  bad.push(
    ...differences(
      'instance without its proxy',
      instances.map((i) => i.proxy),
      proxies.map((x) => x.id),
    ),
  );
  const shown = proxies.filter((x) => x.session !== null).map((x) => `${x.session} on ${x.instance}`);
  bad.push(...differences('session without its proxy', pairs, shown), ...differences('proxy kept', shown, pairs));

  if (counted !== instances.length) bad.push(`the counter says ${counted} instances, there are ${instances.length}`);
  const ready = instances.filter((i) => i.phase === 'ready').length;
  if (ready !== reserve.target || reserve.ready !== reserve.target)
    bad.push(`the reserve has ${ready} (says ${reserve.ready}) of ${reserve.target}`);
  return bad;
}

/** Counters of quotas that are not what the sessions add up to whose end is not decided. */
export function quotaViolations({ sessions, quotas }: Pick<StoreRecords, 'sessions' | 'quotas'>): string[] {
  const sums = new Map<string, number>();
  for (const s of sessions) {
    if (s.phase === 'releasing' || s.phase === 'released') continue;
    const adds = { sessions: 1, [`class:${s.asked.class}`]: 1, gpus: s.counted?.gpus ?? 0 };
    for (const [name, add] of Object.entries(adds))
      sums.set(`${s.tenant}/${name}`, (sums.get(`${s.tenant}/${name}`) ?? 0) + add);
  }
  return Object.entries(quotas).flatMap(([name, value]) => {
    const sum = sums.get(name) ?? 0;
    return value === sum ? [] : [`the quota ${name} says ${value}, the living sessions are ${sum}`];
  });
}

const differences = (what: string, some: readonly string[], all: readonly string[]): string[] =>
  some.filter((one) => !all.includes(one)).map((one) => `${what}: ${one}`);

/** Every one that was there before it. */
export const duplicates = (all: readonly string[]): string[] => all.filter((one, n) => all.indexOf(one) !== n);
