import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BerthClient, createClient, type Session } from '../../clients/typescript/src/client.ts';
import { eventually } from '../support/eventually.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { runs, type Served, serve, startHome } from './served.ts';

const CLASSES = `
defaults:
  command: ["{{node}}", "{{berth}}/echo/server.cjs"]
  ports: [{ name: http }]
  readiness: { http: { path: /healthz }, interval: 100ms }
  lifetime: { min: 1s }
classes:
  echo: {}
  open:
    allow: { command: true, env: [GREETING, APP_*], max_resources: { memory: 512Mi..1Gi } }
    resources: { cpu: 0.1..1, memory: 64Mi..256Mi }
  broken:
    command: ["false"]
    start_attempts: 2
`;

type Greeting = { readonly pid: number; readonly instance: string };

const urlOf = (s: Session): string => s.endpoint?.ports[0]?.url ?? 'no endpoint';
const greet = async (s: Session): Promise<Greeting> => (await (await fetch(urlOf(s))).json()) as Greeting;

async function textOf(logs: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const piece of logs) text += Buffer.from(piece).toString();
  return text;
}

async function emptied(client: BerthClient): Promise<void> {
  for await (const s of client.listAll()) await client.release({ id: s.id });
  for (const { class: name } of await client.reserves()) await client.setReserve(name, 0);
  await eventually('every instance gone', async () => {
    const { sessions, instances } = await client.status();
    return [...Object.values(sessions), ...Object.values(instances)].every((n) => n === 0);
  });
}

