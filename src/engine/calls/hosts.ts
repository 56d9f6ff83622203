import type { Caller } from '../../domain/caller.ts';
import { invalid, type Violation } from '../../domain/errors.ts';
import {
  type Ban,
  type HostRecord,
  isBanned,
  type MachineRecord,
  newHost,
  newMachine,
  percentile,
} from '../../domain/host-registry.ts';
import { DAY, type EpochMs, MINUTE } from '../../domain/time.ts';
import type { EngineContext } from '../context.ts';
import { type RegistryChange, registryWrites } from '../market/registry-writes.ts';
import { KEY } from '../records/records.ts';
import type { AdminUseCases, HostPage, HostQuery, HostTarget, HostView } from '../use-cases.ts';
import { mustBeAdmin } from './admin-only.ts';
import { strangePageToken } from './page-token.ts';
import { retryable, tooManyWriters } from './update.ts';

const TRIES = 20;
const LONGEST_MS = 3_650 * DAY;
const NAME = /^[\w.-]{1,64}$/;

type Deps = Pick<EngineContext, 'mirror' | 'clock' | 'store' | 'follower' | 'hooks' | 'providers' | 'bans'>;

/** ListHosts, BanHost and UnbanHost, on any replica: the leader sees what is written through the feed. */
export function createHosts(ctx: Deps): Pick<AdminUseCases, 'hosts' | 'banHost' | 'unbanHost'> {
  const { mirror, clock } = ctx;

  /** Commits what `decide` says until no other writer was faster; null: there is nothing to change. */
  async function change(target: HostTarget, by: string, decide: (now: EpochMs) => RegistryChange | null) {
    for (let tries = 0; tries < TRIES; tries++) {
      const now = clock.now();
      const decided = decide(now);
      if (decided !== null) {
        const { put, drop, index, events, taken } = registryWrites(ctx, [decided], by, '', now);
        const result = await ctx.store.commit({ put, drop, index, events });
        if (result.committed) taken();
        else {
          await ctx.follower.refresh(keyOf(target));
          continue;
        }
      }
      return viewNow(target);
    }
    throw tooManyWriters(keyOf(target));
  }

  function viewNow({ provider, machine, host }: HostTarget): HostView {
    return machine === ''
      ? hostView(mirror.host(provider, host) ?? newHost(provider, host), clock.now())
      : machineView(ctx, mirror.machine(provider, machine) ?? newMachine(provider, machine, ''), clock.now());
  }

  function withBan(target: HostTarget, ban: Ban): RegistryChange {
    const { provider } = target;
    if (target.machine === '') {
      const before = mirror.host(provider, target.host);
      const { pardoned: _, ...known } = before ?? newHost(provider, target.host);
      return { kind: 'host', before, after: { ...known, ban } };
    }
    const before = mirror.machine(provider, target.machine);
    return { kind: 'machine', before, after: { ...(before ?? newMachine(provider, target.machine, '')), ban } };
  }

  function withoutBan(target: HostTarget): RegistryChange | null {
    if (target.machine === '') {
      const before = mirror.host(target.provider, target.host);
      if (before === undefined || before.ban === null) return null;
      const pardon = before.ban.reason === 'legacy' ? { pardoned: true } : {};
      // What led to the ban is forgiven, too: the next machine would bring it back.
      return { kind: 'host', before, after: { ...before, ban: null, banned: [], ...pardon } };
    }
    const before = mirror.machine(target.provider, target.machine);
    if (before === undefined || before.ban === null) return null;
    return { kind: 'machine', before, after: { ...before, ban: null, losses: [] } };
  }

  return {
    async hosts(caller, query) {
      mustBeAdmin(caller);
      return listHosts(ctx, query);
    },
    async banHost(caller, target, termMs, reason) {
      mustBeAdmin(caller);
      const bad = [...targetViolations(ctx, target), ...termViolations(termMs)];
      if (bad.length > 0) throw invalid(bad);
      const evidence = reason.trim() === '' ? 'banned by an admin' : reason.trim();
      return retryable(
        change(target, caller.name, (at) =>
          withBan(target, { at, until: at + (termMs ?? ctx.bans.termMs), reason: 'admin', evidence, by: caller.name }),
        ),
      );
    },
    async unbanHost(caller: Caller, target: HostTarget) {
      mustBeAdmin(caller);
      const bad = targetViolations(ctx, target);
      if (bad.length > 0) throw invalid(bad);
      return retryable(change(target, caller.name, () => withoutBan(target)));
    },
  };
}

const keyOf = ({ provider, machine, host }: HostTarget): string =>
  machine === '' ? KEY.host(provider, host) : KEY.machine(provider, machine);

