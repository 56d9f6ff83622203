import { describe, expect, it } from 'vitest';
import type { Cause } from '../../src/domain/cause.ts';
import { decideSession, endSession, type SessionSeen } from '../../src/domain/decide-session.ts';
import { SESSION_NEXT, type Session } from '../../src/domain/session.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import {
  allSessions,
  anInstance,
  aProxy,
  aSession,
  ENDPOINT,
  FACTS,
  sessionId,
  T0,
  TERMS,
} from '../support/fixtures.ts';

const policy = { keepEndedMs: 24 * HOUR, heldUntil: 0, usedKnownUntil: Number.POSITIVE_INFINITY, onLoss: null };
const nothing: SessionSeen = { instance: undefined, proxy: undefined };
const decide = (s: Session, seen: SessionSeen, now: number, heldUntil = 0) =>
  decideSession(s, seen, { ...policy, heldUntil }, now);

describe('a queued session', () => {
  const queued = aSession('queued', { waitingFor: 'all 2 instances are in use' });

  it('waits until its queue deadline', () => {
    expect(decide(queued, nothing, queued.queueBy - 1)).toEqual({ lookAt: queued.queueBy });
  });

  it('ends at its queue deadline with what it waited for', () => {
    expect(decide(queued, nothing, queued.queueBy).session).toMatchObject({
      phase: 'releasing',
      why: 'queue-timeout',
      detail: 'all 2 instances are in use',
      wasActive: false,
      instance: null,
    });
  });

  it('does not end while the clock is not trusted', () => {
    const until = queued.queueBy + MINUTE;
    expect(decide(queued, nothing, queued.queueBy, until)).toEqual({ lookAt: until });
    expect(decide(queued, nothing, until, until).session?.phase).toBe('releasing');
  });
});

describe('a starting session', () => {
  const starting = aSession('starting');
  const member = { instance: anInstance('ready'), proxy: aProxy('serving') };

  it('turns active with its own instance, unconfirmed since no call got the answer', () => {
    const now = T0 + 3 * SECOND;
    const d = decide(starting, member, now);
    expect(d.session).toMatchObject({
      phase: 'active',
      fromReserve: false,
      activeAt: now,
      expireAt: now + TERMS.lifetimeMs,
      confirmBy: now + TERMS.confirmTimeoutMs,
      endpoint: ENDPOINT,
    });
    expect(d.instance).toMatchObject({ phase: 'bound', session: starting.id });
    expect(d.proxy).toMatchObject({ phase: 'serving', session: starting.id });
  });

  it.each([
    ['its instance boots', { ...member, instance: anInstance('booting') }],
    ['its proxy is being made', { ...member, proxy: aProxy('creating') }],
    ['its proxy is of another session', { ...member, proxy: aProxy('serving', { session: sessionId(2) }) }],
  ])('waits while %s', (_, seen) => {
    expect(decide(starting, seen, T0 + HOUR)).toEqual({ lookAt: null });
  });

  it.each([
    ['is being destroyed', anInstance('destroying', { detail: 'no disk' }), 'no disk'],
    ['is gone', anInstance('gone', { detail: 'bad image' }), 'bad image'],
    ['has no record any more', undefined, 'the instance is gone'],
  ])('waits for another instance with a new queue deadline when its own %s', (_, instance, why) => {
    const now = T0 + MINUTE;
    expect(decide(starting, { instance, proxy: undefined }, now).session).toMatchObject({
      phase: 'queued',
      attempts: 1,
      queueBy: now + TERMS.queueTimeoutMs,
      waitingFor: `another instance: ${why}`,
    });
  });

  const failed = (cause: Cause, detail = 'why') => ({
    instance: anInstance('gone', { cause, detail }),
    proxy: undefined,
  });
  const market = { ...TERMS, offerAttempts: 3 };

  it.each<[string, Cause, number | undefined, number | undefined]>([
    ['the first offer was gone', 'offer-gone', undefined, 1],
    ['another offer was gone', 'offer-gone', 1, 2],
    ['the provider let no call through', 'limited', undefined, undefined],
    ['the provider let no call through after an offer was gone', 'limited', 2, 2],
  ])('is queued again at once, without an attempt and for the rest of its time, when %s', (_, cause, before, after) => {
    const s = aSession('starting', { terms: market, ...(before === undefined ? {} : { offersGone: before }) });
    const { session } = decide(s, failed(cause), T0 + MINUTE);
    expect(session).toMatchObject({ phase: 'queued', attempts: 0, queueBy: s.queueBy, since: T0 + MINUTE });
    expect(session?.offersGone).toBe(after);
  });

  it('has used up an attempt when too many offers were gone in a row, and begins to count anew', () => {
    const s = aSession('starting', { terms: market, offersGone: 2 });
    const { session } = decide(s, failed('offer-gone'), T0 + MINUTE);
    expect(session).toMatchObject({ phase: 'queued', attempts: 1, queueBy: T0 + MINUTE + TERMS.queueTimeoutMs });
    expect(session).not.toHaveProperty('offersGone');
    const last = aSession('starting', { terms: market, offersGone: 2, attempts: 3 });
    expect(decide(last, failed('offer-gone'), T0).session).toMatchObject({ phase: 'releasing', why: 'start-failed' });
  });

  it('counts every gone offer where its terms do not say how many may be', () => {
    expect(decide(starting, failed('offer-gone'), T0).session).toMatchObject({ phase: 'queued', attempts: 1 });
  });

  it('ends at once with the reason when it would fail on every machine', () => {
    expect(decide(starting, failed('ours', 'the image does not exist'), T0).session).toMatchObject({
      phase: 'releasing',
      why: 'start-failed',
      detail: 'the image does not exist',
    });
  });

  it('waits no longer than it said for its instance to be asked for', () => {
    const seen = { instance: anInstance('intended'), proxy: aProxy('creating') };
    expect(decide(starting, seen, starting.queueBy - 1)).toEqual({ lookAt: starting.queueBy });
    expect(decide(starting, seen, starting.queueBy, starting.queueBy + 5)).toEqual({ lookAt: starting.queueBy + 5 });
    expect(decide(starting, seen, starting.queueBy).session).toMatchObject({ why: 'queue-timeout' });
    const requested = { ...seen, instance: anInstance('requested') };
    expect(decide(starting, requested, starting.queueBy)).toEqual({ lookAt: null });
  });

  it('ends after the last attempt with the detail of the instance', () => {
    const last = aSession('starting', { attempts: 3 });
    const d = decide(last, { instance: anInstance('destroying', { detail: 'no disk' }), proxy: undefined }, T0);
    expect(d.session).toMatchObject({
      phase: 'releasing',
      why: 'start-failed',
      detail: 'no disk (the last of 3 attempts)',
      wasActive: false,
    });
  });

  it('does not count attempts in the detail where there was only one', () => {
    const only = aSession('starting', { terms: { ...TERMS, startAttempts: 1 } });
    const d = decide(only, { instance: anInstance('gone', { detail: 'no disk' }), proxy: undefined }, T0);
    expect(d.session).toMatchObject({ why: 'start-failed', detail: 'no disk' });
  });
});