describe.each(['sqlite', 'redis'])('The main job on %s', (kind) => {
  let redis: RedisServer | null = null;
  let home: Awaited<ReturnType<typeof startHome>>;
  let env: Record<string, string>;
  let berth: Served;

  beforeAll(async () => {
    if (kind === 'redis') redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  beforeEach(async ({ task }) => {
    home = await startHome(CLASSES);
    const prefix = `t${task.id.replaceAll(/[^a-z0-9]/g, '')}`;
    env = {
      BERTH_DATA_DIR: home.dir,
      BERTH_CLASSES: home.classFile,
      ...(redis === null ? {} : { BERTH_STORE: redis.url, BERTH_REDIS_PREFIX: prefix }),
    };
    berth = await serve(env);
  });
  afterEach(async () => {
    await emptied(berth.client);
    expect(await berth.stop()).toBe(0);
    await home.end();
  });

  it('starts a session, serves it over HTTP and WebSocket, and ends it with its process', async () => {
    const session = await berth.client.acquire({ class: 'echo', owner: 'ann', labels: { team: 'a' } });
    expect(session).toMatchObject({ phase: 'active', fromReserve: false, owner: 'ann', labels: { team: 'a' } });
    const { pid, instance } = await greet(session);
    expect(instance).toBe(session.instance?.id);
    const answer = await fetch(`${urlOf(session)}/a%40b//c?d=%2F`, { method: 'POST', body: 'x'.repeat(100_000) });
    expect(await answer.text()).toContain('x'.repeat(100_000));
    expect(await echoed(urlOf(session).replace('http', 'ws'), 'over a socket')).toBe('over a socket');

    const released = await berth.client.release({ id: session.id });
    expect(released).toMatchObject({ phase: 'releasing', endReason: 'client' });
    await eventually('the process is gone', () => !runs(pid));
    await eventually('released', async () => (await berth.client.get({ id: session.id })).phase === 'released');
  });

  it('hands out reserve members, never one twice, and refills', async () => {
    await berth.client.setReserve('echo', 3);
    await eventually('a full reserve', async () => (await berth.client.reserves('echo'))[0]?.ready === 3);
    const sessions = await Promise.all([1, 2, 3].map(() => berth.client.acquire({ class: 'echo' })));
    expect(sessions.map((s) => s.fromReserve)).toEqual([true, true, true]);
    expect(new Set((await Promise.all(sessions.map(greet))).map((g) => g.pid)).size).toBe(3);
    await eventually('refilled', async () => (await berth.client.reserves('echo'))[0]?.ready === 3);
    await berth.client.setReserve('echo', 1);
    await eventually('surplus given back', async () => {
      const [reserve] = await berth.client.reserves('echo');
      return reserve?.ready === 1 && reserve.starting === 0;
    });
  });

  it('replaces a reserve member that dies', async () => {
    await berth.client.setReserve('echo', 1);
    await eventually('a full reserve', async () => (await berth.client.reserves('echo'))[0]?.ready === 1);
    const first = await berth.client.acquire({ class: 'echo' });
    await eventually('refilled', async () => (await berth.client.reserves('echo'))[0]?.ready === 1);
    const { pid } = await greet(first);
    process.kill(pid, 'SIGKILL');
    const ended = await eventually('instance lost', async () => {
      const s = await berth.client.get({ id: first.id });
      return s.phase === 'released' ? s : null;
    });
    expect(ended.endReason).toBe('instance-lost');
  });

  it('answers a retry with the same session, and refuses other content', async () => {
    const requestId = 'r-1';
    const [a, b] = await Promise.all([1, 2].map(() => berth.client.acquire({ class: 'echo', requestId })));
    expect(a?.id).toBe(b?.id);
    await expect(berth.client.acquire({ class: 'echo', requestId, owner: 'other' })).rejects.toMatchObject({
      code: 'already-exists',
      reason: 'REQUEST_ID_REUSED',
      metadata: { fields: 'owner' },
    });
    await berth.client.release({ requestId: 'not-yet' });
    await expect(berth.client.acquire({ class: 'echo', requestId: 'not-yet' })).rejects.toMatchObject({
      code: 'aborted',
      reason: 'RELEASED_BEFORE_ACQUIRE',
    });
  });

  it('gives a session its own command and environment, filled in from what was granted', async () => {
    const script =
      'console.log(process.argv.slice(1).join(" "), process.env.APP_SECRET, Object.keys(process.env).filter((n) => /^BERTH_(STORE|DATA)/.test(n)).length); require("node:http").createServer((q, r) => r.end("own")).listen(process.env.BERTH_PORT_HTTP, "127.0.0.1")';
    const session = await berth.client.acquire({
      class: 'open',
      command: [process.execPath, '-e', script, '{{memory_limit}}', '{{cpu_limit}}', '{{port.http}}'],
      env: { APP_SECRET: 'a-secret-of-its-own' },
      requirements: { memory: { limit: 512 * 2 ** 20 } },
    });
    expect(session.fromReserve).toBe(false);
    const port = session.endpoint?.ports[0]?.port;
    expect(await textOf(berth.client.logs({ id: session.id }))).toContain(
      `${512 * 2 ** 20} 1 ${port} a-secret-of-its-own 0`,
    );
    expect(JSON.stringify(await berth.client.get({ id: session.id }))).not.toContain('a-secret');
    expect(berth.said()).not.toContain('a-secret');
    await expect(berth.client.acquire({ class: 'echo', command: ['sh'], env: { PATH: '/x' } })).rejects.toMatchObject({
      code: 'invalid-argument',
      violations: [{ field: 'env[PATH]' }, { field: 'command' }],
    });
  });

  it('tells why a session could not start', async () => {
    await expect(berth.client.acquire({ class: 'broken' })).rejects.toMatchObject({
      code: 'aborted',
      reason: 'START_FAILED',
      message: expect.stringMatching(/code 1.*2 attempts/),
    });
  });

  it('ends a session on time, after a warning, and an idle one that nobody keeps alive', async () => {
    const short = await berth.client.acquire({ class: 'echo', lifetimeMs: 2_000 });
    const idle = await berth.client.acquire({ class: 'echo', idleTimeoutMs: 1_500 });
    const kept = await berth.client.acquire({ class: 'echo', idleTimeoutMs: 1_500 });
    const keeping = setInterval(() => void berth.client.keepAlive({ id: kept.id }), 300);
    try {
      const states: Session[] = [];
      for await (const state of berth.client.watch({ id: short.id })) states.push(state);
      expect(states.some((s) => s.phase === 'active' && s.warning?.reason === 'expired')).toBe(true);
      expect(states.at(-1)).toMatchObject({ phase: 'released', endReason: 'expired' });
      const lateness = (states.at(-1)?.endTime?.getTime() ?? 0) - (short.deadlines.expireTime?.getTime() ?? 0);
      expect(lateness).toBeGreaterThanOrEqual(0);
      await eventually('idle', async () => (await berth.client.get({ id: idle.id })).endReason === 'idle');
      expect((await berth.client.get({ id: kept.id })).phase).toBe('active');
    } finally {
      clearInterval(keeping);
    }
  });

  it('goes on after a restart: same session, same process, same deadlines', async () => {
    await berth.client.setReserve('echo', 1);
    const before = await berth.client.acquire({ class: 'echo', name: 'mine', lifetimeMs: 60_000 });
    await eventually('refilled', async () => (await berth.client.reserves('echo'))[0]?.ready === 1);
    const { pid } = await greet(before);
    expect(await berth.stop()).toBe(0);
    expect((await greet(before)).pid).toBe(pid);
    berth = await serve(env);
    const after = await berth.client.get({ name: 'mine' });
    expect(after).toMatchObject({ id: before.id, endpoint: before.endpoint, deadlines: before.deadlines });
    await eventually('the reserve is taken over', async () => {
      const { instances, leaderId, replicaId } = await berth.client.status();
      return leaderId === replicaId && instances.ready === 1 && instances.bound === 1;
    });
    expect((await greet(after)).pid).toBe(pid);
  });

  it('reads its classes again when the file changes, and keeps the old ones when it is broken', async () => {
    const draft = join(home.dir, 'draft.yaml');
    await writeFile(draft, `${CLASSES}  late: {}\n`);
    await rename(draft, home.classFile);
    await eventually('the new class', async () => (await berth.client.classes()).some((c) => c.name === 'late'));
    await writeFile(home.classFile, (await readFile(home.classFile, 'utf8')).replace('min: 1s', 'min: 1 fortnight'));
    berth.signal('SIGHUP');
    const line = await eventually('the complaint', () => berth.log.find((l) => l.msg === 'classes.broken'));
    expect(line.detail).toMatch(/classes\.yaml:\d+:\d+: .*lifetime\.min: "1 fortnight" is not accepted/);
    expect((await berth.client.classes()).map((c) => c.name)).toContain('late');
  });

  it('keeps tenants apart once there are tokens', async () => {
    const admin = await berth.client.createToken({ tenant: 'ops', role: 'admin' });
    const asAdmin = createClient({ address: berth.address, token: admin.secret, retryForMs: 0 });
    const secrets = await Promise.all(['a', 'b'].map((tenant) => asAdmin.createToken({ tenant, role: 'client' })));
    const [a, b] = secrets.map(({ secret }) => createClient({ address: berth.address, token: secret, retryForMs: 0 }));
    if (a === undefined || b === undefined) throw new Error('no tokens');
    try {
      const session = await a.acquire({ class: 'echo', name: 'same' });
      await expect(b.get({ id: session.id })).rejects.toMatchObject({ code: 'not-found' });
      await expect(b.release({ id: session.id })).rejects.toMatchObject({ code: 'not-found' });
      await expect(b.setReserve('echo', 1)).rejects.toMatchObject({ code: 'permission-denied' });
      expect((await b.list()).sessions).toEqual([]);
      expect((await b.acquire({ class: 'echo', name: 'same' })).id).not.toBe(session.id);
      expect((await asAdmin.list()).sessions).toHaveLength(2);
      await expect(berth.client.list()).rejects.toMatchObject({ code: 'unauthenticated' });
      for (const { secret } of [admin, ...secrets]) expect(berth.said()).not.toContain(secret);
    } finally {
      for await (const s of asAdmin.listAll()) await asAdmin.release({ id: s.id });
      for (const t of (await asAdmin.tokens()).filter((t) => t.role === 'client')) await asAdmin.revokeToken(t.id);
      for (const t of await asAdmin.tokens()) await asAdmin.revokeToken(t.id);
      for (const c of [asAdmin, a, b]) c.close();
    }
  });

  it('ends everything with --clear-on-exit', async () => {
    await berth.stop();
    berth = await serve(env, ['--clear-on-exit']);
    await berth.client.setReserve('echo', 1);
    const session = await berth.client.acquire({ class: 'echo' });
    const { pid } = await greet(session);
    expect(await berth.stop()).toBe(0);
    expect(runs(pid)).toBe(false);
    berth = await serve(env);
    expect(await berth.client.get({ id: session.id })).toMatchObject({ phase: 'released', endReason: 'broker-stop' });
  });

  it('shows its health and its numbers over HTTP', async () => {
    const session = await berth.client.acquire({ class: 'echo' });
    expect((await fetch(`${berth.http}/healthz`)).status).toBe(200);
    expect((await fetch(`${berth.http}/readyz`)).status).toBe(200);
    const metrics = await (await fetch(`${berth.http}/metrics`)).text();
    for (const line of [
      'berth_acquires_total{class="echo",outcome="active",source="cold"} 1',
      'berth_sessions{phase="active"} 1',
      'berth_instances{phase="bound"} 1',
      'berth_leader 1',
      'berth_session_phase_duration_seconds_count{class="echo",phase="starting"} 1',
    ])
      expect(metrics).toContain(line);
    await berth.client.release({ id: session.id });
  });

  it('serves people on the command line', async () => {
    const acquired = await berth.cli('acquire', 'echo', '--name', 'bob', '--json');
    expect(acquired.code).toBe(0);
    const { id } = JSON.parse(acquired.stdout) as { readonly id: string };
    expect((await berth.cli('ls')).stdout).toMatch(new RegExp(`${id}\\s+bob\\s+-\\s+echo\\s+active`));
    expect((await berth.cli('get', 'bob')).stdout).toMatch(/ends +in /);
    expect((await berth.cli('reserve', 'set', 'echo', '1')).code).toBe(0);
    expect((await berth.cli('status')).stdout).toMatch(/sessions\s+1 active/);
    expect((await berth.cli('release', 'bob')).stdout).toContain('releasing (client)');
    expect((await berth.cli('get', 'bob')).code).toBe(3);
    expect((await berth.cli('acquire', 'nothing-like-it')).code).toBe(2);
  });
});

function echoed(url: string, message: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.onopen = () => socket.send(message);
    socket.onerror = () => reject(new Error(`no WebSocket at ${url}`));
    socket.onmessage = ({ data }) => {
      resolve(String(data));
      socket.close();
    };
  });
}
