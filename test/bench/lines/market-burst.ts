import { type BerthClient, isBerthError } from '../../../clients/typescript/src/client.ts';
import { onMarket } from '../market-stage.ts';
import { type Row, row } from '../rows.ts';
import type { Scale } from '../stage.ts';

/** Many acquires at once, where the provider lets only so many creates through: how much is berth's own part. */
export const marketBurst = (scale: Scale): Promise<readonly Row[]> => {
  const { acquires, pace } = scale.market.burst;
  return onMarket({ machines: 1_000, limitsFactor: pace, bootFactor: 0 }, async ({ sim, broker }) => {
    const { client } = await broker(pace);
    const begun = performance.now();
    const answers = await Promise.all(Array.from({ length: acquires }, () => answerOf(client)));
    const tookMs = performance.now() - begun;
    client.close();
    const { endpoints, intervals_s } = await sim.state();
    const limited = Object.entries(endpoints).filter(([, e]) => e.limited > 0);
    const which =
      limited.length === 0 ? '' : `: ${limited.map(([endpoint, e]) => `${endpoint} ${e.limited}`).join(', ')}`;
    const refused = limited.reduce((sum, [, e]) => sum + e.limited, 0);
    // A last list and the way to the provider do not shrink with the number: with fewer there is no goal.
    const aloneMs = (acquires - 1) * (intervals_s.create?.gapS ?? 0) * 1_000 * pace;
    const name = `vastai, ${acquires} acquires at once, its limits times ${pace}`;
    const count = (what: string): number => answers.filter((a) => a === what).length;
    return [
      row(`${name}: until the last answer`, tookMs / 1_000, 's'),
      row("the same, if there were nothing but the provider's limit on creates", aloneMs / 1_000, 's'),
      row("berth's share on top", 100 * (tookMs / aloneMs - 1), '%', acquires < 200 ? undefined : { atMost: 5 }),
      row('of these, sessions', count('active'), 'sessions'),
      row('of these, refused with a reason', count('refused'), 'errors'),
      row('of these, anything else', answers.length - count('active') - count('refused'), 'errors', { atMost: 0 }),
      row(`calls refused by the limits${which}`, refused, 'calls', { atMost: 0 }),
    ];
  });
};

async function answerOf(client: BerthClient): Promise<'active' | 'refused' | 'other'> {
  try {
    const { phase } = await client.acquire({ class: 'bench' });
    return phase === 'active' ? 'active' : 'other';
  } catch (err) {
    return isBerthError(err) && err.reason !== '' ? 'refused' : 'other';
  }
}
