import { describe, expect, it } from 'vitest';
import { costSoFar } from '../../src/domain/cost.ts';
import { decideProxy } from '../../src/domain/decide-proxy.ts';
import { decideSession, type SessionSeen } from '../../src/domain/decide-session.ts';
import { replaceBy } from '../../src/domain/replace.ts';
import type { SessionIn } from '../../src/domain/session.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { ADDRESSES, anInstance, aProxy, aSession, instanceId, sessionId, T0 } from '../support/fixtures.ts';

const onLoss = { attempts: 2, withinMs: 5 * MINUTE };
const decide = (s: SessionIn<'active'>, seen: SessionSeen, now: number, policy: typeof onLoss | null = onLoss) =>
  decideSession(
    s,
    seen,
    { keepEndedMs: HOUR, heldUntil: 0, usedKnownUntil: Number.POSITIVE_INFINITY, onLoss: policy },
    now,
  );
const proxy = aProxy('serving', { session: sessionId() });
const lost = anInstance('destroying', { why: 'lost', detail: 'it ended: exit code 1' });
const elsewhere = ADDRESSES.map((a) => ({ ...a, port: a.port + 1 }));

/** An active session whose instance was lost a second after T0. */
function bereft(): SessionIn<'active'> {
  const { session } = decide(aSession('active'), { instance: lost, proxy }, T0 + SECOND);
  if (session?.phase !== 'active') throw new Error(`the session is ${session?.phase}`);
  return session;
}

describe('a session whose instance is lost in use', () => {
  it('ends where its class says so', () => {
    const { session } = decide(aSession('active'), { instance: lost, proxy }, T0 + SECOND, null);
    expect(session).toMatchObject({ phase: 'releasing', why: 'instance-lost', detail: 'it ended: exit code 1' });
  });

  it('stays active and waits for another where its class says so', () => {
    expect(bereft()).toMatchObject({
      phase: 'active',
      endpoint: aSession('active').endpoint,
      replacing: { since: T0 + SECOND, detail: 'it ended: exit code 1', attempts: 0 },
    });
  });

  it('pays for nothing while it has none, and for both afterwards', () => {
    const s = bereft();
    // 3.6 dollars an hour is a tenth of a cent a second.
    expect(costSoFar(s, T0 + MINUTE)).toBe(1_000);
    const next = replaceBy(s, anInstance('intended', { id: instanceId(2) }), proxy, T0 + MINUTE);
    expect(costSoFar(next.session, T0 + MINUTE + 2 * SECOND)).toBe(3_000);
  });

  it('has the next one as its own once that is ready and the proxy leads there', () => {
    const ready = anInstance('ready', { id: instanceId(2), addresses: elsewhere });
    const next = replaceBy(bereft(), ready, proxy, T0 + 2 * SECOND);
    expect(next.proxy).toMatchObject({ instance: ready.id, session: sessionId() });
    const before = { instance: next.instance, proxy: next.proxy };
    expect(decide(next.session, before, T0 + 3 * SECOND).session).toBeUndefined();
    const led = { instance: next.instance, proxy: { ...next.proxy, upstream: elsewhere } };
    const done = decide(next.session, led, T0 + 4 * SECOND);
    expect(done.instance).toMatchObject({ phase: 'bound', session: sessionId() });
    expect(done.session).toMatchObject({ phase: 'active', replacements: 1, instance: { id: ready.id } });
    expect(done.session).not.toHaveProperty('replacing');
  });

  it('tries as many as the class allows, then ends with what the last one met', () => {
    let s = bereft();
    for (let n = 2; n <= 3; n++) {
      const next = replaceBy(s, anInstance('intended', { id: instanceId(n) }), proxy, T0 + n * SECOND);
      const failed = anInstance('gone', { id: instanceId(n), why: 'create-failed', detail: `no ${n}` });
      const { session } = decide(next.session, { instance: failed, proxy: next.proxy }, T0 + n * SECOND);
      if (session?.phase !== 'active') throw new Error(`the session is ${session?.phase}`);
      s = session;
    }
    const { session } = decide(s, { instance: undefined, proxy }, T0 + 4 * SECOND);
    expect(session).toMatchObject({
      phase: 'releasing',
      why: 'instance-lost',
      detail: 'no 3 (the last of 2 replacements)',
    });
  });

  it('waits no longer than the class allows, also with one on its way', () => {
    const late = T0 + SECOND + onLoss.withinMs;
    expect(decide(bereft(), { instance: lost, proxy }, late - 1).session).toBeUndefined();
    expect(decide(bereft(), { instance: lost, proxy }, late - 1).lookAt).toBe(late);
    expect(decide(bereft(), { instance: lost, proxy }, late).session).toMatchObject({ why: 'instance-lost' });
    const next = replaceBy(bereft(), anInstance('booting', { id: instanceId(2) }) as never, proxy, T0 + MINUTE);
    const { session } = decide(next.session, { instance: next.instance, proxy: next.proxy }, late);
    expect(session).toMatchObject({ phase: 'releasing', why: 'instance-lost' });
  });

  it('that ends meanwhile takes the next instance with it: its proxy goes, too', () => {
    const next = replaceBy(bereft(), anInstance('ready', { id: instanceId(2) }), proxy, T0 + 2 * SECOND);
    const expired = decide({ ...next.session, expireAt: T0 + 3 * SECOND }, next, T0 + 3 * SECOND).session;
    if (expired?.phase !== 'releasing') throw new Error('it did not end');
    const policy = { keepEndedMs: HOUR, heldUntil: 0, usedKnownUntil: 0, onLoss };
    const end = decideSession(expired, next, policy, T0 + 4 * SECOND);
    expect(end).toMatchObject({
      session: { phase: 'released' },
      instance: { id: instanceId(2), phase: 'destroying' },
      proxy: { phase: 'deleting' },
    });
  });
});

describe('a proxy in use', () => {
  const instance = anInstance('booting', { id: instanceId(2), addresses: elsewhere });
  const behind = { ...proxy, instance: instance.id };

  it('follows another instance and keeps its endpoint', () => {
    const asked = decideProxy(behind, instance, { status: 'unknown' }, T0);
    expect(asked).toEqual({ ask: 'ensure', upstream: elsewhere });
    const done = decideProxy(behind, instance, { status: 'serving', endpoint: { ports: [], stable: true } }, T0);
    expect(done.proxy).toMatchObject({ phase: 'serving', upstream: elsewhere, endpoint: proxy.endpoint });
  });

  it('stays where it is while the instance behind is lost or has no address yet', () => {
    expect(decideProxy(behind, undefined, { status: 'unknown' }, T0)).toEqual({});
    expect(decideProxy(behind, lost, { status: 'unknown' }, T0)).toEqual({});
    expect(decideProxy(behind, { ...instance, addresses: null }, { status: 'unknown' }, T0)).toEqual({});
  });
});
