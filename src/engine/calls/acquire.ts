import { createHash } from 'node:crypto';
import { bind, type Member } from '../../domain/bind.ts';
import type { Caller } from '../../domain/caller.ts';
import { endSession } from '../../domain/decide-session.ts';
import { BrokerError, invalid, isBrokerError } from '../../domain/errors.ts';
import { used } from '../../domain/idle.ts';
import { gpusOf } from '../../domain/quota.ts';
import { differences } from '../../domain/same-asked.ts';
import type { Asked, Session, SessionIn } from '../../domain/session.ts';
import { termsFor } from '../../domain/terms.ts';
import type { Put, Refusal } from '../../ports/store.ts';
import type { EngineContext } from '../context.ts';
import type { AcquireOutcome, AcquireSource } from '../hooks.ts';
import { claimChanges, isPersonal, memberKeys, suits } from '../records/claim.ts';
import type { Change, LedgerResult } from '../records/ledger.ts';
import { decode, encode, KEY, type NameRecord, type RequestRecord, SET } from '../records/records.ts';
import type { AcquireInput, SessionView } from '../use-cases.ts';
import { readSession } from './find.ts';
import { classNamed } from './find-class.ts';
import { overQuota } from './quotas.ts';
import { tooManyWriters, updateSession } from './update.ts';
import { endedBeforeActive, hasEnded, sessionEnded, viewFor } from './view.ts';
import { waitForSession } from './wait.ts';

const TRIES = 20;
/** Candidates of the first claim, and of later ones, when others are at the same reserve. Each costs as much as the
 *  claim itself, and two replicas seldom pick the same member. */
const FIRST_CANDIDATES = 1;
const CANDIDATES = 8;

/** What one call knows while it tries. */
type Attempt = {
  readonly caller: Caller;
  readonly input: AcquireInput;
  readonly asked: Asked;
  /** As a queued session: what it is unless a reserve member is found. */
  readonly session: SessionIn<'queued'>;
  /** The record of its name as it was read, if one was in the way. */
  name: { readonly revision: number; readonly replaced: Session | null } | null;
  candidates: number;
};

/** How a try ended: the session, or `null` for another try. */
type Tried = Session | null;

/**
 * AcquireSession. The usual warm case is one commit: idempotency key, name, the first of the candidates that is still
 * free, the session with its deadlines, the event lines. Everything unusual is found out from what refuses the commit.
 */
export async function acquire(
  ctx: EngineContext,
  caller: Caller,
  input: AcquireInput,
  signal: AbortSignal,
): Promise<SessionView> {
  const startedAt = ctx.clock.monotonic();
  let outcome: AcquireOutcome = 'error';
  let source: AcquireSource = 'none';
  try {
    const first = await placed(ctx, caller, input);
    const session = await settle(ctx, caller, first, input.waitMs, signal);
    outcome = session.phase === 'active' ? 'active' : 'waiting';
    if (session.phase === 'active') source = session.fromReserve ? 'reserve' : 'cold';
    return viewFor(ctx, caller, session);
  } catch (err) {
    if (err instanceof BrokerError) outcome = outcomeOf(err);
    throw err;
  } finally {
    ctx.hooks.onAcquire(input.class, outcome, source, ctx.clock.monotonic() - startedAt);
  }
}

function outcomeOf({ code, details }: BrokerError): AcquireOutcome {
  if (details.reason === 'QUOTA_EXCEEDED') return 'over-quota';
  return code === 'aborted' || code === 'exhausted' ? 'ended' : 'refused';
}

/** A retry meets its session also where its class has been changed or removed since. */
async function placed(ctx: EngineContext, caller: Caller, input: AcquireInput): Promise<Session> {
  const asked = askedOf(caller, input);
  let attempt: Attempt;
  try {
    attempt = begin(ctx, caller, input, asked);
  } catch (err) {
    const known = await retried(ctx, { tenant: caller.tenant, requestId: input.requestId, asked });
    if (known === null) throw err;
    return known;
  }
  return place(ctx, attempt);
}

function askedOf(caller: Caller, input: AcquireInput): Asked {
  const { requestId, env } = input;
  return {
    class: input.class,
    name: input.name,
    onConflict: input.onConflict,
    owner: input.owner,
    labels: input.labels,
    requirements: input.requirements,
    command: input.command,
    envDigest: Object.keys(env).length === 0 ? '' : digest(`${caller.tenant}/${requestId}`, env),
    lifetimeMs: input.lifetimeMs,
    idleTimeoutMs: input.idleTimeoutMs,
    queueTimeoutMs: input.queueTimeoutMs,
  };
}

