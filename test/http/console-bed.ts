import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { viewOf } from '../../src/engine/calls/view.ts';
import { createMirror } from '../../src/engine/records/mirror.ts';
import type { EventView } from '../../src/engine/use-cases.ts';
import { createConsole } from '../../src/http/console/console.ts';
import { startHttp } from '../../src/http/server.ts';
import { createFakeEngine } from '../grpc/fake-engine.ts';
import { NOW } from '../grpc/fake-records.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { sessionId } from '../support/fixtures.ts';

export const anEvent = (n: number): EventView => ({
  id: `e-${String(n).padStart(6, '0')}`,
  at: NOW + n,
  kind: 'session',
  subject: sessionId(1),
  class: 'echo',
  tenant: 'default',
  actor: 'local',
  before: null,
  after: 'queued',
  reason: '',
  detail: '<img src=x onerror=alert(1)>',
  session: null,
});

/** The real server and console over plain memory; time passes when told to. */
export async function startBed() {
  const clock = fakeClock();
  const mirror = createMirror();
  const engine = createFakeEngine();
  const errors: unknown[] = [];
  const log: EventView[] = [anEvent(1), anEvent(2)];
  const answers: ServerResponse[] = [];
  let told = Promise.withResolvers<void>();
  let watches = 0;
  let isReady = true;
  const web = createConsole({
    admin: {
      ...engine.admin,
      events: async (_, { afterId, filter }) => ({
        events: log.filter((e) => e.id > afterId && (filter.session === null || e.subject === filter.session)),
        lastId: log.at(-1)?.id ?? '',
        more: false,
      }),
      async *watchEvents(_caller, _filter, afterId, signal) {
        watches += 1;
        const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        try {
          for (let last = afterId; !signal.aborted; ) {
            for (const e of log.filter((e) => e.id > last)) {
              last = e.id;
              yield e;
            }
            await Promise.race([told.promise, aborted]);
          }
        } finally {
          watches -= 1;
        }
      },
    },
    auth: engine.auth,
    isReady: () => isReady,
    mirror,
    view: (s) => viewOf({ clock, mirror }, s),
    clock,
    onError: (err) => errors.push(err),
  });
  const server = await startHttp({
    listen: { host: '127.0.0.1', port: 0 },
    health: () => ({ live: true, ready: true, details: {} }),
    metrics: { text: async () => '', contentType: 'text/plain' },
    console: {
      ...web,
      handle(req, res) {
        answers.push(res);
        return web.handle(req, res);
      },
    },
    onError: (err) => errors.push(err),
  });
  onTestFinished(() => server.stop(AbortSignal.abort()));
  const origin = `http://127.0.0.1:${server.port}`;
  return {
    clock,
    mirror,
    engine,
    errors,
    server,
    origin,
    watches: () => watches,
    setReady(value: boolean): void {
      isReady = value;
    },
    /** The server's ends of all requests so far. */
    answers,
    happens(e: EventView): void {
      log.push(e);
      told.resolve();
      told = Promise.withResolvers();
    },
    get: (path: string, headers: Record<string, string> = {}) => ask(server.port, 'GET', path, headers),
    head: (path: string) => ask(server.port, 'HEAD', path, {}),
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      ask(
        server.port,
        'POST',
        path,
        { 'content-type': 'application/json', origin, 'sec-fetch-site': 'same-origin', ...headers },
        typeof body === 'string' ? body : JSON.stringify(body),
      ),
  };
}

type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json(): unknown;
};

function ask(port: number, method: string, path: string, headers: Record<string, string>, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (d: string) => {
        text += d;
      });
      res.on('end', () =>
        resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json: () => JSON.parse(text) as unknown }),
      );
      res.on('error', reject);
    });
    req.on('error', reject).end(body);
  });
}

/** One open stream: what it said so far, as pairs of name and data. */
export function openStream(port: number, headers: Record<string, string> = {}, agent: Agent | false = false) {
  const said: { readonly name: string; readonly data: Record<string, unknown> }[] = [];
  let hasEnded = false;
  let answer: IncomingMessage | null = null;
  let isPaused = false;
  const req = request({ host: '127.0.0.1', port, path: '/console/api/stream', headers, agent }, (res) => {
    let rest = '';
    answer = res;
    res.setEncoding('utf8').on('data', (d: string) => {
      rest += d;
      // A large state comes in many pieces; only one with a line's end in it can end an event.
      if (!d.includes('\n')) return;
      const events = rest.split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) {
        const [, name = '', data = '{}'] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
        said.push({ name, data: JSON.parse(data) as Record<string, unknown> });
      }
    });
    res.on('close', () => {
      hasEnded = true;
    });
    res.on('error', () => undefined);
    if (isPaused) res.pause();
  });
  req.on('error', () => undefined).end();
  onTestFinished(() => void req.destroy());
  return {
    said,
    of: (name: string) => said.filter((s) => s.name === name),
    ended: () => hasEnded,
    close: () => req.destroy(),
    pause(): void {
      isPaused = true;
      answer?.pause();
    },
    resume(): void {
      isPaused = false;
      answer?.resume();
    },
  };
}
