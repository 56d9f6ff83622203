import { describe, expect, it } from 'vitest';
import { NOW } from '../grpc/fake-records.ts';
import { eventually } from '../support/eventually.ts';
import { anInstance, aSession, instanceId, sessionId } from '../support/fixtures.ts';
import { openStream, startBed } from './console-bed.ts';

const ADMIN = { tenant: 'default', role: 'admin', name: 'x' } as const;
const WEEK_MS = 7 * 86_400_000;

describe('Machines and money, asked of the console,', () => {
  it('come banned first, with what tenants spend', async () => {
    const { get } = await startBed();
    const answer = await get('/console/api/market');
    expect(answer.status).toBe(200);
    const { hosts, costs, leftOut } = answer.json() as {
      hosts: { machine: string; ban: unknown }[];
      costs: unknown;
      leftOut: number;
    };
    expect(hosts.map((h) => [h.machine, h.ban !== null])).toEqual([
      ['4800', true],
      ['', true],
      ['4711', false],
      ['1', false],
    ]);
    expect(leftOut).toBe(0);
    expect(costs).toMatchObject({ tenants: [{ tenant: 'default', sessions: 2 }], reserveMicrosPerHour: 360_000 });
  });

  it('are for whoever may see the console, and for nobody else', async () => {
    const { get, post, engine } = await startBed();
    expect(await get('/console/api/market', { 'x-forwarded-for': '1.2.3.4' })).toMatchObject({ status: 403 });
    expect(await post('/console/api/market', {})).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    const client = await engine.admin.createToken(ADMIN, 'a', 'client', '');
    expect(await get('/console/api/market', { authorization: `Bearer ${client.secret}` })).toMatchObject({
      status: 403,
    });
  });

  it('tell with the stream how far a start is, why an instance failed, and whether anything is rented', async () => {
    const { mirror, server, engine, clock } = await startBed();
    const starting = aSession('starting', { id: sessionId(1) });
    mirror.apply('session', starting.id, 1, starting);
    const booting = anInstance('booting', { id: starting.instance.id, for: starting.id, progress: 'pulling' });
    mirror.apply('instance', booting.id, 1, booting);
    const lost = {
      id: instanceId(7),
      why: 'lost',
      cause: 'offline',
      storageMicrosPerHour: 10,
      runningAt: NOW,
    } as const;
    mirror.apply('instance', lost.id, 1, anInstance('destroying', lost));
    const stream = openStream(server.port);
    const first = await eventually('the first state', () => stream.of('state')[0]);
    expect(first?.data).toMatchObject({
      head: { status: { renting: { on: true }, providers: [{}, { untrackedMicrosPerHour: 350_000 }] } },
      sessions: [{ id: starting.id, progress: expect.stringContaining('pulling') }],
      instances: [
        { id: booting.id, progress: 'pulling' },
        { id: lost.id, why: 'lost', cause: 'offline', storageMicrosPerHour: 10, runningFrom: NOW },
      ],
    });
    mirror.apply('instance', booting.id, 2, { ...booting, progress: 'unpacking' });
    await engine.admin.setRenting(ADMIN, false, 'the bill');
    await clock.advance(1_000);
    const second = await eventually('the second state', () => stream.of('state')[1]);
    expect(second?.data).toMatchObject({
      head: { status: { renting: { on: false, why: 'the bill' } } },
      sessions: [{ id: starting.id, progress: expect.stringContaining('unpacking') }],
      instances: [{ progress: 'unpacking' }],
    });
  });
});

describe('Actions on the market', () => {
  it('stop and allow renting, in the name of who does it', async () => {
    const { post, engine } = await startBed();
    const off = await post('/console/api/renting', { on: false, why: 'the bill' });
    expect([off.status, off.json()]).toEqual([
      200,
      expect.objectContaining({ on: false, by: 'local', why: 'the bill' }),
    ]);
    expect((await engine.admin.status(ADMIN)).renting.on).toBe(false);
    expect((await post('/console/api/renting', { on: true })).json()).toMatchObject({ on: true, why: '' });
  });

  it('ban and unban a machine or a host', async () => {
    const { post } = await startBed();
    const machine = { provider: 'vastai', machine: '9' };
    const banned = await post('/console/api/ban', { ...machine, termMs: 3_600_000, reason: 'slow' });
    expect(banned.json()).toMatchObject({
      machine: '9',
      ban: { reason: 'admin', until: NOW + 3_600_000, by: 'local' },
    });
    expect((await post('/console/api/unban', machine)).json()).toMatchObject({ machine: '9', ban: null });
    const host = await post('/console/api/ban', { provider: 'vastai', host: 'h-1', termMs: null, reason: 'slow' });
    expect(host.json()).toMatchObject({ machine: '', host: 'h-1', ban: { until: NOW + WEEK_MS } });
    expect(await post('/console/api/unban', { provider: 'nowhere', host: 'h-1' })).toMatchObject({ status: 400 });
  });

  it.each([
    ['renting', 'no word of on or off', { why: 'x' }],
    ['renting', 'a reason that would steer a terminal', { on: false, why: '\u001b[2J' }],
    ['renting', 'a reason of a thousand characters', { on: false, why: 'x'.repeat(1_000) }],
    ['ban', 'no reason', { provider: 'vastai', machine: '1', termMs: null, reason: '' }],
    ['ban', 'a term of a second', { provider: 'vastai', machine: '1', termMs: 1_000, reason: 'x' }],
    ['ban', 'a term beyond ten years', { provider: 'vastai', machine: '1', termMs: 3_651 * 86_400_000, reason: 'x' }],
    ['ban', 'a machine that is no name', { provider: 'vastai', machine: 'a/b', termMs: null, reason: 'x' }],
    ['ban', 'neither machine nor host', { provider: 'vastai', termMs: null, reason: 'x' }],
    ['ban', 'machine and host', { provider: 'vastai', machine: '1', host: '2', termMs: null, reason: 'x' }],
    ['unban', 'neither machine nor host', { provider: 'vastai' }],
    ['unban', 'no provider', { machine: '1' }],
  ])('refuse %s with %s, and change nothing', async (action, _, body) => {
    const { post, engine } = await startBed();
    const before = (
      await engine.admin.hosts(ADMIN, { pageSize: 100, pageToken: '', provider: null, bannedOnly: false })
    ).hosts;
    const answer = await post(`/console/api/${action}`, body);
    expect([answer.status, Object.keys(answer.json() as object)]).toEqual([400, ['error', 'reason']]);
    const after = await engine.admin.hosts(ADMIN, { pageSize: 100, pageToken: '', provider: null, bannedOnly: false });
    expect(after.hosts).toEqual(before);
    expect((await engine.admin.status(ADMIN)).renting.on).toBe(true);
  });

  it('take an admin token once there are tokens, and only from the page itself', async () => {
    const { post, engine } = await startBed();
    const evil = { origin: 'http://evil.example' };
    for (const [action, body] of [
      ['renting', { on: false }],
      ['ban', { provider: 'vastai', machine: '4711', termMs: null, reason: 'x' }],
      ['unban', { provider: 'vastai', machine: '4800' }],
    ] as const)
      expect(await post(`/console/api/${action}`, body, evil)).toMatchObject({ status: 403 });
    const { secret, token } = await engine.admin.createToken(ADMIN, 'ops', 'admin', '');
    expect(await post('/console/api/renting', { on: false })).toMatchObject({ status: 401 });
    const done = await post('/console/api/renting', { on: false }, { authorization: `Bearer ${secret}` });
    expect(done.json()).toMatchObject({ on: false, by: token.id });
  });
});
