import { describe, expect, it } from 'vitest';
import type { Cause } from '../../src/domain/cause.ts';
import {
  isBanned,
  isForgettable,
  isForgettableHost,
  isUnwelcome,
  type Learnt,
  type Lesson,
  learn,
  learnOfBan,
  lessonOf,
  newHost,
  newMachine,
  percentile,
} from '../../src/domain/host-registry.ts';
import type { Instance } from '../../src/domain/instance.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { anInstance, BANS, REF, T0 } from '../support/fixtures.ts';

const over = (cause: Cause): Instance => anInstance('destroying', { why: 'lost', detail: 'x', cause });
const interrupted = anInstance('bound', { interruptedAt: T0 });
const lesson = (kind: Lesson, at = T0, more: Partial<Learnt> = {}): Learnt => ({
  lesson: kind,
  startMs: MINUTE,
  seen: `i-1 of class echo: it was seen at ${at}`,
  at,
  isGuarded: false,
  ...more,
});
const fresh = newMachine('market', 'm1', 'h1');
const taught = (lessons: readonly Learnt[], m = fresh) => lessons.reduce((r, l) => learn(r, l, BANS), m);

describe('what an instance tells of its machine', () => {
  it.each<readonly [string, Instance, Instance, Lesson | null]>([
    ['a start that came up', anInstance('booting'), anInstance('ready'), 'came-up'],
    ['one that was too slow', anInstance('booting'), over('slow'), 'slow-start'],
    ['one without its image', anInstance('booting'), over('pull'), 'pull-failed'],
    ['one whose container did not start', anInstance('booting'), over('runtime'), 'runtime-failed'],
    ['one that exited while starting', anInstance('booting'), over('exited'), 'lost'],
    ['one that went offline', anInstance('ready'), over('offline'), 'lost'],
    ['one that vanished in use', anInstance('bound'), over('vanished'), 'lost'],
    ['one that stopped answering', anInstance('bound'), over('unanswering'), 'lost'],
    ['a container that fails after it ran', anInstance('bound'), over('runtime'), 'lost'],
    ['the first sight of a restart', anInstance('bound'), interrupted, 'lost'],
    ['a restart that never ended, which has counted already', interrupted, over('restarted'), null],
    ['one that restarts while starting', anInstance('booting'), over('restarted'), 'lost'],
    ['a restart that is still under way', interrupted, { ...interrupted, revision: 2 }, null],
    ['a restart that ended well', interrupted, anInstance('bound'), null],
    ['one that was outbid', anInstance('bound'), over('preempted'), null],
    ['a failing of our own', anInstance('booting'), over('ours'), null],
    ['an offer that was gone', anInstance('requested'), anInstance('gone', { cause: 'offer-gone' }), null],
    ['one that its client released', anInstance('booting'), anInstance('destroying'), null],
    [
      'the end of what was lost before',
      anInstance('destroying', { cause: 'slow' }),
      anInstance('gone', { cause: 'slow' }),
      null,
    ],
    ['one whose provider has no machines', anInstance('booting', { ref: { ...REF, machine: '' } }), over('slow'), null],
  ])('is clear of %s', (_, before, seen, expected) => {
    expect(lessonOf(before, seen)).toBe(expected);
  });

  it('is nothing of one that is new', () => {
    expect(lessonOf(undefined, anInstance('intended'))).toBeNull();
  });
});