/** Checks the request against its class. @throws BrokerError `invalid` with all that is wrong */
function begin(ctx: EngineContext, caller: Caller, input: AcquireInput, asked: Asked): Attempt {
  const c = classNamed(ctx, input.class);
  const checked = termsFor(c, input);
  if ('violations' in checked) throw invalid(checked.violations);
  const now = ctx.clock.now();
  const session: SessionIn<'queued'> = {
    phase: 'queued',
    id: ctx.ids.session(),
    revision: 0,
    tenant: caller.tenant,
    requestId: input.requestId,
    asked,
    terms: checked.terms,
    createdAt: now,
    since: now,
    attempts: 0,
    counted: { gpus: gpusOf(c.resources, input.requirements) },
    queueBy: now + checked.terms.queueTimeoutMs,
    waitingFor: 'its turn',
  };
  return { caller, input, asked, session, name: null, candidates: FIRST_CANDIDATES };
}

function digest(salt: string, env: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([salt, sorted]))
    .digest('hex');
}

async function place(ctx: EngineContext, a: Attempt): Promise<Session> {
  for (let tries = 0; tries < TRIES; tries++) {
    const session = await tryOnce(ctx, a);
    if (session !== null) return session;
  }
  throw tooManyWriters(a.asked.name === '' ? `class "${a.input.class}"` : `name "${a.asked.name}"`);
}

async function tryOnce(ctx: EngineContext, a: Attempt): Promise<Tried> {
  const members = isWarm(ctx, a) ? hold(ctx, a) : [];
  try {
    return await commit(ctx, a, members);
  } finally {
    ctx.mirror.pool.letGo(members);
  }
}

/** Nobody overtakes those who wait. */
const isWarm = (ctx: EngineContext, a: Attempt): boolean =>
  !isPersonal(a) && ctx.mirror.queueLength(a.input.class) === 0;

const hold = (ctx: EngineContext, a: Attempt): readonly Member[] =>
  ctx.mirror.pool.hold(a.input.class, (m) => suits(m, a), a.candidates, ctx.ids.pick);

async function commit(ctx: EngineContext, a: Attempt, members: readonly Member[]): Promise<Tried> {
  const now = ctx.clock.now();
  const queued: Change = { kind: 'session', before: undefined, after: a.session };
  const claims = members.map((m) => claimChanges(undefined, m, bind(a.session, m, true, now)));
  const replaced = a.name?.replaced ?? null;
  const end: readonly Change[] =
    replaced === null || hasEndedAlready(replaced)
      ? []
      : [
          {
            kind: 'session',
            before: replaced,
            after: endSession(replaced, 'client', 'replaced by a session of the same name', now),
          },
        ];
  let result: LedgerResult;
  try {
    result = await ctx.ledger.commit({
      changes: claims.length > 0 ? end : [queued, ...end],
      ...(claims.length > 0 ? { oneOf: claims } : {}),
      put: keysOf(a),
      by: a.caller.name,
    });
  } catch (err) {
    // The idempotency key tells whether it was made; where it was not, another try is safe.
    if (isBrokerError(err, 'outcome-unknown')) return retried(ctx, a.session);
    throw err;
  }
  if (!result.committed) return refused(ctx, a, members, result.why);
  const chosen = members[result.chosen];
  return chosen === undefined
    ? { ...a.session, revision: 1 }
    : { ...bind(a.session, chosen, true, now).session, revision: 1 };
}

type Living = Exclude<Session, { readonly phase: 'releasing' | 'released' }>;
const hasEndedAlready = (s: Session): s is Exclude<Session, Living> => hasEnded(s);

/** The idempotency key, the name, and the environment as a secret of its own. */
function keysOf(a: Attempt): readonly Put[] {
  const { tenant, requestId, id, asked } = a.session;
  const request: RequestRecord = { kind: 'session', session: id };
  const puts: Put[] = [{ key: KEY.request(tenant, requestId), was: 0, value: encode(request) }];
  if (asked.name !== '')
    puts.push({ key: KEY.name(tenant, asked.name), was: a.name?.revision ?? 0, value: encode({ session: id }) });
  if (asked.envDigest !== '') puts.push({ key: KEY.secret(id), was: 0, value: encode({ env: a.input.env }) });
  return puts;
}

