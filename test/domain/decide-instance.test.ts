import { describe, expect, it } from 'vitest';
import { decideInstance, type InstanceSeen, type ProbeSeen, rented } from '../../src/domain/decide-instance.ts';
import { destroyInstance, giveUpInstance } from '../../src/domain/give-up.ts';
import { INSTANCE_NEXT, type Instance, isUnclaimed, mayBill } from '../../src/domain/instance.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { ADDRESSES, allInstances, anInstance, REF, sessionId, T0 } from '../support/fixtures.ts';

const policy = { createMs: 10 * SECOND, blindMs: 0, destroyAt: 0, mayMove: true };
const unknown: InstanceSeen = { status: 'unknown' };
const missing: InstanceSeen = { status: 'missing' };
const starting: InstanceSeen = { status: 'starting', ref: REF, detail: '' };
const running: InstanceSeen = { status: 'running', ref: REF, addresses: ADDRESSES };
const exited: InstanceSeen = { status: 'exited', ref: REF, detail: 'exit code 1' };
const answered: ProbeSeen = { answered: true, failures: 0, detail: '' };
const silent = (failures: number): ProbeSeen => ({ answered: false, failures, detail: 'connection refused' });
const decide = (i: Instance, seen: InstanceSeen, probe: ProbeSeen = null, now = T0, over = {}) =>
  decideInstance(i, seen, probe, { ...policy, ...over }, now);

describe('an intended instance', () => {
  it('is written down as requested before it is asked for', () => {
    const d = decide(anInstance('intended'), unknown);
    expect(d).toMatchObject({ instance: { phase: 'requested', settleAt: T0 + 10 * SECOND }, ask: 'create' });
  });
});

describe('a requested instance', () => {
  const requested = anInstance('requested');
  const settled = requested.settleAt;

  it.each([starting, running, exited])('is rented as soon as it is seen $status', (seen) => {
    expect(decide(requested, seen).instance).toMatchObject({ phase: 'booting', ref: REF, bootBy: T0 + 2 * MINUTE });
  });

  it('takes the address that is known with the sighting', () => {
    expect(decide(requested, running).instance).toMatchObject({ addresses: ADDRESSES });
    expect(decide(requested, starting).instance).toMatchObject({ addresses: null });
  });

  it.each([
    ['unknown before', unknown, settled - 1, settled],
    ['unknown after', unknown, settled + MINUTE, null],
    ['missing before', missing, settled - 1, settled],
  ] as const)('is not settled by what is %s its settle time', (_, seen, now, lookAt) => {
    expect(decide(requested, seen, null, now)).toEqual({ lookAt });
  });

  it('is gone when it is proven absent after its settle time', () => {
    const d = decide(requested, missing, null, settled);
    expect(d.instance).toMatchObject({ phase: 'gone', why: 'create-failed', rentedAt: null });
    expect(d.ask).toBeUndefined();
  });
});