describe('a machine', () => {
  it.each(['slow-start', 'pull-failed', 'runtime-failed'] as const)(
    'is banned for one %s, with what was seen',
    (kind) => {
      expect(taught([lesson(kind)]).ban).toEqual({
        at: T0,
        until: T0 + 7 * DAY,
        reason: kind,
        evidence: `i-1 of class echo: it was seen at ${T0}`,
        by: 'instances',
      });
    },
  );

  it('is forgiven a start that fails after one that came up, and banned for the next', () => {
    const proven = taught([lesson('came-up')]);
    const once = taught([lesson('slow-start', T0 + HOUR)], proven);
    expect(once).toMatchObject({ ban: null, starts: { length: 2 } });
    expect(taught([lesson('runtime-failed', T0 + 2 * HOUR)], once).ban).toMatchObject({ reason: 'runtime-failed' });
    const again = taught([lesson('came-up', T0 + 2 * HOUR), lesson('pull-failed', T0 + 3 * HOUR)], once);
    expect(again.ban).toBeNull();
  });

  it('has shown that it can start whatever is lost on it, or fails while its class is the one that is suspected', () => {
    const guarded = lesson('slow-start', T0 + 1, { isGuarded: true });
    const m = taught([lesson('came-up'), lesson('lost', T0 + 1), guarded]);
    expect(taught([lesson('pull-failed', T0 + 2)], m).ban).toBeNull();
  });

  it('is banned by as many losses within the window as the policy says, and by none before', () => {
    const losses = [0, 10, 20, 30, 40].map((min) => lesson('lost', T0 + min * MINUTE));
    expect(taught(losses.slice(0, 4))).toMatchObject({ ban: null, losses: { length: 4 } });
    expect(taught(losses).ban).toMatchObject({
      reason: 'losses',
      evidence: `5 losses within 1 h, the last: i-1 of class echo: it was seen at ${T0 + 40 * MINUTE}`,
    });
  });

  it('is forgiven losses that are older than the window', () => {
    const losses = [0, 20, 40, 60, 80, 100].map((min) => lesson('lost', T0 + min * MINUTE));
    expect(taught(losses)).toMatchObject({ ban: null, losses: { length: 3 } });
  });

  it('is not banned for starts that came up, however slow', () => {
    expect(taught([lesson('came-up', T0, { startMs: DAY })]).ban).toBeNull();
  });

  it('is never banned while its class is the one that is suspected, but what happened is kept', () => {
    const guarded = { isGuarded: true };
    const m = taught([
      lesson('slow-start', T0, guarded),
      ...Array.from({ length: 7 }, () => lesson('lost', T0, guarded)),
    ]);
    expect(m).toMatchObject({ ban: null, starts: [{ at: T0, ms: MINUTE }], losses: { length: 5 } });
    // The next loss that is not the class's counts together with those.
    expect(taught([lesson('lost')], m).ban).toMatchObject({ reason: 'losses' });
  });

  it('keeps the ban that it has, but an ended one or one that was only read gives way', () => {
    const first = taught([lesson('pull-failed')]);
    expect(taught([lesson('slow-start', T0 + DAY)], first).ban).toBe(first.ban);
    expect(taught([lesson('slow-start', T0 + 7 * DAY)], first).ban).toMatchObject({ reason: 'slow-start' });
    const legacy = { at: T0, until: T0 + DAY, reason: 'legacy', evidence: '', by: 'blacklist' } as const;
    expect(taught([lesson('slow-start')], { ...fresh, ban: legacy }).ban).toMatchObject({ reason: 'slow-start' });
  });

  it('remembers its last twenty timed starts of thirty days, failed ones with the time until they were given up', () => {
    const many = taught(Array.from({ length: 30 }, (_, n) => lesson('came-up', T0 + n, { startMs: n })));
    expect(many.starts.map((s) => s.ms)).toEqual(Array.from({ length: 20 }, (_, n) => n + 10));
    const later = taught([lesson('slow-start', T0 + 30 * DAY + 15, { startMs: 20 * MINUTE })], many);
    expect(later.starts.map((s) => s.ms)).toEqual([...Array.from({ length: 14 }, (_, n) => n + 16), 20 * MINUTE]);
    expect(taught([lesson('pull-failed'), lesson('lost')]).starts).toEqual([]);
  });

  it('is forgotten when there is nothing left to say of it', () => {
    expect(isForgettable(taught([lesson('came-up')]), BANS, T0 + 30 * DAY - 1)).toBe(false);
    expect(isForgettable(taught([lesson('came-up')]), BANS, T0 + 30 * DAY)).toBe(true);
    expect(isForgettable(taught([lesson('lost')]), BANS, T0 + HOUR - 1)).toBe(false);
    expect(isForgettable(taught([lesson('lost')]), BANS, T0 + HOUR)).toBe(true);
    expect(isForgettable(taught([lesson('pull-failed')]), BANS, T0 + 7 * DAY - 1)).toBe(false);
    expect(isForgettable(taught([lesson('pull-failed')]), BANS, T0 + 7 * DAY)).toBe(true);
  });
});

describe('a host', () => {
  const ban = (...machines: readonly (readonly [string, number])[]) =>
    machines.reduce((h, [machine, at]) => learnOfBan(h, machine, at, BANS), newHost('market', 'h1'));

  it('is banned with the third of its machines within a week', () => {
    expect(ban(['m1', T0], ['m2', T0 + DAY]).ban).toBeNull();
    expect(ban(['m1', T0], ['m2', T0 + DAY], ['m3', T0 + 2 * DAY]).ban).toMatchObject({
      reason: 'banned-machines',
      evidence: '3 of its machines banned within 7 d: m1, m2, m3',
      until: T0 + 9 * DAY,
    });
  });

  it('is not for one machine three times, nor for three over more than a week', () => {
    expect(ban(['m1', T0], ['m1', T0 + DAY], ['m1', T0 + 2 * DAY]).ban).toBeNull();
    expect(ban(['m1', T0], ['m2', T0 + 4 * DAY], ['m3', T0 + 7 * DAY])).toMatchObject({
      ban: null,
      banned: { length: 2 },
    });
  });

  it('is forgotten when none of its machines was banned lately and nothing is to be settled elsewhere', () => {
    const h = ban(['m1', T0]);
    expect(isForgettableHost(h, BANS, T0 + 7 * DAY - 1)).toBe(false);
    expect(isForgettableHost(h, BANS, T0 + 7 * DAY)).toBe(true);
    expect(isForgettableHost({ ...h, written: true }, BANS, T0 + 7 * DAY)).toBe(false);
    expect(isForgettableHost({ ...h, pardoned: true }, BANS, T0 + 7 * DAY)).toBe(false);
  });
});

describe('a ban', () => {
  const of = (reason: 'admin' | 'losses' | 'slow-start') =>
    ({ at: T0, until: T0 + 10, reason, evidence: '', by: 'root' }) as const;

  it('counts until its end and not at it', () => {
    expect(isBanned(of('admin'), T0 + 9)).toBe(true);
    expect(isBanned(of('admin'), T0 + 10)).toBe(false);
    expect(isBanned(null, T0)).toBe(false);
  });

  it('speaks against a member that is ready only where it is not about starting', () => {
    expect((['admin', 'losses', 'slow-start'] as const).map((r) => isUnwelcome(of(r), T0))).toEqual([
      true,
      true,
      false,
    ]);
    expect(isUnwelcome(of('admin'), T0 + 10)).toBe(false);
  });
});

describe('start times', () => {
  it('give percentiles by nearest rank', () => {
    const starts = [5, 1, 4, 2, 3].map((ms) => ({ at: T0, ms }));
    expect([0.01, 0.2, 0.5, 0.9, 1].map((share) => percentile(starts, share))).toEqual([1, 1, 3, 5, 5]);
    expect(percentile([], 0.5)).toBeNull();
  });
});