/** What stood in the way tells what kind of call this is. */
async function refused(ctx: EngineContext, a: Attempt, members: readonly Member[], why: Refusal): Promise<Tried> {
  if (why.kind === 'revision') {
    const { tenant, requestId, asked } = a.session;
    if (why.key === KEY.request(tenant, requestId)) return retried(ctx, a.session);
    if (why.key === KEY.name(tenant, asked.name)) return nameTaken(ctx, a);
    // Such as the session to be replaced, which has changed since: the next try reads it again by its name.
    a.name = null;
    await ctx.follower.refresh(why.key);
    return null;
  }
  if (why.kind === 'limit') throw overQuota(ctx, a.session.tenant, why);
  // All candidates were taken by others: look again, at more of them.
  a.candidates = CANDIDATES;
  await ctx.follower.refresh(...memberKeys(members));
  return null;
}

/** The request_id is known: a retry, a different request by mistake, or one that was released before it came. */
async function retried(
  ctx: EngineContext,
  { tenant, requestId, asked }: Pick<Session, 'tenant' | 'requestId' | 'asked'>,
): Promise<Tried> {
  const [stored] = await ctx.store.read([KEY.request(tenant, requestId)]);
  if (!stored) return null;
  const record = decode<RequestRecord>(stored) as RequestRecord;
  if (record.kind === 'tombstone')
    throw new BrokerError('aborted', `request_id "${requestId}" was released before it was acquired`, {
      reason: 'RELEASED_BEFORE_ACQUIRE',
      metadata: { request_id: requestId },
    });
  const session = await readSession(ctx, record.session);
  if (session === null) return null;
  const differ = differences(record.asked ?? session.asked, asked);
  if (differ.length > 0)
    throw new BrokerError(
      'already-exists',
      `request_id "${requestId}" was used with different content: ${differ.join(', ')}`,
      {
        reason: 'REQUEST_ID_REUSED',
        metadata: { request_id: requestId, session_id: session.id, fields: differ.join(',') },
      },
    );
  return session;
}

async function nameTaken(ctx: EngineContext, a: Attempt): Promise<Tried> {
  const { tenant, requestId, asked } = a.session;
  const [stored] = await ctx.store.read([KEY.name(tenant, asked.name)]);
  if (!stored) {
    a.name = null;
    return null;
  }
  const holder = await readSession(ctx, decode<NameRecord>(stored).session);
  if (holder === null || hasEnded(holder) || asked.onConflict === 'replace') {
    a.name = { revision: stored.revision, replaced: holder };
    return null;
  }
  if (asked.onConflict === 'fail')
    throw new BrokerError('already-exists', `session ${holder.id} of that name lives: name "${asked.name}"`, {
      reason: 'NAME_TAKEN',
      metadata: { name: asked.name, session_id: holder.id },
    });
  const alias: RequestRecord = { kind: 'session', session: holder.id, asked };
  const key = KEY.request(tenant, requestId);
  const result = await ctx.ledger.commit({
    put: [{ key, was: 0, value: encode(alias) }],
    index: [{ set: SET.aliases(holder.id), member: key, score: 0 }],
    expect: [{ key: KEY.name(tenant, asked.name), revision: stored.revision }],
    by: a.caller.name,
  });
  return result.committed ? holder : null;
}

/** Waits as long as the call does, and tells of a session that ended. What a call that is still open is handed is
 *  confirmed; what a broken one is not handed must be confirmed by somebody else. */
async function settle(
  ctx: EngineContext,
  caller: Caller,
  first: Session,
  waitMs: number,
  signal: AbortSignal,
): Promise<Session> {
  const isSettled = (s: Session) => s.phase === 'active' || hasEnded(s);
  let session = first;
  if (!isSettled(first) && waitMs > 0) session = await waitForSession(ctx, first, isSettled, waitMs, signal);
  if (session.phase === 'releasing' || session.phase === 'released') {
    if (!session.wasActive) throw endedBeforeActive(session);
    return session;
  }
  if (session.phase !== 'active') return session;
  const by = { by: 'id', id: session.id } as const;
  if (signal.aborted) {
    await updateSession(ctx, caller, by, (s) => unconfirmed(s, ctx.clock.now()));
    signal.throwIfAborted();
  }
  return session.confirmBy === null ? session : updateSession(ctx, caller, by, (s) => confirmed(s, ctx.clock.now()));
}

const unconfirmed = (s: Session, now: number): Session =>
  s.phase === 'active' && s.confirmBy === null ? { ...s, confirmBy: now + s.terms.confirmTimeoutMs } : s;

/** The session as somebody asked for it. @throws BrokerError `precondition` if it has ended meanwhile */
export function confirmed(s: Session, now: number): Session {
  if (s.phase === 'active') return s.confirmBy === null ? s : used(s, now);
  if (s.phase === 'releasing' || s.phase === 'released') throw sessionEnded(s);
  return s;
}
