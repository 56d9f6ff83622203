import process from 'node:process';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../../../clients/typescript/src/types.ts';
import type { Context } from '../context.ts';
import { running, until } from '../format.ts';
import { parseRef } from '../parse.ts';
import { dateAt, logTime, now } from '../system.ts';
import { cutTo } from '../width.ts';
import { isWaiting, phase, plannedEnd, price, standing } from '../words.ts';

/** How long a watch goes on without a broker: a restart or a new leader is no reason to stop [ms]. */
const PATIENCE_MS = 120_000;
const TICK_MS = 250;

/** A line, or one JSON document on a line, for each state until released. On a terminal the present state is a line
 *  that lives, below those that came before. */
export async function watch(ctx: Context, ref: string): Promise<void> {
  const states = ctx.client.watch(parseRef(ref), { signal: ctx.signal, retryForMs: PATIENCE_MS });
  if (!ctx.json && ctx.columns !== Number.POSITIVE_INFINITY) return live(ctx, states);
  let last = '';
  for await (const session of states) {
    const line = ctx.json ? JSON.stringify(session) : stateLine(session, ctx.color);
    // A state may differ in nothing that is shown.
    if (line !== last) ctx.out(ctx.json ? line : stamped(line));
    last = line;
  }
}

const stamped = (line: string): string => `${logTime(dateAt(now()))}  ${line}`;

async function live(ctx: Context, states: AsyncIterable<Session>): Promise<void> {
  let latest: Session | null = null;
  const clear = () => process.stdout.write('\r\u001b[K');
  const draw = () => {
    if (latest === null) return;
    process.stdout.write(`\r\u001b[K${cutTo(present(latest, ctx.color), (process.stdout.columns || 80) - 1)}`);
  };
  const timer = setInterval(draw, TICK_MS);
  try {
    for await (const session of states) {
      if (isNews(latest, session)) {
        clear();
        ctx.out(stamped(stateLine(session, ctx.color)));
      }
      latest = session.phase === 'released' ? null : session;
      draw();
    }
  } finally {
    clearInterval(timer);
    clear();
  }
}

/** What stays on the screen; the line that lives shows the rest. */
const isNews = (before: Session | null, s: Session): boolean =>
  before === null ||
  before.phase !== s.phase ||
  (before.warning === null) !== (s.warning === null) ||
  (s.phase === 'active' && before.waitingFor !== s.waitingFor);

/** What changes by itself: how long it waits, or how long it has still to live. */
function present(s: Session, color: boolean): string {
  const since = s.phaseTime === null ? '' : running(Math.max(0, now() - s.phaseTime.getTime()));
  const end = s.plannedEnd === null || s.phase !== 'active' ? '' : `ends ${plannedEnd(s.plannedEnd, s, now())}`;
  return ['…', phase(s, now(), color), since, isWaiting(s) ? standing(s, now()) : end]
    .filter((p) => p !== '')
    .join('  ');
}

function stateLine(s: Session, color: boolean): string {
  const t = now();
  const active = s.phase === 'active';
  const waits = isWaiting(s) || (active && s.waitingFor !== '');
  // Whoever waits is told the price with all else that there is to say of the start.
  const detail = waits ? standing(s, t) : active ? price(s) : s.endDetail && `(${s.endDetail})`;
  const url = active ? (s.endpoint?.ports[0]?.url ?? '') : '';
  const warning = s.warning === null ? '' : `ends ${plannedEnd(s.warning, s, t)}`;
  return [s.id, phase(s, t, color), url, detail, warning].filter((part) => part !== '').join('  ');
}

/** Says once, or every so often until Ctrl-C or the session's end, that the session is in use. */
export async function keepAlive(ctx: Context, ref: string, everyMs: number | undefined): Promise<void> {
  for (;;) {
    const session = await ctx.client.keepAlive(parseRef(ref), { signal: ctx.signal, retryForMs: PATIENCE_MS });
    if (ctx.json) ctx.out(everyMs === undefined ? JSON.stringify(session, null, 2) : JSON.stringify(session));
    else ctx.out(`${session.id}  ${phase(session, now(), ctx.color)}${idleEnd(session)}`);
    if (everyMs === undefined) return;
    await delay(everyMs, undefined, { signal: ctx.signal });
  }
}

const idleEnd = ({ deadlines: { idleTime } }: Session): string =>
  idleTime === null ? '' : `  idle end ${until(idleTime, now())}`;
