import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
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
  readiness: { http: { path: /healthz }, interval: 100ms }
classes:
  echo: {}
  slow:
    # Takes connections late: a proxy that takes them at once must not pass for it.
    command: ["{{node}}", -e, "setTimeout(() => require('node:net').createServer((s) => s.pipe(s)).listen(process.env.BERTH_PORT_RAW, '127.0.0.1'), 700)"]
    ports: [{ name: raw, protocol: tcp }]
    readiness: { tcp: {} }
`;
const SOCKETS = 1_000;

const urlOf = (s: Session): string => s.endpoint?.ports[0]?.url ?? 'no endpoint';
const pidOf = async (s: Session): Promise<number> =>
  ((await (await fetch(urlOf(s))).json()) as { readonly pid: number }).pid;

/** Answered over one connection: what was sent comes back. */
function echoed(socket: WebSocket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('message', (data) => resolve(String(data)));
    socket.once('close', () => reject(new Error('the socket was closed')));
    socket.send(text);
  });
}

const opened = (url: string): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace('http', 'ws'));
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });

describe('A session behind nginx-local', () => {
  let home: Awaited<ReturnType<typeof startHome>>;
  let berth: Served;
  const env = () => ({
    BERTH_DATA_DIR: home.dir,
    BERTH_CLASSES: home.classFile,
    BERTH_PROXY_PORTS: '11000-11499',
  });

  /** Masters and workers of this broker's proxies. */
  async function proxyProcesses(): Promise<readonly number[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const below = join(home.dir, 'proxies');
    const homes = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
    return pids.filter((_, i) => homes[i]?.startsWith(below)).map(Number);
  }

  beforeEach(async () => {
    home = await startHome(CLASSES);
    berth = await serve(env());
  });
  afterEach(async () => {
    for await (const s of berth.client.listAll()) await berth.client.release({ id: s.id });
    for (const { class: name } of await berth.client.reserves()) await berth.client.setReserve(name, 0);
    await eventually('no instance, no proxy and no nginx to be left', async () => {
      const { instances } = await berth.client.status();
      return (await proxyProcesses()).length === 0 && Object.values(instances).every((n) => n === 0);
    });
    expect(await readdir(join(home.dir, 'proxies'))).toEqual([]);
    expect(await berth.stop()).toBe(0);
    await home.end();
  });

  it('keeps its address and 1,000 open WebSockets while the broker is killed and another takes over', async () => {
    const session = await berth.client.acquire({ class: 'echo' });
    expect(session.endpoint).toMatchObject({ stable: true, ports: [{ name: 'http', host: '127.0.0.1' }] });
    const pid = await pidOf(session);
    const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => opened(urlOf(session))));
    let dropped = 0;
    for (const socket of sockets) socket.once('close', () => dropped++);

    berth.signal('SIGKILL');
    await eventually('the broker is dead', async () =>
      berth.client.get({ id: session.id }).then(
        () => false,
        () => true,
      ),
    );
    expect(await pidOf(session)).toBe(pid);
    berth.client.close();
    berth = await serve({ ...env(), BERTH_LEASE: '1s', BERTH_LEASE_RENEW: '200ms' });
    await eventually(
      'the new broker leads',
      async () => {
        const { leaderId, replicaId } = await berth.client.status();
        return leaderId === replicaId;
      },
      30_000,
    );
    const after = await berth.client.get({ id: session.id });
    expect(after).toMatchObject({ phase: 'active', endpoint: session.endpoint });
    const said = await Promise.all(sockets.map((socket, n) => echoed(socket, `still ${n}`)));
    expect(said).toEqual(sockets.map((_, n) => `still ${n}`));
    expect(dropped).toBe(0);
    expect(await proxyProcesses()).toHaveLength(2);
    for (const socket of sockets) socket.terminate();
  });

  it('has its nginx started again, on the same port, when that was killed', async () => {
    const session = await berth.client.acquire({ class: 'echo' });
    for (const pid of await proxyProcesses()) process.kill(pid, 'SIGKILL');
    const pid = await eventually('the proxy is back', () => pidOf(session).catch(() => null), 15_000);
    expect(pid).toBeGreaterThan(0);
    expect(await berth.client.get({ id: session.id })).toMatchObject({ phase: 'active', endpoint: session.endpoint });
  });

  it('leaves no nginx when the broker is told to end everything with itself', async () => {
    await berth.stop();
    berth = await serve({ ...env(), BERTH_CLEAR_ON_EXIT: 'true' });
    await berth.client.acquire({ class: 'echo' });
    expect(await proxyProcesses()).toHaveLength(2);
    expect(await berth.stop()).toBe(0);
    expect(await proxyProcesses()).toEqual([]);
    expect(await readdir(join(home.dir, 'proxies'))).toEqual([]);
    berth = await serve(env());
  });

  it('cuts what is open when it is released', async () => {
    const session = await berth.client.acquire({ class: 'echo' });
    const socket = await opened(urlOf(session));
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    await berth.client.release({ id: session.id });
    await closed;
    await eventually('nothing answers there', () =>
      fetch(urlOf(session)).then(
        () => false,
        () => true,
      ),
    );
  });

  it('is handed out of the reserve with its proxy in front', async () => {
    await berth.client.setReserve('echo', 1);
    await eventually('a full reserve', async () => (await berth.client.reserves('echo'))[0]?.ready === 1);
    const session = await berth.client.acquire({ class: 'echo' });
    expect(session).toMatchObject({ fromReserve: true, endpoint: { stable: true } });
    expect(await pidOf(session)).toBeGreaterThan(0);
  });

  it('is not ready before its TCP port answers, whatever nginx accepts', async () => {
    const session = await berth.client.acquire({ class: 'slow' });
    const port = session.endpoint?.ports[0];
    expect(port?.protocol).toBe('tcp');
    const said = await new Promise<string>((resolve, reject) => {
      const socket = createConnection(port?.port ?? 0, '127.0.0.1', () => socket.write('hello'));
      socket.once('data', (data) => {
        socket.destroy();
        resolve(String(data));
      });
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed')));
    });
    expect(said).toBe('hello');
  });
});

describe('A broker without nginx', () => {
  it('refuses a class that wants it, and says what to install', async () => {
    const home = await startHome(CLASSES);
    try {
      const env = { BERTH_DATA_DIR: home.dir, BERTH_CLASSES: home.classFile, BERTH_NGINX: '/nowhere/nginx' };
      await expect(serve(env)).rejects.toThrow(
        /classes\.yaml:4:10: classes\.echo\.proxy: "nginx-local" cannot be used here: \/nowhere\/nginx is no program/,
      );
    } finally {
      await home.end();
    }
  });

  it("tells nginx's own words when a session cannot start because of it", async () => {
    const home = await startHome(CLASSES.replace('echo: {}', 'echo: { boot_timeout: 2s, start_attempts: 1 }'));
    const program = join(home.dir, 'nginx');
    const refuses = 'case "$1" in -V) exec nginx -V;; *) echo "nginx: [emerg] no room on the shelf" >&2; exit 1;; esac';
    await writeFile(program, `#!/bin/sh\nPATH=/usr/sbin:/usr/local/sbin:/usr/bin:/bin\n${refuses}\n`, { mode: 0o700 });
    const env = { BERTH_DATA_DIR: home.dir, BERTH_CLASSES: home.classFile, BERTH_NGINX: program };
    const berth = await serve(env);
    try {
      await expect(berth.client.acquire({ class: 'echo' })).rejects.toMatchObject({
        reason: 'START_FAILED',
        message: expect.stringContaining('its proxy could not be made: nginx refused: no room on the shelf'),
      });
      await eventually('nothing is left', async () => {
        const { instances } = await berth.client.status();
        return Object.values(instances).every((n) => n === 0);
      });
    } finally {
      expect(await berth.stop()).toBe(0);
      await home.end();
    }
  });

  it('gives a class with proxy auto the instance itself', async () => {
    const home = await startHome(CLASSES.replace('proxy: nginx-local', 'proxy: auto'));
    const env = { BERTH_DATA_DIR: home.dir, BERTH_CLASSES: home.classFile, BERTH_NGINX: '/nowhere/nginx' };
    const berth = await serve(env);
    try {
      const session = await berth.client.acquire({ class: 'echo' });
      expect(session.endpoint?.stable).toBe(false);
      await berth.client.release({ id: session.id });
      await eventually('released', async () => (await berth.client.get({ id: session.id })).phase === 'released');
      expect(await readFile(join(home.dir, 'installation-id'), 'utf8')).toMatch(/./);
    } finally {
      expect(await berth.stop()).toBe(0);
      await home.end();
    }
  });
});
