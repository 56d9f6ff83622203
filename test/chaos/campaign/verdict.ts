import type { HostStatus } from '../../../clients/typescript/src/client.ts';
import type { Session } from '../../../src/domain/session.ts';
import type { BrokerProcess } from '../../support/broker-process.ts';
import { duplicates } from '../../support/invariants.ts';
import type { StoreRecords } from '../../support/store-records.ts';
import type { SimInstance, SimState } from '../../support/vast-simulator.ts';
import { tagOf } from './sampler.ts';

/** All that can be seen when a campaign is over. */
export type End = {
  readonly installation: string;
  readonly records: StoreRecords;
  readonly hosts: readonly HostStatus[];
  readonly untrackedDollarsPerHour: number | null;
  /** With every instance that ever was. */
  readonly sim: SimState;
  /** Ids at the simulator that are somebody else's, on the same account. */
  readonly foreign: readonly number[];
};

export async function takeEnd(
  o: Omit<End, 'records' | 'hosts' | 'untrackedDollarsPerHour'>,
  broker: BrokerProcess,
): Promise<End> {
  const { providers } = await broker.client.status();
  const hosts: HostStatus[] = [];
  for await (const host of broker.client.hosts({ provider: 'vastai', bannedOnly: true })) hosts.push(host);
  const vastai = providers.find((p) => p.name === 'vastai');
  return {
    ...o,
    records: await broker.records(),
    hosts,
    untrackedDollarsPerHour: vastai?.untrackedDollarsPerHour ?? null,
  };
}

export const oursOf = ({ sim, installation }: Pick<End, 'sim' | 'installation'>): readonly SimInstance[] =>
  sim.instances.filter((i) => tagOf(installation, i) !== null);

/** What is not over yet. Empty: everything was given up, there and here. */
export function leftOver(e: End): readonly string[] {
  const sessions = e.records.sessions.filter((s) => s.phase !== 'released');
  const alive = oursOf(e).filter((i) => i.gone_ms === null);
  return [
    ...sessions.map((s) => `session ${s.id} is still ${s.phase}`),
    ...e.records.instances.map((i) => `instance ${i.id} is still ${i.phase}`),
    ...e.records.proxies.map((x) => `proxy ${x.id} is still ${x.phase}`),
    ...alive.map((i) => `${i.id} (${i.label}) is still billed: ${i.actual}, ${i.fault ?? 'no fault'}`),
    ...(e.untrackedDollarsPerHour === 0 ? [] : [`${e.untrackedDollarsPerHour} $/h are untracked`]),
  ];
}

/** Most of ours that were billed at the same moment, from the beginnings and ends of all. */
export function mostAtOnce(e: Pick<End, 'sim' | 'installation'>): number {
  const changes = oursOf(e).flatMap((i) => [
    { at: i.created_ms, by: 1 },
    { at: i.gone_ms ?? Number.POSITIVE_INFINITY, by: -1 },
  ]);
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let [now, most] = [0, 0];
  for (const { by } of changes) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}

/** What must hold at the end, whatever happened. */
export function violationsAt(e: End, requests: readonly string[], maxInstances: number): readonly string[] {
  const { rented } = e.records;
  const most = mostAtOnce(e);
  const foreign = e.sim.instances.filter((i) => e.foreign.includes(i.id) && i.gone_ms === null);
  return [
    ...leftOver(e),
    ...(most <= maxInstances ? [] : [`${most} instances were billed at once, ${maxInstances} allowed`]),
    ...(rented.instances === 0 ? [] : [`the counter says ${rented.instances} instances, there are none`]),
    ...(rented.micros === 0 ? [] : [`the counter says ${rented.micros} micro-dollars per hour, there are none`]),
    ...(foreign.length === e.foreign.length ? [] : ["somebody else's instances were ended"]),
    ...e.records.sessions.flatMap(withoutReason),
    ...duplicates(e.records.sessions.map((s) => s.requestId)).map((r) => `two sessions for the request ${r}`),
    ...e.records.sessions.filter((s) => !requests.includes(s.requestId)).map((s) => `nobody asked for ${s.id}`),
    ...unjustBans(e),
  ];
}

const withoutReason = (s: Session): readonly string[] =>
  s.phase === 'released' && s.why === 'start-failed' && s.detail === ''
    ? [`${s.id} failed to start without a reason`]
    : [];

/** What of a machine's doing may ban it. A preempted instance, a refused one and one that we ended are not. */
const BLAMED: Readonly<Record<string, readonly string[]>> = {
  'slow-start': ['slow_boot', 'never_boots', 'sits_stopped', 'late_ports', 'port_dead', 'port_silent', 'goes_unknown'],
  'pull-failed': ['pull_error'],
  'runtime-failed': ['oci_error', 'exits'],
};

/** Bans of machines on which nothing happened that would be their fault. */
function unjustBans(e: End): readonly string[] {
  const ours = oursOf(e);
  return e.hosts.flatMap(({ machineId, ban }) => {
    if (ban === null || machineId === '') return [];
    const there = ours.filter((i) => `${i.machine_id}` === machineId);
    const blamed = BLAMED[ban.reason];
    const isJust =
      blamed === undefined ? there.some((i) => i.fault !== null) : there.some((i) => blamed.includes(i.fault ?? ''));
    const seen = there.map((i) => `${i.id} ${i.label?.split('/')[3]} ${i.fault ?? 'good'}`).join(', ');
    return isJust
      ? []
      : [`machine ${machineId} is banned for ${ban.reason} (${ban.evidence}); what was there: ${seen}`];
  });
}
