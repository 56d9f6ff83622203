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
  readiness: { http: { path: /healthz }, interval: 100ms, ready_interval: 200ms, while_in_use: true }
  lifetime: { min: 1s }
classes:
  guarded: { access: token }
  lasting: { on_loss: { replace: { attempts: 3, within: 1m } } }
  idle: { idle_timeout: 3s, activity: { connections: data } }
`;

const portOf = (s: Session) => {
  const [port] = s.endpoint?.ports ?? [];
  if (port === undefined) throw new Error('no endpoint');
  return port;
};
const pidAt = async (url: string): Promise<number | null> =>
  fetch(url, { headers: { connection: 'close' } })
    .then(async (answer) => (answer.status === 200 ? ((await answer.json()) as { readonly pid: number }).pid : null))
    .catch(() => null);

describe('A session in use behind nginx-local', () => {
  let home: Awaited<ReturnType<typeof startHome>>;
  let berth: Served;
  const env = () => ({
    BERTH_DATA_DIR: home.dir,
    BERTH_CLASSES: home.classFile,
    BERTH_PROXY_PORTS: '12000-12499',
    BERTH_ACTIVITY_INTERVAL: '200ms',
  });

  beforeEach(async () => {
    home = await startHome(CLASSES);
    berth = await serve(env());
  });
  afterEach(async () => {
    for await (const s of berth.client.listAll()) await berth.client.release({ id: s.id });
    await eventually('no instance to be left', async () => {
      const { instances } = await berth.client.status();
      return Object.values(instances).every((n) => n === 0);
    });
    expect(await berth.stop()).toBe(0);
    await home.end();
  });

  it('is open only to those who have its token, also after a restart of the broker', async () => {
    const session = await berth.client.acquire({ class: 'guarded' });
    const { url, link, tokenRequired } = portOf(session);
    expect(tokenRequired).toBe(true);
    const status = async (to: string, headers: Record<string, string> = {}): Promise<number> =>
      (await fetch(to, { headers, redirect: 'manual' })).status;
    const token = session.endpoint?.accessToken ?? '';
    const bearer = { authorization: `Bearer ${token}` };
    expect(await status(url)).toBe(401);
    expect(await status(url, bearer)).toBe(200);

    const entered = await fetch(link, { redirect: 'manual' });
    expect(entered.status).toBe(303);
    const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(await status(new URL(entered.headers.get('location') ?? '', link).href, { cookie })).toBe(200);

    const other = await berth.client.acquire({ class: 'guarded' });
    expect(await status(portOf(other).url, { ...bearer, cookie })).toBe(401);

    expect(await berth.stop()).toBe(0);
    expect(await status(url, bearer)).toBe(200);
    berth = await serve(env());
    const after = await berth.client.get({ id: session.id });
    expect(after.endpoint).toEqual(session.endpoint);
    expect(await status(url, bearer)).toBe(200);
  });

  it('goes on behind the same address when its instance dies: open sockets end, later requests meet another', async () => {
    const session = await berth.client.acquire({ class: 'lasting' });
    const { url } = portOf(session);
    const socket = new WebSocket(url.replace('http', 'ws'));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    const first = await pidAt(url);
    process.kill(first ?? 0, 'SIGKILL');
    await closed;
    const second = await eventually('another instance answers', () => pidAt(url), 30_000);
    expect(second).not.toBe(first);
    const after = await eventually('the session tells of it', async () => {
      const s = await berth.client.get({ id: session.id });
      return s.replacements === 1 && s;
    });
    expect(after).toMatchObject({ phase: 'active', endpoint: session.endpoint });
    // From here on there is no way back to the dead one.
    expect(await Promise.all(Array.from({ length: 50 }, () => pidAt(url)))).toEqual(Array(50).fill(second));
  });

  it('lives as long as it is used, by requests or by data on a socket, whatever probes there are, and no longer', async () => {
    const [used, spoken, unused] = await Promise.all([1, 2, 3].map(() => berth.client.acquire({ class: 'idle' })));
    if (used === undefined || spoken === undefined || unused === undefined) throw new Error('no session');
    const socket = new WebSocket(portOf(spoken).url.replace('http', 'ws'));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.on('error', () => undefined);
    const idle = new WebSocket(portOf(unused).url.replace('http', 'ws'));
    await new Promise((resolve, reject) => idle.once('open', resolve).once('error', reject));
    idle.on('error', () => undefined);
    const began = performance.now();
    const reasonOf = async (s: Session): Promise<string | null> => (await berth.client.get({ id: s.id })).endReason;
    // The unused one is asked for its state too, but looking is no use; its open socket says nothing.
    await eventually(
      'the unused one to end',
      async () => {
        await pidAt(portOf(used).url);
        socket.send('still here');
        return (await reasonOf(unused)) === 'idle';
      },
      20_000,
    );
    await eventually('twice its time to be over', async () => {
      await pidAt(portOf(used).url);
      socket.send('still here');
      return performance.now() - began > 7_000;
    });
    for (const s of [used, spoken]) expect((await berth.client.get({ id: s.id })).phase).toBe('active');
    for (const s of [used, spoken]) await eventually('its end', async () => (await reasonOf(s)) === 'idle', 20_000);
    socket.terminate();
    idle.terminate();
  });
});
