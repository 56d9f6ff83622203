import { BrokerError, invalid } from '../../src/domain/errors.ts';
import type { Ban } from '../../src/domain/host-registry.ts';
import { DAY, MINUTE } from '../../src/domain/time.ts';
import type {
  AdminUseCases,
  HostTarget,
  HostView,
  QuotedOffer,
  QuoteInput,
  RentingView,
  SessionUseCases,
} from '../../src/engine/use-cases.ts';
import { instance, NOW } from './fake-records.ts';

const BAN: Ban = { at: NOW, until: NOW + 7 * DAY, reason: 'slow-start', evidence: 'i-1 took 25 min', by: 'instances' };

const aHost = (over: Partial<HostView>): HostView => ({
  provider: 'vastai',
  machine: '',
  host: 'h-1',
  ban: null,
  hostBan: null,
  starts: 0,
  startP50Ms: null,
  startP90Ms: null,
  losses: 0,
  ...over,
});

/** The best first; the second knows less of itself. */
export const OFFERS: readonly QuotedOffer[] = [
  {
    machine: '4711',
    host: 'h-1',
    region: 'DE',
    granted: instance('i-0').granted,
    microsPerHour: 350_000,
    storageMicrosPerHour: 12_500,
    expectedStartMs: 95_500,
    reliability: 0.995,
    interruptible: false,
  },
  {
    machine: '4712',
    host: 'h-2',
    region: '',
    granted: instance('i-0').granted,
    microsPerHour: 400_000,
    storageMicrosPerHour: 0,
    expectedStartMs: null,
    reliability: null,
    interruptible: true,
  },
];

type Market = Pick<AdminUseCases, 'costs' | 'hosts' | 'banHost' | 'unbanHost' | 'setRenting'> &
  Pick<SessionUseCases, 'quote'>;

/** What an installation with a market answers, over plain memory. */
export function createFakeMarket() {
  let renting: RentingView = { on: true, by: '', at: null, why: '' };
  const quotes: QuoteInput[] = [];
  let failure: unknown = null;
  let hosts: readonly HostView[] = [
    aHost({ machine: '4711', starts: 12, startP50Ms: 80_000, startP90Ms: 140_500, losses: 1 }),
    aHost({ machine: '4800', host: 'h-9', ban: BAN }),
    aHost({ machine: '', host: 'h-7', ban: { ...BAN, reason: 'banned-machines' } }),
    aHost({ provider: 'other', machine: '1', host: 'h-7' }),
  ];

  function setBan(target: HostTarget, ban: Ban | null): HostView {
    if (!hosts.some((h) => h.provider === target.provider))
      throw invalid([{ field: 'provider', description: `"${target.provider}" is not configured` }]);
    const isIt = (h: HostView): boolean =>
      h.provider === target.provider &&
      h.machine === target.machine &&
      (target.machine !== '' || h.host === target.host);
    const found = { ...(hosts.find(isIt) ?? aHost({ ...target })), ban };
    hosts = [...hosts.filter((h) => !isIt(h)), found];
    return found;
  }

  const use: Market = {
    async quote(_, input, signal) {
      signal.throwIfAborted();
      if (failure !== null) throw failure;
      quotes.push(input);
      if (input.class === 'none')
        return {
          provider: 'vastai',
          ready: 0,
          offers: [],
          suitable: 0,
          refused: { price: 212, region: 40 },
          why: 'nothing on offer would do',
          takenAt: NOW,
        };
      return {
        provider: 'vastai',
        ready: 2,
        offers: OFFERS.slice(0, input.limit),
        suitable: 17,
        refused: { price: 3, 'machine-banned': 1 },
        why: '',
        takenAt: NOW,
      };
    },
    async costs(caller, tenant, days) {
      if (caller.role !== 'admin' && tenant !== null && tenant !== caller.tenant)
        throw new BrokerError('denied', "another tenant's costs are for admins", { reason: 'PERMISSION_DENIED' });
      const isAll = caller.role === 'admin' && tenant === null;
      return {
        tenants: [
          {
            tenant: tenant ?? caller.tenant,
            microsPerHour: 720_000,
            sessions: 2,
            livingMicros: 1_500_000,
            days: [
              { day: '2026-01-02', micros: 2_250_000 },
              { day: '2026-01-01', micros: 500_000 },
            ].slice(0, days),
          },
        ],
        reserveMicrosPerHour: isAll ? 360_000 : 0,
        destroyingMicrosPerHour: isAll ? 10_000 : 0,
      };
    },
    async hosts(_, query) {
      const wanted = hosts
        .filter((h) => (query.provider === null || h.provider === query.provider) && (!query.bannedOnly || h.ban))
        .slice(Number(query.pageToken));
      const page = wanted.slice(0, query.pageSize);
      const next = Number(query.pageToken) + page.length;
      return { hosts: page, nextPageToken: page.length < wanted.length ? String(next) : '' };
    },
    banHost: async (caller, target, termMs, reason) =>
      setBan(target, {
        at: NOW,
        until: NOW + (termMs ?? 7 * DAY),
        reason: 'admin',
        evidence: reason,
        by: caller.name,
      }),
    unbanHost: async (_, target) => setBan(target, null),
    async setRenting(caller, on, why) {
      renting = { on, by: caller.name, at: NOW + MINUTE, why };
      return renting;
    },
  };
  return {
    use,
    renting: () => renting,
    quotes: (): readonly QuoteInput[] => quotes,
    failQuotes: (err: unknown): void => {
      failure = err;
    },
  };
}
