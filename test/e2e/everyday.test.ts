import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Session } from '../../clients/typescript/src/client.ts';
import { eventually } from '../support/eventually.ts';
import { type Served, serve, startHome } from './served.ts';

const CLASSES = `
defaults:
  command: ["{{node}}", "{{berth}}/echo/server.cjs"]
  proxy: nginx-local
  ports: [{ name: http }]
  readiness: { http: { path: /healthz }, interval: 50ms }
classes:
  idle: { idle_timeout: 2s, warn_before: 1s }
  guarded: { access: token, ports: [{ name: http }, { name: raw, protocol: tcp }] }
  lasting: { on_loss: { replace: { attempts: 3, within: 1m } } }
  warm: { on_loss: { replace: {} }, reserve: { target: 1 } }
  saved:
    # Notes what it is asked to save beside its own log.
    command: ["{{node}}", -e, "require('node:http').createServer((q, r) => { if (q.method === 'POST') require('node:fs').writeFileSync(process.env.NOTE, q.url); r.end('ok'); }).listen(process.env.BERTH_PORT_HTTP, '127.0.0.1')"]
    env: { NOTE: HOME/note }
    idle_timeout: 1s
    before_end: { path: /save?all=1 }
`;

const urlOf = (s: Session): string => s.endpoint?.ports[0]?.url ?? 'no endpoint';
const pidOf = async (s: Session): Promise<number> =>
  ((await (await fetch(urlOf(s))).json()) as { readonly pid: number }).pid;

describe('Everyday life behind nginx-local', () => {
  let home: Awaited<ReturnType<typeof startHome>>;
  let berth: Served;

  beforeEach(async () => {
    home = await startHome(CLASSES);
    await writeFile(home.classFile, CLASSES.replace('HOME', home.dir));
    berth = await serve({
      BERTH_DATA_DIR: join(home.dir, 'data'),
      BERTH_CLASSES: home.classFile,
      BERTH_PROXY_PORTS: '11500-11999',
      BERTH_ACTIVITY_INTERVAL: '200ms',
    });
  });
  afterEach(async () => {
    await berth.client.setReserve('warm', 0);
    for await (const s of berth.client.listAll()) await berth.client.release({ id: s.id });
    await eventually('nothing to be left', async () => {
      const { instances, proxies } = await berth.client.status();
      return [instances, proxies].every((of) => Object.values(of).every((n) => n === 0));
    });
    expect(await berth.stop()).toBe(0);
    await home.end();
  });

  const get = (s: Session): Promise<Session> => berth.client.get({ id: s.id });

  it('ends a session that nobody uses, after a warning, and not one with an open WebSocket', async () => {
    const unused = await berth.client.acquire({ class: 'idle' });
    const used = await berth.client.acquire({ class: 'idle' });
    const socket = new WebSocket(urlOf(used).replace('http', 'ws'));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const states: string[] = [];
    for await (const s of berth.client.watch({ id: unused.id }))
      states.push(s.warning === null ? s.phase : `${s.phase}, ${s.warning.reason} ahead`);
    expect(states).toContain('active, idle ahead');
    expect(states.at(-1)).toBe('released');
    expect(await get(unused)).toMatchObject({ endReason: 'idle' });
    expect(await get(used)).toMatchObject({ phase: 'active', plannedEnd: { reason: 'idle' } });
    socket.terminate();
    await eventually('the other to end', async () => (await get(used)).endReason === 'idle');
  });

  it('keeps a session that is asked over HTTP alone, for as long as it is', async () => {
    const session = await berth.client.acquire({ class: 'idle' });
    const { lastUsedTime } = session;
    // Longer than its idle timeout, one connection at a time.
    await eventually('it to be used for twice its idle timeout', async () => {
      const answer = await fetch(urlOf(session), { headers: { connection: 'close' } });
      expect(answer.status).toBe(200);
      const now = await get(session);
      return Number(now.lastUsedTime) - Number(lastUsedTime) > 4_000 ? now : null;
    });
    await eventually('it to end', async () => (await get(session)).endReason === 'idle');
  });

  it('lets nobody in without the token, and everybody with it', async () => {
    const session = await berth.client.acquire({ class: 'guarded' });
    const { accessToken = '', ports = [] } = session.endpoint ?? {};
    expect(ports.map((p) => [p.name, p.tokenRequired])).toEqual([
      ['http', true],
      ['raw', false],
    ]);
    expect((await fetch(urlOf(session))).status).toBe(401);
    const authorization = `Bearer ${accessToken}`;
    expect((await fetch(urlOf(session), { headers: { authorization } })).status).toBe(200);
    const linked = await fetch(ports[0]?.link ?? '', { redirect: 'manual' });
    const cookie = linked.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(linked.headers.get('location')).not.toContain(accessToken);
    expect((await fetch(urlOf(session), { headers: { cookie } })).status).toBe(200);
    const [listed] = (await berth.client.list({})).sessions;
    expect(listed?.endpoint?.accessToken).toBe('');
    expect(berth.said()).not.toContain(accessToken);
    const told = await berth.cli('events', '--json');
    expect(told.stdout).not.toContain(accessToken);
  });

  it.each(['lasting', 'warm'])('replaces an instance that is killed behind the same address (%s)', async (name) => {
    if (name === 'warm')
      await eventually('a member to be ready', async () => (await berth.client.reserves('warm'))[0]?.ready === 1);
    const session = await berth.client.acquire({ class: name });
    const before = await pidOf(session);
    process.kill(before, 'SIGKILL');
    const after = await eventually('another to answer', async () => {
      const pid = await pidOf(session).catch(() => before);
      return pid === before ? null : pid;
    });
    const now = await eventually("it to be the session's own", async () => {
      const s = await get(session);
      return s.replacements === 1 ? s : null;
    });
    expect(now.endpoint?.ports).toEqual(session.endpoint?.ports);
    expect(now).toMatchObject({ phase: 'active', waitingFor: '' });
    process.kill(after, 'SIGKILL');
    await eventually('a third one', async () => (await get(session)).replacements === 2);
    expect(await pidOf(session)).not.toBe(after);
  });

  it('calls the hook of the class before the instance is destroyed', async () => {
    const session = await berth.client.acquire({ class: 'saved' });
    await eventually('it to end', async () => (await get(session)).phase === 'released');
    expect(await readFile(join(home.dir, 'note'), 'utf8')).toBe('/save?all=1');
    expect(berth.log.filter((l) => l.msg === 'session.before-end').map((l) => l.detail)).toEqual(['HTTP 200']);
  });
});
