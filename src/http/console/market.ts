import type { Caller } from '../../domain/caller.ts';
import type { AdminUseCases, HostView } from '../../engine/use-cases.ts';

/** More are counted, not shown; the banned ones come first. */
const MAX_HOSTS = 1_000;
/** However many machines are known, one look at them ends [machines]. */
const LOOKED_AT = 20_000;
const PAGE = 1_000;
/** How far back ended sessions are summed up [UTC days]. */
const COST_DAYS = 30;

/** Machines and money: asked for now and then, since they change seldom and may be many. */
export async function readMarket(admin: Pick<AdminUseCases, 'hosts' | 'costs'>, caller: Caller) {
  const [costs, hosts] = await Promise.all([admin.costs(caller, null, COST_DAYS), allHosts(admin, caller)]);
  const bannedFirst = hosts.toSorted((a, b) => rank(a) - rank(b));
  return { costs, hosts: bannedFirst.slice(0, MAX_HOSTS), leftOut: Math.max(0, hosts.length - MAX_HOSTS) };
}

const rank = (h: HostView): number => (h.ban !== null ? 0 : h.hostBan !== null ? 1 : 2);

async function allHosts(admin: Pick<AdminUseCases, 'hosts'>, caller: Caller): Promise<readonly HostView[]> {
  const found: HostView[] = [];
  let pageToken = '';
  do {
    const page = await admin.hosts(caller, { pageSize: PAGE, pageToken, provider: null, bannedOnly: false });
    found.push(...page.hosts);
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && found.length < LOOKED_AT);
  return found;
}