describe('a booting instance', () => {
  const booting = anInstance('booting', { addresses: ADDRESSES });
  const blind = anInstance('booting');

  it('is on the machine that its provider tells of, where that was not known: before it can fail there', () => {
    const nowhere = anInstance('booting', { ref: { ...REF, machine: '', host: '' } });
    const failed = { status: 'exited', ref: REF, detail: 'OCI', cause: 'runtime' } as const;
    expect(decide(nowhere, failed).instance).toMatchObject({ phase: 'booting', ref: REF });
    expect(decide(booting, failed).instance).toMatchObject({ phase: 'destroying', cause: 'runtime' });
    const other = { ...failed, ref: { ...REF, id: 'another' } };
    expect(decide(nowhere, other).instance?.phase).toBe('destroying');
  });

  it('is ready when it answers, with the time that its start took', () => {
    const d = decide(booting, running, answered, T0 + 1_500);
    expect(d.instance).toMatchObject({ phase: 'ready', startMs: 1_500, addresses: ADDRESSES });
    expect(d.instance).not.toHaveProperty('bootBy');
  });

  it('takes an address when one is seen, and only the first', () => {
    expect(decide(blind, running).instance).toMatchObject({ phase: 'booting', addresses: ADDRESSES });
    expect(decide(booting, running).instance).toBeUndefined();
  });

  it.each([
    ['ended', exited, 'it ended while starting: exit code 1'],
    ['vanished', missing, 'it vanished while starting'],
  ] as const)('is destroyed as lost when it has %s', (_, seen, detail) => {
    expect(decide(booting, seen)).toMatchObject({
      instance: { phase: 'destroying', why: 'lost', detail },
      ask: 'destroy',
    });
  });

  it('is destroyed at its boot deadline with what its last probe said', () => {
    expect(decide(booting, running, silent(9), booting.bootBy - 1).instance).toBeUndefined();
    expect(decide(booting, running, silent(9), booting.bootBy).instance).toMatchObject({
      phase: 'destroying',
      why: 'boot-timeout',
      detail: 'it was not ready within 120 s; its last probe: connection refused',
    });
  });

  it('is ready rather than late when it answers at the very deadline', () => {
    expect(decide(booting, running, answered, booting.bootBy).instance?.phase).toBe('ready');
  });

  it('is given the time in which its provider could not be seen', () => {
    const at = booting.bootBy + MINUTE;
    expect(decide(booting, running, silent(9), at - 1, { blindMs: MINUTE })).toEqual({ lookAt: at });
    expect(decide(booting, running, silent(9), at, { blindMs: MINUTE }).instance?.phase).toBe('destroying');
    expect(decide(booting, running, silent(9), at, { blindMs: null })).toEqual({ lookAt: null });
  });

  it('does not miss its deadline by a look that proved nothing', () => {
    expect(decide(booting, unknown, silent(9), booting.bootBy + MINUTE)).toEqual({ lookAt: null });
  });
});

describe.each(['ready', 'bound'] as const)('a %s instance', (phase) => {
  const i = anInstance(phase);

  it.each([
    ['ended', exited, null, 'it ended: exit code 1'],
    ['vanished', missing, null, 'it vanished'],
    ['stopped answering', running, silent(3), 'it stopped answering: connection refused'],
  ] as const)('is lost when it has %s', (_, seen, probe, detail) => {
    expect(decide(i, seen, probe)).toMatchObject({ instance: { phase: 'destroying', why: 'lost', detail } });
  });

  it.each([
    ['an unreadable look', unknown, null],
    ['two probes without an answer', running, silent(2)],
    ['an answer', running, answered],
  ] as const)('stays as it is after %s', (_, seen, probe) => {
    expect(decide(i, seen, probe)).toEqual({ lookAt: null });
  });
});

describe('how far a start is', () => {
  const booting = anInstance('booting');
  const said = (detail: string): InstanceSeen => ({ status: 'starting', ref: REF, detail });

  it('is written down when its provider says something else, and only then', () => {
    expect(decide(booting, said('pulling')).instance).toMatchObject({ progress: 'pulling' });
    expect(decide(anInstance('booting', { progress: 'pulling' }), said('pulling')).instance).toBeUndefined();
    expect(decide(booting, said('')).instance).toBeUndefined();
    expect(decide(booting, said('x'.repeat(1_000))).instance).toMatchObject({ progress: 'x'.repeat(300) });
  });

  it('is that it runs, from when it was first seen to, also before its ports are known', () => {
    const waits = decide(anInstance('booting', { progress: 'pulling' }), { ...running, addresses: [] }, null, T0 + 5);
    expect(waits.instance).toMatchObject({ runningAt: T0 + 5, addresses: null });
    expect(waits.instance).not.toHaveProperty('progress');
    const i = anInstance('booting', { runningAt: T0 + 5 });
    expect(decide(i, { ...running, addresses: [] }, null, T0 + 9).instance).toBeUndefined();
    expect(decide(i, running, null, T0 + 9).instance).toMatchObject({ runningAt: T0 + 5, addresses: ADDRESSES });
  });

  it('is its last probe where it runs for some time and does not answer', () => {
    const i = anInstance('booting', { runningAt: T0, addresses: ADDRESSES });
    expect(decide(i, running, silent(1), T0 + 500).instance).toBeUndefined();
    expect(decide(i, running, silent(1), T0 + 5 * SECOND).instance).toMatchObject({ progress: 'connection refused' });
  });

  it('is told when it comes to nothing', () => {
    const late = anInstance('booting', { progress: 'pulling layer 3 of 9' });
    expect(decide(late, said('pulling layer 3 of 9'), null, late.bootBy).instance).toMatchObject({
      cause: 'slow',
      detail: 'it was not ready within 120 s; the last that was heard of it: pulling layer 3 of 9',
    });
  });
});

