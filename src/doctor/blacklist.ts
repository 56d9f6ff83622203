import { openBlacklist } from '../adapters/redis/blacklist.ts';
import type { Config } from '../config/load.ts';
import type { Clock } from '../ports/clock.ts';
import { type Finding, fail, messageOf, ok } from './finding.ts';

/** Whether the blacklist of the provisioner beside can be read. Nothing is written there. */
export async function checkBlacklist(
  { blacklist }: Config,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (blacklist === null) return [];
  const check = 'blacklist';
  const exchange = openBlacklist({ url: blacklist.url, clock });
  try {
    const { length } = await exchange.read(signal);
    const seen =
      length === 0 ? 'no host is banned there' : `${length} ${length === 1 ? 'host is' : 'hosts are'} banned there`;
    return [ok(check, `it answers; ${seen}; our own bans of hosts are ${blacklist.write ? '' : 'not '}written`)];
  } catch (err) {
    return [fail(check, messageOf(err), 'start it, or correct BERTH_BLACKLIST_REDIS: until then its bans do not hold')];
  } finally {
    exchange.close();
  }
}
