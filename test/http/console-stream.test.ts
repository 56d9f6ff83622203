import { Agent } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EventView } from '../../src/engine/use-cases.ts';
import { eventually } from '../support/eventually.ts';
import { ASKED, aSession, sessionId } from '../support/fixtures.ts';
import { anEvent, openStream, startBed } from './console-bed.ts';

describe('The stream of the console', () => {
  it('begins with everything, goes on with changes, at most once a second, and with events', async () => {
    const { server, mirror, clock, happens } = await startBed();
    mirror.apply('session', sessionId(1), 1, aSession('active', { id: sessionId(1) }));
    const page = openStream(server.port);
    await eventually('the first state', () => page.of('state')[0]);
    expect(page.of('hello')[0]?.data).toEqual({ mayAct: true, actor: 'local', tokens: false });
    expect(page.of('state')[0]?.data).toMatchObject({ full: true, sessions: [{ id: sessionId(1), phase: 'active' }] });
    for (const n of [2, 3, 4]) mirror.apply('session', sessionId(n), 1, aSession('queued', { id: sessionId(n) }));
    happens(anEvent(3));
    await clock.settle();
    expect(page.of('state')).toHaveLength(1);
    await clock.advance(1_000);
    await eventually('the change', () => page.of('state')[1]);
    expect(page.of('state')[1]?.data).toMatchObject({
      full: false,
      sessions: [2, 3, 4].map((n) => ({ id: sessionId(n) })),
    });
    const lines = await eventually('three events', () => {
      const all = page.of('events').flatMap(({ data }) => data.events as readonly EventView[]);
      return all.length === 3 ? all : null;
    });
    expect(lines).toEqual([anEvent(1), anEvent(2), anEvent(3)]);
  });

  it('reads the log once for fifty pages, and nothing when they have gone', async () => {
    const { server, clock, watches, mirror } = await startBed();
    const pages = Array.from({ length: 50 }, () => openStream(server.port));
    await eventually('all are told', () => pages.every((p) => p.of('hello').length === 1));
    await clock.advance(1_000);
    await eventually('all have the state', () => pages.every((p) => p.of('state').length === 1));
    expect(watches()).toBe(1);
    mirror.apply('session', sessionId(1), 1, aSession('active', { id: sessionId(1) }));
    await clock.advance(1_000);
    await eventually('all have the change', () => pages.every((p) => p.of('state').length === 2));
    for (const page of pages) page.close();
    await eventually('nothing is read', async () => {
      await clock.settle();
      return watches() === 0 && clock.sleepers() === 0;
    });
  });

  it('keeps nothing for a page that does not read, and cuts one that never will', async () => {
    const { server, clock, mirror, answers } = await startBed();
    const stuck = connect(server.port, '127.0.0.1').pause();
    onTestFinished(() => void stuck.destroy());
    let hasClosed = false;
    stuck
      .on('error', () => undefined)
      .on('close', () => {
        hasClosed = true;
      });
    stuck.write(`GET /console/api/stream HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
    const answer = await eventually('its request', () => answers[0]);
    const reader = openStream(server.port);
    await eventually('the first state', () => reader.of('state')[0]);
    const held: number[] = [];
    // Each round changes about 1 MB of rows.
    for (let round = 1; round <= 30; round++) {
      const waitingFor = `${round} ${'x'.repeat(2_000)}`;
      for (let n = 0; n < 500; n++)
        mirror.apply('session', sessionId(n), round, aSession('queued', { id: sessionId(n), waitingFor }));
      await clock.advance(1_000);
      await eventually('the other page has it', () => reader.of('state').length > round);
      held.push(answer.writableLength);
    }
    const frame = 500 * 2_600;
    expect(held.at(-1)).toBeGreaterThan(0);
    expect(Math.max(...held)).toBeLessThan(2 * frame);
    await clock.advance(61_000);
    stuck.resume();
    await eventually('it was cut', () => hasClosed);
    expect(reader.ended()).toBe(false);
  });

  it('catches a page up that reads again', async () => {
    const { server, clock, mirror, answers } = await startBed();
    const asked = { ...ASKED, owner: 'x'.repeat(1_500) };
    for (let n = 0; n < 10_000; n++)
      mirror.apply('session', sessionId(n), 1, aSession('active', { id: sessionId(n), asked }));
    const page = openStream(server.port);
    page.pause();
    const answer = await eventually('its request', () => answers[0]);
    await eventually('more than it takes', () => answer.writableNeedDrain);
    for (let revision = 2; revision <= 4; revision++) {
      mirror.apply('session', sessionId(1), revision, aSession('active', { id: sessionId(1), lastUsedAt: revision }));
      await clock.advance(1_000);
    }
    page.resume();
    await eventually('the first state', () => page.of('state')[0]);
    await eventually('the server may write again', () => !answer.writableNeedDrain);
    await clock.advance(1_000);
    const next = await eventually('the next state', () => page.of('state')[1]);
    expect(next.data).toMatchObject({ full: false, sessions: [{ id: sessionId(1), lastUsedAt: 4 }] });
    expect(page.of('state')).toHaveLength(2);
  });

  it('ends when the token that opened it is revoked', async () => {
    const { server, engine, clock } = await startBed();
    const root = { tenant: 'default', role: 'admin', name: 'local' } as const;
    await engine.admin.createToken(root, 'ops', 'admin', '');
    const { secret, token } = await engine.admin.createToken(root, 'ops', 'admin', '');
    const page = openStream(server.port, { authorization: `Bearer ${secret}`, 'x-forwarded-for': '10.1.2.3' });
    await eventually('the first state', () => page.of('state')[0]);
    await engine.admin.revokeToken(root, token.id);
    await clock.advance(1_000);
    await eventually('the end', () => page.ended());
    expect(page.of('denied')[0]?.data).toMatchObject({ reason: 'TOKEN_INVALID' });
  });

  it('answers HEAD and keeps nothing open for it', async () => {
    const { head, watches } = await startBed();
    expect(await head('/console/api/stream')).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
    });
    expect(watches()).toBe(0);
  });

  it('is refused beyond a number that leaves room for those who ask for health', async () => {
    const { server, get } = await startBed();
    const pages = Array.from({ length: 100 }, () => openStream(server.port));
    await eventually('all are told', () => pages.every((p) => p.of('hello').length === 1));
    expect(await get('/console/api/stream')).toMatchObject({
      status: 503,
      text: expect.stringContaining('100 consoles'),
    });
    expect(await get('/healthz')).toMatchObject({ status: 200 });
    pages[0]?.close();
    const late = await eventually('room', async () => {
      const page = openStream(server.port);
      await eventually('an answer', () => page.ended() || page.of('hello').length > 0);
      return page.of('hello').length > 0 ? page : null;
    });
    expect(late.ended()).toBe(false);
  });

  it('says goodbye when the broker stops, and holds the stop up by nothing', async () => {
    const { server } = await startBed();
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const page = openStream(server.port, {}, agent);
    await eventually('the first state', () => page.of('state')[0]);
    const stopped = server.stop(new AbortController().signal).then(() => true);
    // A connection that is kept would be waited for.
    expect(await Promise.race([stopped, sleep(5_000, false, { ref: false })])).toBe(true);
    await eventually('the end', () => page.ended());
    expect(page.of('bye')).toHaveLength(1);
  });
});
