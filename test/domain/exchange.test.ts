import { describe, expect, it } from 'vitest';
import { planExchange, type TheirBan } from '../../src/domain/exchange.ts';
import { type Ban, type HostRecord, newHost } from '../../src/domain/host-registry.ts';
import { DAY, HOUR } from '../../src/domain/time.ts';
import { BANS, T0 } from '../support/fixtures.ts';

const ban = (over: Partial<Ban> = {}): Ban => ({
  at: T0 - HOUR,
  until: T0 + DAY,
  reason: 'banned-machines',
  evidence: 'x',
  by: 'instances',
  ...over,
});
const ours = (over: Partial<HostRecord>): HostRecord => ({ ...newHost('vastai', '7'), ...over });
const theirs: TheirBan = { reason: 'slow_startup', until: T0 + DAY };
const plan = (their: TheirBan | null, our: HostRecord | null, write = true) =>
  planExchange(new Map(their === null ? [] : [['7', their]]), our === null ? [] : [our], {
    provider: 'vastai',
    write,
    policy: BANS,
    now: T0,
  });
const NOTHING = { changes: [], write: [], remove: [] };

describe('the exchange of bans', () => {
  it('takes theirs over, with their end and in their words', () => {
    expect(plan(theirs, null, false)).toMatchObject({
      ...NOTHING,
      changes: [
        {
          before: undefined,
          after: {
            provider: 'vastai',
            host: '7',
            ban: {
              at: T0,
              until: T0 + DAY,
              reason: 'legacy',
              evidence: expect.stringContaining('"slow_startup"'),
              by: 'blacklist',
            },
          },
        },
      ],
    });
  });

  it('takes nothing twice, but follows an end that has moved', () => {
    const told = ours({ ban: ban({ reason: 'legacy' }) });
    expect(plan(theirs, told)).toEqual(NOTHING);
    expect(plan({ ...theirs, until: T0 + DAY + 20_000 }, told)).toEqual(NOTHING);
    expect(plan({ ...theirs, until: T0 + 2 * DAY }, told).changes).toMatchObject([
      { after: { ban: { at: T0 - HOUR, until: T0 + 2 * DAY } } },
    ]);
  });

  it('gives one without an end the usual term, and renews it as long as it stands', () => {
    const endless = { ...theirs, until: null };
    const first = plan(endless, null).changes[0]?.after;
    expect(first?.ban?.until).toBe(T0 + BANS.termMs);
    expect(plan(endless, first ?? null)).toEqual(NOTHING);
    const half = ours({ ban: ban({ reason: 'legacy', until: T0 + BANS.termMs / 2 }) });
    expect(plan(endless, half).changes).toMatchObject([{ after: { ban: { until: T0 + BANS.termMs } } }]);
  });

  it('lets theirs go when it no longer stands there', () => {
    expect(plan(null, ours({ ban: ban({ reason: 'legacy' }) }))).toMatchObject({
      ...NOTHING,
      changes: [{ after: { ban: null } }],
    });
  });

  it('writes ours once, and again should it be lost there, only where that is wanted', () => {
    const own = ours({ ban: ban() });
    const wanted = plan(null, own);
    expect(wanted).toMatchObject({
      changes: [{ after: { written: true, ban: own.ban } }],
      write: [{ host: '7', reason: 'banned-machines', ttlMs: DAY }],
    });
    const written = wanted.changes[0]?.after ?? own;
    expect(plan(theirs, written)).toEqual(NOTHING);
    expect(plan(null, written)).toMatchObject({ changes: [], write: [{ host: '7' }] });
    expect(plan(null, own, false)).toEqual(NOTHING);
  });

  it.each([
    ['was lifted', null],
    ['has ended', ban({ until: T0 })],
  ])('takes ours away there when it %s, and does not meet it again as theirs', (_, own) => {
    const written = ours({ ban: own, written: true });
    const after = plan(theirs, written);
    expect(after).toMatchObject({ remove: ['7'], write: [] });
    expect(after.changes[0]?.after).not.toHaveProperty('written');
    expect(plan(null, written)).toMatchObject({ remove: [], changes: [{ after: { host: '7' } }] });
  });

  it('leaves a host alone that both have banned', () => {
    expect(plan(theirs, ours({ ban: ban() }))).toEqual(NOTHING);
  });

  it('takes theirs over when ours is over and theirs is not', () => {
    expect(plan(theirs, ours({ ban: ban({ until: T0 }) })).changes).toMatchObject([
      { after: { ban: { reason: 'legacy', at: T0 } } },
    ]);
  });

  it("holds an admin's pardon for as long as theirs stands there, and ends theirs where it may write", () => {
    const pardoned = ours({ pardoned: true });
    expect(plan(theirs, pardoned, false)).toEqual(NOTHING);
    expect(plan(theirs, pardoned, true)).toEqual({ ...NOTHING, remove: ['7'] });
    const over = plan(null, pardoned).changes[0]?.after;
    expect(over).not.toHaveProperty('pardoned');
    expect(plan(theirs, over ?? null).changes).toHaveLength(1);
  });

  it('has nothing to do with hosts of other providers', () => {
    const other = { ...ours({ ban: ban() }), provider: 'other' };
    expect(plan(null, other)).toEqual(NOTHING);
  });
});
