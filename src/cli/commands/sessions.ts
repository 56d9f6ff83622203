import process from 'node:process';
import type { ListQuery, Session, SessionPhase } from '../../../clients/typescript/src/types.ts';
import type { Context } from '../context.ts';
import { exitCodeOf, explain } from '../exit.ts';
import { plain, until } from '../format.ts';
import { parseEnd, parseRef, usage } from '../parse.ts';
import { sessionTable } from '../session-table.ts';
import { showSession } from '../show.ts';
import { dateAt, now } from '../system.ts';
import { phase } from '../words.ts';

const PHASES: readonly SessionPhase[] = ['queued', 'starting', 'activating', 'active', 'releasing', 'released'];

export type ListFlags = {
  readonly class?: string;
  readonly phase?: readonly string[];
  readonly owner?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly tenant?: string;
  readonly allTenants?: boolean;
  readonly ended?: boolean;
  readonly quiet?: boolean;
};

/** Ends each; goes on after one that fails. @returns the exit code of the first failure */
export async function release(ctx: Context, refs: readonly string[]): Promise<number> {
  const released: { ref: string; session: Session | null }[] = [];
  let code = 0;
  for (const ref of refs) {
    try {
      const session = await ctx.client.release(parseRef(ref), { signal: ctx.signal });
      released.push({ ref, session });
    } catch (err) {
      if (refs.length === 1 || ctx.signal.aborted) throw err;
      for (const line of explain(err, ctx.address)) ctx.note(`berth: ${plain(ref)}: ${line}`);
      code ||= exitCodeOf(err);
    }
  }
  if (ctx.json) ctx.document({ released });
  else for (const { ref, session } of released) ctx.out(releaseLine(ctx, ref, session));
  return code;
}

const releaseLine = (ctx: Context, ref: string, session: Session | null): string =>
  session === null ? `${ref}  not there yet, will be refused on arrival` : endLine(ctx, session);

const endLine = (ctx: Context, s: Session): string => `${s.id}  ${phase(s, now(), ctx.color)}`;

/** Ends any tenant's session as an admin. */
export async function terminate(ctx: Context, id: string, detail: string): Promise<void> {
  const session = await ctx.client.terminate(id, detail, { signal: ctx.signal });
  if (ctx.json) ctx.document(session);
  else ctx.out(endLine(ctx, session));
}

export async function get(ctx: Context, ref: string): Promise<void> {
  showSession(ctx, await ctx.client.get(parseRef(ref), { signal: ctx.signal }));
}

export async function list(ctx: Context, f: ListFlags): Promise<void> {
  const sessions: Session[] = [];
  for await (const s of ctx.client.listAll(queryOf(f), { signal: ctx.signal })) sessions.push(s);
  if (ctx.json) return ctx.document({ sessions });
  if (f.quiet) {
    for (const s of sessions) ctx.out(s.id);
    return;
  }
  if (sessions.length === 0) return ctx.note('no sessions');
  const tenants = f.allTenants === true || new Set(sessions.map((s) => s.tenant)).size > 1;
  const { color, columns } = ctx;
  ctx.out(sessionTable(sessions, { now: now(), color, columns, tenants }));
}

function queryOf(f: ListFlags): ListQuery {
  const phases = (f.phase ?? []).map((name) => {
    const known = PHASES.find((p) => p === name);
    if (known === undefined) throw usage('--phase', `"${plain(name)}" is none of ${PHASES.join(', ')}`);
    return known;
  });
  return {
    pageSize: 1_000,
    phases: phases.length === 0 && f.ended ? PHASES : phases,
    ...(f.class === undefined ? {} : { class: f.class }),
    ...(f.owner === undefined ? {} : { owner: f.owner }),
    ...(f.label === undefined ? {} : { labels: f.label }),
    ...(f.tenant === undefined ? {} : { tenant: f.tenant }),
  };
}

/** Moves the end of the lifetime. */
export async function extend(ctx: Context, ref: string, end: string): Promise<void> {
  const target = parseRef(ref);
  const when = parseEnd(end, now());
  const options = { signal: ctx.signal };
  let at: Date;
  if ('at' in when) at = when.at;
  else at = endPlus(await ctx.client.get(target, options), when.afterEndMs);
  const session = await ctx.client.extend(target, at, options);
  if (ctx.json) ctx.document(session);
  else ctx.out(`${session.id}  expires ${until(session.deadlines.expireTime, now())}`);
}

function endPlus(session: Session, byMs: number): Date {
  const { expireTime } = session.deadlines;
  if (expireTime !== null) return dateAt(expireTime.getTime() + byMs);
  throw usage(
    'END',
    `session ${session.id} is ${session.phase} and has no end to add to; its lifetime begins when it is active`,
  );
}

/** How long following goes on without a broker [ms]. */
const PATIENCE_MS = 120_000;

/** What the instance wrote, as it is, also with --json. */
export async function logs(ctx: Context, ref: string, follow: boolean, tail: number | undefined): Promise<void> {
  const options = {
    follow,
    signal: ctx.signal,
    retryForMs: PATIENCE_MS,
    ...(tail === undefined ? {} : { tailLines: tail }),
  };
  for await (const bytes of ctx.client.logs(parseRef(ref), options)) {
    if (process.stdout.write(bytes)) continue;
    await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
  }
}
