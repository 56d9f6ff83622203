import { randomUUID } from 'node:crypto';
import { isBerthError } from '../../../clients/typescript/src/errors.ts';
import type { AcquireRequest, OnConflict, Session } from '../../../clients/typescript/src/types.ts';
import { type Context, readOption } from '../context.ts';
import { exact } from '../format.ts';
import { parseEnvFile } from '../parse.ts';
import { createProgress } from '../progress.ts';
import { type RequirementFlags, requirementsOf } from '../requirements.ts';
import { showSession } from '../show.ts';

/** As commander gives them, already parsed. */
export type AcquireFlags = RequirementFlags & {
  readonly name?: string;
  readonly owner?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly envFile?: string;
  readonly lifetime?: number;
  readonly idleTimeout?: number;
  readonly queueTimeout?: number;
  readonly wait?: number;
  readonly requestId?: string;
  readonly onConflict?: OnConflict;
};

/** @returns the exit code */
export async function acquire(
  ctx: Context,
  className: string,
  command: readonly string[],
  f: AcquireFlags,
): Promise<number> {
  const requestId = f.requestId ?? randomUUID();
  const progress = createProgress();
  let latest: Session | null = null;
  const onProgress = (session: Session) => {
    latest = session;
    progress.update(session);
  };
  let session: Session;
  try {
    session = await ctx.client.acquire(requestOf(className, command, f, requestId), { onProgress, signal: ctx.signal });
  } catch (err) {
    progress.end();
    tellWhatGoesOn(ctx, latest, requestId, err);
    throw err;
  }
  progress.end();
  showSession(ctx, session);
  return isLate(session, f) ? late(ctx, session, f) : 0;
}

const isLate = (session: Session, f: AcquireFlags): boolean =>
  Boolean(f.wait) && !['active', 'releasing', 'released'].includes(session.phase);

function late(ctx: Context, session: Session, f: AcquireFlags): number {
  ctx.note(`berth: not active after ${exact(f.wait ?? 0)}; it goes on: berth watch ${session.id}`);
  return 5;
}

/** Neither Ctrl-C nor a broken connection ends a session; whoever stops waiting must know that. */
function tellWhatGoesOn(ctx: Context, latest: Session | null, requestId: string, err: unknown): void {
  if (!ctx.signal.aborted && !isBerthError(err, 'unavailable', 'deadline-exceeded')) return;
  if (latest !== null) {
    ctx.note(`berth: stopped waiting; session ${latest.id} goes on (${latest.phase})`);
    ctx.note(`release it with: berth release ${latest.id}`);
  } else if (ctx.signal.aborted) {
    ctx.note('berth: stopped waiting; the request may have arrived');
    ctx.note(`release it with: berth release request:${requestId}`);
  }
}

function requestOf(className: string, command: readonly string[], f: AcquireFlags, requestId: string): AcquireRequest {
  const fromFile =
    f.envFile === undefined ? {} : parseEnvFile(readOption('--env-file', f.envFile).toString(), f.envFile);
  const env = { ...fromFile, ...f.env };
  const requirements = requirementsOf(f);
  return {
    class: className,
    requestId,
    ...(f.name === undefined ? {} : { name: f.name }),
    ...(f.onConflict === undefined ? {} : { onConflict: f.onConflict }),
    ...(f.owner === undefined ? {} : { owner: f.owner }),
    ...(f.label === undefined ? {} : { labels: f.label }),
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(command.length === 0 ? {} : { command }),
    ...(Object.keys(requirements).length === 0 ? {} : { requirements }),
    ...(f.lifetime === undefined ? {} : { lifetimeMs: f.lifetime }),
    ...(f.idleTimeout === undefined ? {} : { idleTimeoutMs: f.idleTimeout }),
    ...(f.queueTimeout === undefined ? {} : { queueTimeoutMs: f.queueTimeout }),
    ...(f.wait === undefined ? {} : { waitMs: f.wait }),
  };
}