function targetViolations(ctx: Deps, { provider, machine, host }: HostTarget): readonly Violation[] {
  const bad: Violation[] = [];
  if (!ctx.providers.has(provider))
    bad.push({ field: 'provider', description: notConfigured(ctx.providers.keys(), provider) });
  if ((machine === '') === (host === ''))
    bad.push({ field: 'machine_id', description: 'exactly one of machine_id and host_id is to be given' });
  for (const [field, name] of [
    ['machine_id', machine],
    ['host_id', host],
  ] as const)
    if (name !== '' && !NAME.test(name))
      bad.push({
        field,
        description: 'accepted: the id as its provider tells it, up to 64 letters, digits, ".", "_", "-"',
      });
  return bad;
}

const termViolations = (termMs: number | null): readonly Violation[] =>
  termMs === null || (termMs >= MINUTE && termMs <= LONGEST_MS)
    ? []
    : [{ field: 'term', description: 'accepted: 1 minute to 10 years' }];

/** By provider, its hosts before its machines, each by id. A token is the place of the last that was told. */
export function listHosts(ctx: Pick<Deps, 'mirror' | 'clock' | 'bans' | 'providers'>, query: HostQuery): HostPage {
  const { pageSize, pageToken, provider } = query;
  if (pageToken !== '' && !/^[^/]+\/(host|machine)\//.test(pageToken)) throw strangePageToken();
  if (provider !== null) checkKnown(ctx, provider);
  const now = ctx.clock.now();
  const found: { readonly place: string; readonly view: HostView }[] = [];
  const add = (place: string, of: string, view: () => HostView): void => {
    if (place <= pageToken || (provider !== null && of !== provider)) return;
    const seen = view();
    if (!query.bannedOnly || seen.ban !== null || seen.hostBan !== null) found.push({ place, view: seen });
  };
  for (const h of ctx.mirror.all('host')) add(`${h.provider}/host/${h.host}`, h.provider, () => hostView(h, now));
  for (const m of ctx.mirror.all('machine'))
    add(`${m.provider}/machine/${m.machine}`, m.provider, () => machineView(ctx, m, now));
  found.sort((a, b) => (a.place < b.place ? -1 : 1));
  const page = found.slice(0, pageSize);
  return {
    hosts: page.map((f) => f.view),
    nextPageToken: found.length > page.length ? (page.at(-1)?.place ?? '') : '',
  };
}

/** One that is no longer configured may have left records. @throws BrokerError `invalid` */
function checkKnown({ mirror, providers }: Pick<Deps, 'mirror' | 'providers'>, provider: string): void {
  const isOf = (record: { readonly provider: string }): boolean => record.provider === provider;
  if (providers.has(provider) || [...mirror.all('machine'), ...mirror.all('host')].some(isOf)) return;
  throw invalid([{ field: 'provider', description: notConfigured(providers.keys(), provider) }]);
}

const notConfigured = (known: Iterable<string>, provider: string): string =>
  `"${provider}" is not configured; accepted: ${[...known].sort().join(', ')}`;

const active = (ban: Ban | null | undefined, now: EpochMs): Ban | null => (isBanned(ban, now) ? ban : null);

const hostView = (h: HostRecord, now: EpochMs): HostView => ({
  provider: h.provider,
  machine: '',
  host: h.host,
  ban: active(h.ban, now),
  hostBan: null,
  starts: 0,
  startP50Ms: null,
  startP90Ms: null,
  losses: 0,
});

const machineView = ({ mirror, bans }: Pick<Deps, 'mirror' | 'bans'>, m: MachineRecord, now: EpochMs): HostView => ({
  provider: m.provider,
  machine: m.machine,
  host: m.host,
  ban: active(m.ban, now),
  hostBan: active(mirror.host(m.provider, m.host)?.ban, now),
  starts: m.starts.length,
  startP50Ms: percentile(m.starts, 0.5),
  startP90Ms: percentile(m.starts, 0.9),
  losses: m.losses.filter((at) => at > now - bans.lossWindowMs).length,
});

/** How many machines and hosts are banned now, for the gauges. */
export function bannedNow({ mirror, clock, providers }: Pick<Deps, 'mirror' | 'clock' | 'providers'>) {
  const now = clock.now();
  const counts = new Map([...providers.keys()].map((provider) => [provider, { provider, machines: 0, hosts: 0 }]));
  for (const kind of ['machine', 'host'] as const)
    for (const record of mirror.all(kind)) {
      const of = counts.get(record.provider);
      if (of !== undefined && isBanned(record.ban, now)) of[`${kind}s`] += 1;
    }
  return [...counts.values()];
}
