import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { parse, stringify } from 'yaml';
import type { Session } from '../../clients/typescript/src/client.ts';
import { shippedFile } from '../../src/config/shipped.ts';
import { type Served, serve, startHome } from '../e2e/served.ts';
import { eventually } from '../support/eventually.ts';
import { ensureJupyterLab } from '../support/jupyterlab.ts';

const INSTALL_MS = 10 * 60_000;
const IDLE_MS = 6_000;
/** A cell that prints for longer than a session may be idle. */
const BUSY = 'import time\nfor i in range(20):\n    print(i, flush=True)\n    time.sleep(0.5)';

/** The class that is shipped and that the tutorial explains, with shorter times. */
function shortened(): string {
  const file = parse(readFileSync(shippedFile('deploy/classes/jupyterlab.yaml'), 'utf8'));
  Object.assign(file.classes.jupyterlab, { idle_timeout: `${IDLE_MS}ms`, warn_before: '2s', boot_timeout: '2m' });
  return stringify(file);
}

/** Where a browser has come to: what it sends with each request. */
type Visit = { readonly url: string; readonly cookie: string; readonly xsrf: string };

const cookies = (answer: Response): readonly string[] =>
  answer.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');

/** Follows the session's link once, as a browser does, and opens the page that it leads to. */
async function visit(link: string): Promise<Visit> {
  const sent = await fetch(link, { redirect: 'manual' });
  expect(sent.status).toBe(303);
  const to = new URL(sent.headers.get('location') ?? '', link);
  expect(to.search).toBe('');
  const [own = ''] = cookies(sent);
  const page = await fetch(new URL('lab', to), { headers: { cookie: own } });
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<title>JupyterLab</title>');
  const all = [own, ...cookies(page)];
  const xsrf = all.find((c) => c.startsWith('_xsrf='))?.slice('_xsrf='.length) ?? '';
  return { url: to.href, cookie: all.join('; '), xsrf };
}

type Told = {
  readonly header: { readonly msg_type: string };
  readonly parent_header: { readonly msg_id?: string };
  readonly content: Readonly<Record<string, unknown>>;
};

/** What a message adds to what its cell gave and printed. */
function saidBy({ header, content }: Told): string {
  if (header.msg_type === 'execute_result') return String(Object(content.data)['text/plain']);
  return header.msg_type === 'stream' ? String(content.text) : '';
}

const isDone = ({ header, content }: Told): boolean =>
  header.msg_type === 'status' && content.execution_state === 'idle';

/** A kernel, reached over a WebSocket as JupyterLab itself does it. */
async function startKernel({ url, cookie, xsrf }: Visit) {
  const headers = { cookie, 'x-xsrftoken': xsrf, 'content-type': 'application/json' };
  const made = await fetch(new URL('api/kernels', url), { method: 'POST', headers, body: '{"name":"python3"}' });
  expect(made.status).toBe(201);
  const { id } = (await made.json()) as { readonly id: string };
  const socket = new WebSocket(new URL(`api/kernels/${id}/channels`, url.replace('http', 'ws')), {
    headers: { cookie },
    origin: new URL(url).origin,
  });
  await once(socket, 'open');
  const session = randomUUID();
  return {
    socket,
    /** Runs a cell. Resolves with what it gave, or printed, once the kernel is idle again. */
    run(code: string): Promise<string> {
      const id = randomUUID();
      const header = { msg_id: id, msg_type: 'execute_request', username: '', session, version: '5.3', date: '' };
      const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false };
      return new Promise((resolve, reject) => {
        let said = '';
        const listen = (data: Buffer): void => {
          const m = JSON.parse(String(data)) as Told;
          if (m.parent_header.msg_id !== id) return;
          said += saidBy(m);
          if (!isDone(m)) return;
          socket.off('message', listen);
          resolve(said);
        };
        socket.on('message', listen);
        socket.once('close', () => reject(new Error('the WebSocket was closed')));
        socket.send(JSON.stringify({ channel: 'shell', header, parent_header: {}, metadata: {}, content }));
      });
    },
  };
}

describe('JupyterLab as a session', () => {
  let home: Awaited<ReturnType<typeof startHome>>;
  let berth: Served;

  beforeAll(async () => {
    const programs = ensureJupyterLab();
    home = await startHome(shortened());
    berth = await serve({
      PATH: [programs, process.env.PATH ?? ''].join(delimiter),
      BERTH_DATA_DIR: home.dir,
      BERTH_CLASSES: home.classFile,
      BERTH_PROXY_PORTS: '12500-12599',
      BERTH_ACTIVITY_INTERVAL: '250ms',
    });
  }, INSTALL_MS);
  afterAll(async () => {
    for await (const s of berth.client.listAll()) await berth.client.release({ id: s.id });
    await eventually('no instance is left', async () => {
      const { instances, proxies } = await berth.client.status();
      return [...Object.values(instances), ...Object.values(proxies)].every((n) => n === 0);
    });
    expect(await berth.stop()).toBe(0);
    await home.end();
  });

  it('opens by its link alone, computes, stays while it computes, and is culled with its WebSocket open', async () => {
    const states: string[] = [];
    const onProgress = (s: Session): unknown => states.push(s.phase);
    const session = await berth.client.acquire({ class: 'jupyterlab' }, { onProgress });
    expect(states).toContain('starting');
    const [port] = session.endpoint?.ports ?? [];
    expect(port).toMatchObject({ name: 'http', tokenRequired: true });
    expect((await fetch(`${port?.url}/api/status`)).status).toBe(401);

    const kernel = await startKernel(await visit(port?.link ?? ''));
    expect(await kernel.run('1+1')).toBe('2');

    const before = await berth.client.get({ id: session.id });
    expect(await kernel.run(BUSY)).toMatch(/^0\n1\n(?:\d+\n)*19\n$/);
    const after = await berth.client.get({ id: session.id });
    expect(after.phase).toBe('active');
    expect(Number(after.lastUsedTime) - Number(before.lastUsedTime)).toBeGreaterThan(IDLE_MS);

    // From here on nothing happens but that the WebSocket stays open.
    const closed = once(kernel.socket, 'close');
    const seen: Session[] = [];
    for await (const s of berth.client.watch({ id: session.id })) {
      seen.push(s);
      if (s.phase === 'releasing' || s.phase === 'released') break;
      expect(kernel.socket.readyState).toBe(WebSocket.OPEN);
    }
    const warned = seen.find((s) => s.warning !== null);
    expect(warned).toMatchObject({ phase: 'active', warning: { reason: 'idle' } });
    expect(seen.at(-1)).toMatchObject({ endReason: 'idle' });
    await closed;

    const { events } = await berth.client.events({ sessionId: session.id, kinds: ['session'] });
    expect(events.map((e) => e.reason || e.after)).toEqual(expect.arrayContaining(['active', 'warned', 'idle']));
  }, 120_000);
});
