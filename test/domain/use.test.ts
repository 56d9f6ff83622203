import { describe, expect, it } from 'vitest';
import { asMember, bind, factsOf } from '../../src/domain/bind.ts';
import { costSoFar, runMicros } from '../../src/domain/cost.ts';
import { activeLookAt, idleAt, maxExpireAt, nextEnd, used, withdrawWarning } from '../../src/domain/idle.ts';
import { differences } from '../../src/domain/same-asked.ts';
import { earliest, HOUR, iso, MINUTE, SECOND } from '../../src/domain/time.ts';
import { ASKED, anInstance, aProxy, aSession, FACTS, instanceId, sessionId, T0, TERMS } from '../support/fixtures.ts';

const member = { instance: anInstance('ready'), proxy: aProxy('serving') };

describe('a reserve member', () => {
  it.each([
    ['its instance still boots', anInstance('booting'), member.proxy],
    ['its instance is bound', anInstance('bound'), member.proxy],
    ['its proxy does not serve yet', member.instance, aProxy('creating')],
    ['its proxy is a session’s already', member.instance, aProxy('serving', { session: sessionId() })],
    ['its proxy is in front of another', member.instance, aProxy('serving', { instance: instanceId(2) })],
    ['one of the two is missing', undefined, member.proxy],
    ['the other of the two is missing', member.instance, undefined],
  ])('is none while %s', (_, instance, proxy) => {
    expect(asMember(instance, proxy)).toBeNull();
  });

  it('is a ready instance and its serving proxy', () => {
    expect(asMember(member.instance, member.proxy)).toEqual(member);
  });
});

describe('binding', () => {
  const queued = aSession('queued');
  const now = T0 + MINUTE;

  it('makes three records that name each other', () => {
    const b = bind(queued, member, true, now);
    expect(b.session).toMatchObject({ phase: 'active', activeAt: now, since: now, confirmBy: null, warning: null });
    expect(b.session.instance).toEqual(factsOf(member.instance));
    expect(b.session.endpoint).toEqual(member.proxy.endpoint);
    expect(b.instance).toMatchObject({ phase: 'bound', session: queued.id, since: now });
    expect(b.proxy).toMatchObject({ phase: 'serving', session: queued.id });
  });

  it('counts the lifetime and the confirm deadline from now', () => {
    const b = bind(queued, member, false, now);
    expect(b.session).toMatchObject({ expireAt: now + HOUR, confirmBy: now + 5 * MINUTE, lastUsedAt: now });
  });

  it('knows whether the instance came from the reserve', () => {
    expect(bind(queued, member, true, now).session.fromReserve).toBe(false);
    const reserve = { ...member, instance: anInstance('ready', { for: null }) };
    expect(bind(queued, reserve, true, now).session.fromReserve).toBe(true);
  });

  it('leaves behind what only the former phase had', () => {
    const b = bind(queued, member, true, now);
    expect(b.session).not.toHaveProperty('queueBy');
    expect(b.session).not.toHaveProperty('waitingFor');
    expect(b.instance).not.toHaveProperty('startMs');
  });
});

describe('the next end of an active session', () => {
  const idle = (idleTimeoutMs: number, over = {}) =>
    aSession('active', { terms: { ...TERMS, idleTimeoutMs }, ...over });

  it('is the end of its lifetime unless it would be idle before', () => {
    expect(nextEnd(aSession('active'))).toEqual({
      warning: { reason: 'expired', endAt: T0 + HOUR },
      warnAt: T0 + HOUR - MINUTE,
    });
    expect(nextEnd(idle(10 * MINUTE))).toEqual({
      warning: { reason: 'idle', endAt: T0 + 10 * MINUTE },
      warnAt: T0 + 9 * MINUTE,
    });
    expect(nextEnd(idle(2 * HOUR)).warning.reason).toBe('expired');
    expect(nextEnd(idle(HOUR)).warning.reason).toBe('expired');
  });

  it('is warned of for at most half of a short time', () => {
    expect(nextEnd(idle(30 * SECOND)).warnAt).toBe(T0 + 15 * SECOND);
    expect(nextEnd(aSession('active', { expireAt: T0 + 20 * SECOND })).warnAt).toBe(T0 + 10 * SECOND);
  });

  it('moves away with each use, and with it the warning', () => {
    const s = idle(10 * MINUTE, { confirmBy: T0 + MINUTE, warning: { reason: 'idle', endAt: T0 + 10 * MINUTE } });
    const after = used(s, T0 + 9 * MINUTE + 1);
    expect(after).toMatchObject({ lastUsedAt: T0 + 9 * MINUTE + 1, confirmBy: null, warning: null });
    expect(idleAt(after)).toBe(T0 + 19 * MINUTE + 1);
  });

  it('does not come nearer by a use that is told late', () => {
    const s = idle(10 * MINUTE, { lastUsedAt: T0 + MINUTE });
    expect(used(s, T0).lastUsedAt).toBe(T0 + MINUTE);
  });

  it('keeps its warning while it is near', () => {
    const warned = aSession('active', { warning: { reason: 'expired', endAt: T0 + HOUR } });
    expect(withdrawWarning(warned, T0 + HOUR - MINUTE)).toBe(warned);
    expect(withdrawWarning(warned, T0)).toMatchObject({ warning: null });
    expect(used(warned, T0 + HOUR - 1).warning).toEqual(warned.warning);
  });

  it('has no idle end without an idle timeout, and never passes the greatest age', () => {
    expect(idleAt(aSession('active'))).toBeNull();
    expect(maxExpireAt(aSession('active'))).toBe(T0 + 24 * HOUR);
  });

  it('is looked at for the first of all that may happen', () => {
    const active = aSession('active');
    expect(activeLookAt(active)).toBe(T0 + HOUR - MINUTE);
    expect(activeLookAt({ ...active, confirmBy: T0 + 5 })).toBe(T0 + 5);
    expect(activeLookAt({ ...active, warning: { reason: 'expired', endAt: T0 + HOUR } })).toBe(T0 + HOUR);
    expect(activeLookAt({ ...active, warning: { reason: 'expired', endAt: T0 + 7 } })).toBe(T0 + HOUR - MINUTE);
  });
});

