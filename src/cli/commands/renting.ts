import type { Context } from '../context.ts';
import { rentingText } from '../money.ts';
import { usage } from '../parse.ts';
import { now } from '../system.ts';

/** The switch of all renting. @param to undefined: it is only shown */
export async function renting(ctx: Context, to: 'on' | 'off' | undefined, why: string | undefined): Promise<void> {
  if (to === undefined && why !== undefined) throw usage('--why', 'goes with on or off');
  const options = { signal: ctx.signal };
  const state =
    to === undefined
      ? (await ctx.client.status(options)).renting
      : await ctx.client.setRenting(to === 'on', why, options);
  if (ctx.json) return ctx.document(state);
  ctx.out(`renting is ${rentingText(state, now(), ctx.color)}`);
  if (!state.on)
    ctx.note('what runs goes on, and the reserve is handed out; nothing new is rented until: berth renting on');
}