describe('an activating session', () => {
  const activating = aSession('activating');

  it('waits until its activation deadline and then ends', () => {
    expect(decide(activating, nothing, activating.activateBy - 1)).toEqual({ lookAt: activating.activateBy });
    expect(decide(activating, nothing, activating.activateBy).session).toMatchObject({ why: 'activation-failed' });
  });
});

describe('an active session', () => {
  const active = aSession('active');
  const alive: SessionSeen = {
    instance: anInstance('bound'),
    proxy: aProxy('serving', { session: active.id }),
  };
  const idle = aSession('active', { terms: { ...TERMS, idleTimeoutMs: 10 * MINUTE } });
  const unconfirmed = aSession('active', { confirmBy: T0 + 5 * MINUTE });

  it.each([
    ['expired', active, alive, active.expireAt, 'its lifetime was over'],
    ['idle', idle, alive, T0 + 10 * MINUTE, 'it was not used'],
    ['unconfirmed', unconfirmed, alive, T0 + 5 * MINUTE, 'nobody asked for it after it turned active'],
    ['instance-lost', active, { ...alive, instance: undefined }, T0, 'the instance is gone'],
    ['instance-lost', active, { ...alive, instance: anInstance('destroying', { detail: 'it ended' }) }, T0, 'it ended'],
  ] as const)('ends as %s when its time has come', (why, s, seen, at, detail) => {
    expect(decide(s, seen, at).session).toMatchObject({ phase: 'releasing', why, detail, wasActive: true });
    if (at > T0) expect(decide(s, seen, at - 1).session?.phase).not.toBe('releasing');
  });

  it('ends by a deadline only when the clock is trusted, but at once when its instance is lost', () => {
    const held = active.expireAt + MINUTE;
    expect(decide(active, alive, active.expireAt, held).session?.phase).not.toBe('releasing');
    expect(decide(active, { ...alive, instance: undefined }, active.expireAt, held).session?.phase).toBe('releasing');
    expect(decide(active, alive, held, held).session?.phase).toBe('releasing');
  });

  it('never asks to be looked at in the past while deadlines are held', () => {
    const now = active.expireAt + 1;
    const held = now + MINUTE;
    const warned = decide(active, alive, now, held);
    expect(warned.lookAt).toBe(held);
    const s = warned.session ?? active;
    expect(decide(s, alive, now, held).lookAt).toBe(held);
  });

  it('is warned once before its end, and looked at again for the end itself', () => {
    const at = active.expireAt - TERMS.warnBeforeMs;
    expect(decide(active, alive, at - 1)).toEqual({ lookAt: at });
    const d = decide(active, alive, at);
    expect(d.session).toMatchObject({ phase: 'active', warning: { reason: 'expired', endAt: active.expireAt } });
    expect(d.lookAt).toBe(active.expireAt);
    expect(decide(d.session ?? active, alive, at + 1)).toEqual({ lookAt: active.expireAt });
  });

  it('is no longer warned when its end has moved away', () => {
    const warned = { ...active, warning: { reason: 'expired', endAt: active.expireAt } as const };
    const extended = { ...warned, expireAt: active.expireAt + HOUR };
    expect(decide(extended, alive, active.expireAt - 1).session).toMatchObject({ phase: 'active', warning: null });
  });

  it('is warned anew when another end has come near', () => {
    const warned = { ...idle, warning: { reason: 'expired', endAt: idle.expireAt } as const };
    const d = decide(warned, alive, T0 + 9 * MINUTE);
    expect(d.session).toMatchObject({ warning: { reason: 'idle', endAt: T0 + 10 * MINUTE } });
  });
});