describe('the cost of a session', () => {
  it('is rounded up and never negative', () => {
    expect(runMicros(1, T0, T0 + 1)).toBe(1);
    expect(runMicros(3_600_000, T0, T0 + SECOND)).toBe(1_000);
    expect(runMicros(3_600_000, T0 + 1, T0)).toBe(0);
    expect(runMicros(0, T0, T0 + HOUR)).toBe(0);
  });

  const now = T0 + 2 * SECOND;
  const useOf = aSession('releasing').use;
  it.each([
    ['nothing while it waits', aSession('queued'), 0],
    ['its instance from the creation on while it starts', aSession('starting'), 2_000],
    ['its own instance from the creation on', aSession('active', { activeAt: T0 + SECOND }), 2_000],
    ['a reserve member from the claim on', aSession('active', { activeAt: T0 + SECOND, fromReserve: true }), 1_000],
    [
      'a reserve member from the hand-over on',
      aSession('activating', { since: T0 + SECOND, fromReserve: true }),
      1_000,
    ],
    ['its own instance while that is handed over', aSession('activating', { since: T0 + SECOND }), 2_000],
    ['nothing if it never had an instance', aSession('releasing', { instance: null, use: null }), 0],
    ['its instance until the release', aSession('releasing'), 2_000],
    [
      'a reserve member until the release',
      aSession('releasing', { use: useOf === null ? null : { ...useOf, activeAt: T0 + SECOND, fromReserve: true } }),
      1_000,
    ],
    ['what it was in the end', aSession('released'), 5],
  ])('is %s', (_, s, micros) => {
    expect(costSoFar(s, now)).toBe(micros);
  });
});

describe('whether two requests are the same', () => {
  it.each([
    ['class', { class: 'other' }],
    ['name', { name: 'n' }],
    ['on_conflict', { onConflict: 'replace' }],
    ['owner', { owner: 'o' }],
    ['labels', { labels: { a: '1' } }],
    ['requirements', { requirements: { cpuLimit: 1 } }],
    ['command', { command: ['x'] }],
    ['env', { envDigest: 'd' }],
    ['lifetime', { lifetimeMs: HOUR }],
    ['idle_timeout', { idleTimeoutMs: 0 }],
    ['queue_timeout', { queueTimeoutMs: 0 }],
  ] as const)('tells them apart by %s', (field, other) => {
    expect(differences(ASKED, { ...ASKED, ...other })).toEqual([field]);
  });

  it('does not care for the order of maps, but for that of lists', () => {
    const a = { ...ASKED, labels: { a: '1', b: '2' }, requirements: { cpuLimit: 1, disk: 2 } };
    const b = { ...ASKED, labels: { b: '2', a: '1' }, requirements: { disk: 2, cpuLimit: 1 } };
    expect(differences(a, b)).toEqual([]);
    expect(differences({ ...a, command: ['x', 'y'] }, { ...b, command: ['y', 'x'] })).toEqual(['command']);
  });

  it('names everything that differs', () => {
    expect(differences(ASKED, { ...ASKED, owner: 'o', class: 'c' })).toEqual(['class', 'owner']);
  });
});

describe('times', () => {
  it('are compared without those that are not set', () => {
    expect(earliest()).toBeNull();
    expect(earliest(null, undefined)).toBeNull();
    expect(earliest(3, null, 1, 2)).toBe(1);
    expect(earliest(0, 5)).toBe(0);
    expect(iso(0)).toBe('1970-01-01T00:00:00.000Z');
    expect(FACTS.createdAt).toBe(T0);
  });
});
