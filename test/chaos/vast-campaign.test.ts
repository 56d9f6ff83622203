import { describe, expect, it } from 'vitest';
import { runCampaign } from './campaign/campaign.ts';
import { SHORT } from './campaign/options.ts';
import { tableOf, troubleOf } from './campaign/table.ts';

// The long one is `npm run campaign`.

describe('A fault campaign on a simulated market', () => {
  it.each([
    ['sqlite', '1'],
    ['redis', '2'],
  ] as const)(
    'on %s leaks nothing, passes no cap and bans nobody for our own errors (seed %s)',
    async (store, seed) => {
      const result = await runCampaign({ ...SHORT, store, seed }, AbortSignal.timeout(240_000));
      console.log(tableOf(result));
      expect(troubleOf(result)).toBe('');
      // It must have been one: sessions that worked, starts that failed, calls that were refused.
      expect(result.kills).toBe(SHORT.kills);
      expect(result.outcomes.filter((o) => o.activeMs !== null).length).toBeGreaterThan(2);
      expect(result.end.sim.faults.filter((f) => f.strikes > 0).length).toBeGreaterThan(10);
    },
  );
});