describe('why an instance was given up', () => {
  const booting = anInstance('booting', { addresses: ADDRESSES });
  const pull: InstanceSeen = { ...exited, cause: 'pull' };
  it.each([
    ['exited', booting, exited, null, T0],
    ['pull', booting, pull, null, T0],
    ['vanished', booting, missing, null, T0],
    ['slow', booting, running, silent(1), booting.bootBy],
    ['exited', anInstance('ready'), exited, null, T0],
    ['vanished', anInstance('bound'), missing, null, T0],
    ['unanswering', anInstance('ready'), running, silent(3), T0],
  ] as const)('is kept as %s until it is gone', (cause, i, seen, probe, now) => {
    const { instance } = decide(i, seen, probe, now);
    expect(instance).toMatchObject({ phase: 'destroying', cause });
    if (instance?.phase === 'destroying')
      expect(decide(instance, missing, null, now + 1).instance).toMatchObject({ phase: 'gone', cause });
  });
});

describe.each(['ready', 'bound'] as const)('a %s instance that its provider starts again', (phase) => {
  const i = anInstance(phase);
  const again = anInstance(phase, { interruptedAt: T0 });
  const moved: InstanceSeen = { ...running, addresses: ADDRESSES.map((a) => ({ ...a, host: '127.0.0.2' })) };

  it('is given the time of a start, and is lost as restarted then', () => {
    expect(decide(i, starting).instance).toMatchObject({ phase, interruptedAt: T0 });
    expect(decide(again, starting, null, T0 + 2 * MINUTE - 1)).toEqual({ lookAt: T0 + 2 * MINUTE });
    expect(decide(again, starting, null, T0 + 2 * MINUTE).instance).toMatchObject({
      phase: 'destroying',
      why: 'lost',
      cause: 'restarted',
    });
  });

  it('is not lost by a look that proved nothing', () => {
    expect(decide(again, unknown, null, T0 + 5 * MINUTE).instance).toBeUndefined();
    expect(decide(again, starting, null, T0 + 5 * MINUTE, { blindMs: null }).instance).toBeUndefined();
  });

  it('is well again when it answers', () => {
    expect(decide(again, running, answered).instance).not.toHaveProperty('interruptedAt');
    expect(decide(again, running, answered).instance).toMatchObject({ phase });
  });

  it('is found elsewhere where that harms nobody', () => {
    expect(decide(i, moved).instance).toMatchObject({ phase, addresses: moved.addresses });
    const fixed = decide(i, moved, null, T0, { mayMove: false }).instance;
    expect(fixed).toMatchObject(phase === 'ready' ? { phase } : { phase: 'destroying', cause: 'restarted' });
  });

  it('stays where it is while not all of its ports are told', () => {
    expect(decide(i, { ...running, addresses: [] })).toEqual({ lookAt: null });
  });
});

describe('a ready instance that runs again and does not answer yet', () => {
  it('is still waited for, and one in use that nobody probes is well', () => {
    const ready = anInstance('ready', { interruptedAt: T0 });
    expect(decide(ready, running, silent(9)).instance).toBeUndefined();
    expect(decide(anInstance('bound', { interruptedAt: T0 }), running).instance).not.toHaveProperty('interruptedAt');
  });
});

