import process from 'node:process';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import { isBerthError } from '../../../clients/typescript/src/errors.ts';
import type { Context } from '../context.ts';
import { explain } from '../exit.ts';
import { usage } from '../parse.ts';
import { openScreen } from '../screen.ts';
import { monotonic, now } from '../system.ts';
import { frame, type Seen, type SortBy, type View } from '../top-frame.ts';

export type TopFlags = { readonly interval?: number; readonly once?: boolean; readonly sort: SortBy };

/** A broker that takes longer for one call is not there [ms]. */
const DEADLINE_MS = 5_000;
/** Looking may take a quarter of the time: with very many sessions the looks become rarer. */
const REST = 3;
const REDRAW_MS = 1_000;

/** Reserves, queues and sessions, again and again until q or Ctrl-C; one picture with `once`. */
export async function top(ctx: Context, f: TopFlags): Promise<void> {
  const { interval: everyMs = 1_000, sort } = f;
  if (ctx.json) return asJson(ctx, everyMs, f.once ?? false);
  if (f.once) {
    const view = { ...plainView(ctx, sort), columns: ctx.columns };
    return ctx.out(frame(await look(ctx), view).join('\n'));
  }
  if (process.stdout.isTTY !== true) throw usage('top', 'needs a terminal; --once prints one picture');
  // The first look comes before the screen is taken: where there is no broker, that is said as everywhere.
  await live(ctx, await look(ctx), everyMs, sort);
}

const plainView = (ctx: Context, sort: SortBy): View => ({
  address: ctx.address,
  now: now(),
  color: ctx.color,
  columns: Number.POSITIVE_INFINITY,
  rows: Number.POSITIVE_INFINITY,
  sort,
  reversed: false,
  away: null,
  keys: false,
});

async function asJson(ctx: Context, everyMs: number, once: boolean): Promise<void> {
  if (once) return ctx.document(await look(ctx));
  for (;;) {
    ctx.out(JSON.stringify(await look(ctx)));
    await delay(everyMs, undefined, { signal: ctx.signal });
  }
}

async function look({ client, signal }: Context, retry = {}): Promise<Seen> {
  const options = { signal, ...retry };
  const list = async <T>(source: AsyncIterable<T>): Promise<readonly T[]> => {
    const found: T[] = [];
    for await (const one of source) found.push(one);
    return found;
  };
  const [status, sessions, instances] = await Promise.all([
    client.status(options),
    list(client.listAll({ pageSize: 1_000 }, options)),
    list(client.instances(undefined, options)),
  ]);
  return { status, sessions, instances };
}

async function live(ctx: Context, first: Seen, everyMs: number, sort: SortBy): Promise<void> {
  const quit = new AbortController();
  const signal = AbortSignal.any([ctx.signal, quit.signal]);
  let seen = first;
  let view = { ...plainView(ctx, sort), keys: process.stdin.isTTY === true };
  const draw = () => screen.draw(frame(seen, { ...view, ...screen.size(), now: now() }));
  const sortBy = (by: SortBy) => {
    view = { ...view, sort: by, reversed: view.sort === by && !view.reversed };
    draw();
  };
  const KEYS: Readonly<Record<string, () => void>> = {
    q: () => quit.abort(),
    a: () => sortBy('age'),
    i: () => sortBy('idle'),
    c: () => sortBy('cost'),
  };
  const screen = openScreen({ key: (letter) => KEYS[letter]?.(), resized: () => draw() });
  // Ages grow and a missing broker is counted also while no answer comes.
  const timer = setInterval(draw, Math.min(everyMs, REDRAW_MS));
  let answeredAt = now();
  try {
    draw();
    for (;;) {
      const began = monotonic();
      await delay(everyMs, undefined, { signal });
      try {
        seen = await look({ ...ctx, signal }, { retryForMs: 0, deadlineMs: DEADLINE_MS });
        answeredAt = now();
        view = { ...view, away: null };
      } catch (err) {
        if (signal.aborted || !isBerthError(err, 'unavailable', 'deadline-exceeded')) throw err;
        view = { ...view, away: { since: answeredAt, why: reasonOf(err) } };
      }
      draw();
      await delay(Math.max(0, REST * (monotonic() - began - everyMs)), undefined, { signal });
    }
  } catch (err) {
    if (!quit.signal.aborted) throw err;
  } finally {
    clearInterval(timer);
    screen.close();
  }
}

/** The part in parentheses of what is said where no broker is reached. */
function reasonOf(err: unknown): string {
  const [line = ''] = explain(err, '');
  return /\((.*?)\)/.exec(line)?.[1] ?? line;
}
