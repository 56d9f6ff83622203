import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../../../clients/typescript/src/types.ts';
import type { Context } from '../context.ts';
import { phase, until } from '../format.ts';
import { parseRef } from '../parse.ts';
import { dateAt, now } from '../system.ts';

/** How long a watch goes on without a broker: a restart or a new leader is no reason to stop [ms]. */
const PATIENCE_MS = 120_000;

/** A line, or one JSON document on a line, for each state until released. */
export async function watch(ctx: Context, ref: string): Promise<void> {
  for await (const session of ctx.client.watch(parseRef(ref), { signal: ctx.signal, retryForMs: PATIENCE_MS }))
    ctx.out(ctx.json ? JSON.stringify(session) : stateLine(ctx, session));
}

function stateLine(ctx: Context, s: Session): string {
  const time = dateAt(now()).toTimeString().slice(0, 8);
  const url = s.phase === 'active' ? (s.endpoint?.ports[0]?.url ?? '') : '';
  const warning = s.warning === null ? '' : `ends ${until(s.warning.endTime, now())} (${s.warning.reason})`;
  return [time, s.id, phase(s, ctx.color), url, warning].filter((part) => part !== '').join('  ');
}

/** Says once, or every so often until Ctrl-C or the session's end, that the session is in use. */
export async function keepAlive(ctx: Context, ref: string, everyMs: number | undefined): Promise<void> {
  for (;;) {
    const session = await ctx.client.keepAlive(parseRef(ref), { signal: ctx.signal, retryForMs: PATIENCE_MS });
    if (ctx.json) ctx.out(everyMs === undefined ? JSON.stringify(session, null, 2) : JSON.stringify(session));
    else ctx.out(`${session.id}  ${phase(session, ctx.color)}${idleEnd(session)}`);
    if (everyMs === undefined) return;
    await delay(everyMs, undefined, { signal: ctx.signal });
  }
}

const idleEnd = ({ deadlines: { idleTime } }: Session): string =>
  idleTime === null ? '' : `  idle end ${until(idleTime, now())}`;