describe('an instance that is being destroyed', () => {
  const known = anInstance('destroying');
  const doubtful = anInstance('destroying', { ref: null, rentedAt: null, settleAt: T0 + 10 * SECOND });

  it('is asked to end again whenever the pause is over, forever', () => {
    expect(decide(known, running, null, T0, { destroyAt: T0 + 5 })).toEqual({ lookAt: T0 + 5 });
    for (const seen of [running, starting, exited, unknown])
      expect(decide(known, seen, null, T0 + 10_000 * MINUTE)).toMatchObject({ ask: 'destroy' });
  });

  it('is gone only after proof', () => {
    expect(decide(known, missing).instance).toMatchObject({ phase: 'gone', why: 'released', rentedAt: T0 });
  });

  it('is destroyed by its tag when the create turns out to have worked', () => {
    const d = decide(doubtful, running);
    expect(d).toMatchObject({ instance: { phase: 'destroying', ref: REF, settleAt: T0 }, ask: 'destroy' });
  });

  it('is not gone before the create must have ended', () => {
    expect(decide(doubtful, missing)).toEqual({ lookAt: T0 + 10 * SECOND });
    expect(decide(doubtful, unknown, null, T0 + MINUTE)).toEqual({ lookAt: null });
    expect(decide(doubtful, missing, null, T0 + 10 * SECOND).instance?.phase).toBe('gone');
  });

  it('is over once it is gone', () => {
    expect(decide(anInstance('gone'), running)).toEqual({ lookAt: null });
  });
});

describe('destroying', () => {
  it.each(allInstances())('is legal from $phase and keeps what it needs', (i) => {
    const after = destroyInstance(i, 'surplus', 'why', T0 + 1);
    if (i.phase === 'destroying' || i.phase === 'gone') return expect(after).toBeUndefined();
    expect(INSTANCE_NEXT[i.phase]).toContain(after?.phase);
    expect(after?.phase).toBe(i.phase === 'intended' ? 'gone' : 'destroying');
    expect(after).toMatchObject({ id: i.id, why: 'surplus', detail: 'why', since: T0 + 1 });
    if (after?.phase === 'destroying') expect(after.ref).toEqual('ref' in i ? i.ref : null);
    if (i.phase === 'requested') expect(after).toMatchObject({ settleAt: i.settleAt });
  });
});

describe('giving up the instance of a session that ends', () => {
  const mine = sessionId();
  const other = sessionId(2);

  it.each(['intended', 'requested', 'booting', 'ready'] as const)('returns one that is %s to the reserve', (phase) => {
    expect(giveUpInstance(anInstance(phase), mine, 'released', T0)).toEqual(anInstance(phase, { for: null }));
  });

  it.each(['requested', 'booting', 'ready'] as const)('destroys one of its own that is %s', (phase) => {
    const personal = anInstance(phase, { personal: true });
    expect(giveUpInstance(personal, mine, 'released', T0)?.phase).toBe('destroying');
  });

  it('destroys the one that it used, wherever that came from', () => {
    expect(giveUpInstance(anInstance('bound'), mine, 'released', T0)?.phase).toBe('destroying');
    expect(giveUpInstance(anInstance('bound', { for: null }), mine, 'released', T0)?.phase).toBe('destroying');
  });

  it.each([
    ['of another session', anInstance('ready', { for: other })],
    ['of the reserve', anInstance('ready', { for: null })],
    ['bound to another session', anInstance('bound', { for: null, session: other })],
    ['bound to another session though made for this one', anInstance('bound', { for: mine, session: other })],
    ['being destroyed', anInstance('destroying')],
    ['gone', anInstance('gone')],
  ])('leaves one alone that is %s', (_, i) => {
    expect(giveUpInstance(i, mine, 'released', T0)).toBeUndefined();
  });
});

describe('what an instance counts as', () => {
  it.each(allInstances())('may bill in $phase unless nothing was asked for or all is over', (i) => {
    expect(mayBill(i)).toBe(i.phase !== 'intended' && i.phase !== 'gone');
  });

  it.each(allInstances())('is a reserve member in $phase only without a session', (i) => {
    const open = ['intended', 'requested', 'booting', 'ready'].includes(i.phase);
    expect(isUnclaimed(i)).toBe(false);
    expect(isUnclaimed({ ...i, for: null })).toBe(open);
  });

  it('counts its boot time from when it was rented', () => {
    expect(rented(anInstance('requested'), REF, null, T0 + 7)).toMatchObject({
      rentedAt: T0 + 7,
      bootBy: T0 + 7 + 2 * MINUTE,
    });
  });
});