describe('an active session whose use is not known up to its idle deadline', () => {
  const idle = aSession('active', { terms: { ...TERMS, idleTimeoutMs: MINUTE }, expireAt: T0 + HOUR });

  it('does not end, and is not looked at again before something is known or due', () => {
    const known = { ...policy, usedKnownUntil: T0 + MINUTE - 1 };
    const warned = decideSession(idle, { instance: anInstance('bound'), proxy: undefined }, known, T0 + MINUTE).session;
    if (warned?.phase !== 'active') throw new Error('it has ended');
    const d = decideSession(warned, { instance: anInstance('bound'), proxy: undefined }, known, T0 + MINUTE);
    expect(d).toEqual({ lookAt: T0 + HOUR });
  });

  it('ends once it is known', () => {
    const known = { ...policy, usedKnownUntil: T0 + MINUTE };
    const d = decideSession(idle, { instance: anInstance('bound'), proxy: undefined }, known, T0 + MINUTE);
    expect(d.session).toMatchObject({ phase: 'releasing', why: 'idle' });
  });
});

describe('a releasing session', () => {
  const releasing = aSession('releasing');

  it('gives up the instance it used and its proxy in one decision', () => {
    const d = decide(
      releasing,
      { instance: anInstance('bound'), proxy: aProxy('serving', { session: releasing.id }) },
      T0 + HOUR,
    );
    expect(d.session).toMatchObject({ phase: 'released', releasedAt: T0 + HOUR, keepUntil: T0 + 25 * HOUR });
    expect(d.session).toMatchObject({ costMicros: 3_600_000 });
    expect(d.instance).toMatchObject({ phase: 'destroying', why: 'released' });
    expect(d.proxy).toMatchObject({ phase: 'deleting' });
  });

  it('names the admin as the reason of the destruction', () => {
    const d = decide(aSession('releasing', { why: 'admin' }), { instance: anInstance('bound'), proxy: undefined }, T0);
    expect(d.instance).toMatchObject({ phase: 'destroying', why: 'admin' });
  });

  it('leaves an unused instance and its proxy to the reserve', () => {
    const d = decide(releasing, { instance: anInstance('ready'), proxy: aProxy('serving') }, T0);
    expect(d.instance).toMatchObject({ phase: 'ready', for: null });
    expect(d.proxy).toBeUndefined();
  });

  it('touches nothing that another session has', () => {
    const other = sessionId(2);
    const d = decide(
      releasing,
      { instance: anInstance('bound', { for: null, session: other }), proxy: aProxy('serving', { session: other }) },
      T0,
    );
    expect(d.session?.phase).toBe('released');
    expect(d.instance).toBeUndefined();
    expect(d.proxy).toBeUndefined();
  });

  it('is released also without anything left to give up', () => {
    const bare = aSession('releasing', { instance: null, use: null });
    expect(decide(bare, nothing, T0)).toMatchObject({ session: { phase: 'released', costMicros: 0 } });
  });
});

describe('the life of a session', () => {
  it('has nothing to decide once it is released', () => {
    expect(decide(aSession('released'), nothing, T0 + 48 * HOUR)).toEqual({ lookAt: null });
  });

  it.each(allSessions().filter((s) => s.phase !== 'releasing' && s.phase !== 'released'))(
    'can end from $phase, keeping its instance but for a queued one',
    (s) => {
      const ended = endSession(s as Exclude<Session, { phase: 'releasing' | 'released' }>, 'client', 'bye', T0 + 1);
      expect(SESSION_NEXT[s.phase]).toContain('releasing');
      expect(ended).toMatchObject({ id: s.id, phase: 'releasing', why: 'client', detail: 'bye', since: T0 + 1 });
      expect(ended.instance).toEqual(s.phase === 'queued' ? null : FACTS);
      expect(ended.use === null).toBe(s.phase !== 'active');
    },
  );
});
