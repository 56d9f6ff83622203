import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { PROBE_AGENT, TOKEN_PARAMETER } from '../../domain/endpoint.ts';
import { BrokerError } from '../../domain/errors.ts';
import type { ProxyId } from '../../domain/ids.ts';
import type { NginxAccess } from '../../nginx/access.ts';
import { renderNginx } from '../../nginx/render.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ProxySeen, ProxySpec, SessionProxy } from '../../ports/session-proxy.ts';
import { createActivity, type OwnConnections } from './activity.ts';
import { reloadNginx, startNginx } from './control.ts';
import type { Nginx, NginxFound } from './find.ts';
import { boundLogs } from './logs.ts';
import { bindings, createPortBook, isFree, isLoopback, type Listening, type PortRange } from './ports.ts';
import { dismiss, endAll, masterOf, processesOf } from './processes.ts';
import {
  FILES,
  listIds,
  makeHome,
  type Places,
  type ProxyRecord,
  placesOf,
  readRecord,
  replaceFile,
  STATUS_SOCKET,
  writeRecord,
} from './record.ts';

export type NginxProxyOptions = {
  /** Each proxy gets a directory below it. */
  readonly dir: string;
  readonly installationId: string;
  readonly portRange: PortRange;
  /** Of proxies made from now on; absent: 127.0.0.1. */
  readonly listening?: Listening;
  /** This machine's. */
  readonly clock: Clock;
  /** Connections that are no use of a proxy. */
  readonly own?: OwnConnections;
  /** Without one, proxies that are there are still listed and removed. */
  readonly found: NginxFound;
  /** What is kept of one proxy's access log, about [bytes]. */
  readonly maxLogBytes?: number;
  readonly log?: { warn(fields: object, message: string): void };
};

const CHECK_MS = 5_000;
/** Other ports are tried when another program was faster to take those that looked free. */
const PORT_TRIES = 3;
/** Workers without a master let go of their ports within this, or are ended [ms]. */
const DISMISS_MS = 1_000;

const LOOPBACK: Listening = { address: '127.0.0.1', host: '127.0.0.1' };

/**
 * An nginx for each proxy that lives on without the broker. Nothing is remembered but in the proxy's
 * directory, so that whichever broker leads finds all of it.
 */
export function createNginxProxy(o: NginxProxyOptions): SessionProxy {
  const { clock, installationId } = o;
  mkdirSync(o.dir, { recursive: true, mode: 0o700 });
  // As the kernel names it, which is how a process is known to be ours.
  const dir = realpathSync(o.dir);
  const listening = o.listening ?? LOOPBACK;
  const book = createPortBook(o.portRange, listening);
  const inTurn = createTurns<ProxyId>();
  let noted = false;
  let warned = false;

  const ownRecord = (places: Places): ProxyRecord | null => {
    const record = readRecord(places);
    return record?.installation === installationId ? record : null;
  };

  const activity = createActivity({
    range: o.portRange,
    clock,
    own: o.own,
    placesOf: (id) => placesOf(dir, id),
    recordOf: (id) => ownRecord(placesOf(dir, id)),
  });

  /** Before the first port is given out. */
  function noteAll(): void {
    if (noted) return;
    for (const id of listIds(dir)) book.note(id, ownRecord(placesOf(dir, id))?.ports ?? []);
    noted = true;
  }

  function configure(places: Places, nginx: Nginx, spec: ProxySpec, record: ProxyRecord): void {
    if (spec.settings === undefined)
      throw new BrokerError('unavailable', 'the class of this proxy has no proxy_settings');
    const text = renderNginx({
      generation: record.generation,
      ports: record.ports.map((p) => ({
        ...p,
        listen: bindings(record.listen, p.port),
        upstream: spec.upstream?.find((u) => u.name === p.name) ?? null,
      })),
      settings: spec.settings,
      access: accessOf(spec),
      authorization: spec.authorization ?? null,
      probes: PROBE_AGENT,
      files: FILES,
      status: `unix:${STATUS_SOCKET}`,
      dialect: nginx.dialect,
      daemon: true,
    });
    replaceFile(places.conf, text);
  }

  async function create(places: Places, nginx: Nginx, spec: ProxySpec, signal: AbortSignal): Promise<ProxyRecord> {
    noteAll();
    for (let tries = 1; ; tries++) {
      const ports = await book.assign(spec.id, spec.ports);
      const record: ProxyRecord = {
        version: 1,
        installation: installationId,
        ports,
        listen: listening.address,
        asked: askedOf(spec),
        generation: 1,
        published: false,
        restarts: 0,
      };
      try {
        makeHome(places);
        writeRecord(places, record);
        configure(places, nginx, spec, record);
        const refusal = await startNginx(nginx.program, places, clock, signal);
        if (refusal === null) return save(places, { ...record, published: true });
        if (!isTaken(refusal) || tries === PORT_TRIES) throw refused(refusal, spec);
      } catch (err) {
        await clear(places, spec.id, signal);
        throw err;
      }
      await clear(places, spec.id, signal);
    }
  }

  /** Ends what runs in the home, then the home. Not interrupted by an abort that came before. */
  async function clear(places: Places, id: ProxyId, signal: AbortSignal): Promise<void> {
    const alone = ownRecord(places)?.restarts === 0 && masterOf(places) !== null;
    await endAll(places, alone, clock, signal.aborted ? new AbortController().signal : signal);
    await rm(places.home, { recursive: true, force: true });
    book.release(id);
    activity.forget(id);
  }

  async function revive(
    places: Places,
    nginx: Nginx,
    spec: ProxySpec,
    before: ProxyRecord,
    signal: AbortSignal,
  ): Promise<ProxyRecord> {
    await freePorts(places, before, signal);
    const { generation, restarts } = before;
    const record = { ...before, asked: askedOf(spec), generation: generation + 1, restarts: restarts + 1 };
    configure(places, nginx, spec, record);
    // Before it runs: one that was started again is no single process group any more.
    writeRecord(places, record);
    const refusal = await startNginx(nginx.program, places, clock, signal);
    if (refusal !== null) throw refused(refusal, spec);
    o.log?.warn({ proxyId: spec.id, attempt: record.restarts }, 'proxy.restarted');
    return record;
  }

  /** Workers outlive a master that was killed, and still serve: what they have open they may finish. */
  async function freePorts(places: Places, { ports, listen }: ProxyRecord, signal: AbortSignal): Promise<void> {
    const taken = async (): Promise<number | undefined> => {
      for (const { port } of ports) if (!(await isFree(port, listen))) return port;
      return undefined;
    };
    dismiss(places);
    const deadline = clock.monotonic() + DISMISS_MS;
    while (clock.monotonic() < deadline && processesOf(places).length > 0 && (await taken()) !== undefined)
      await clock.sleep(5, signal);
    const port = await taken();
    if (port === undefined) return;
    if (processesOf(places).length > 0) await endAll(places, false, clock, signal);
    if ((await taken()) !== undefined)
      throw new BrokerError('unavailable', `another program took port ${port} of a proxy that had died`);
  }

  async function reload(
    places: Places,
    nginx: Nginx,
    spec: ProxySpec,
    before: ProxyRecord,
    signal: AbortSignal,
  ): Promise<ProxyRecord> {
    const record = { ...before, asked: askedOf(spec), generation: before.generation + 1 };
    configure(places, nginx, spec, record);
    const refusal = await reloadNginx(places, record.generation, clock, signal);
    if (refusal !== null) throw refused(refusal, spec);
    return save(places, record);
  }

  async function ensure(spec: ProxySpec, signal: AbortSignal): Promise<ProxyRecord> {
    if ('why' in o.found) throw new BrokerError('unavailable', o.found.why, { reason: 'NO_NGINX' });
    const { nginx } = o.found;
    const places = placesOf(dir, spec.id);
    const record = ownRecord(places);
    if (record === null || !record.published) {
      // Its broker died while it was made: nobody was told of it.
      if (existsSync(places.home)) await clear(places, spec.id, signal);
      return create(places, nginx, spec, signal);
    }
    if (masterOf(places) === null) return revive(places, nginx, spec, record, signal);
    await boundLogs(places, o.maxLogBytes ?? 8 * 1024 * 1024, clock.now());
    return record.asked === askedOf(spec) ? record : reload(places, nginx, spec, record, signal);
  }

  /** Once, and not of each: it is how the class or the listening address was chosen. */
  function warnIfOpen(spec: ProxySpec): void {
    if (warned || isLoopback(listening.address)) return;
    const open = spec.ports.filter((p) => spec.accessToken === undefined || p.protocol === 'tcp').map((p) => p.name);
    if (open.length === 0) return;
    warned = true;
    const detail = `ports ${open.join(', ')} ask for no token and can be reached from other machines`;
    o.log?.warn({ proxyId: spec.id, address: listening.address, detail }, 'proxy.open');
  }

  return {
    kind: 'nginx-local',
    checkMs: CHECK_MS,
    async ensure(spec, signal): Promise<ProxySeen> {
      signal.throwIfAborted();
      warnIfOpen(spec);
      const { ports } = await inTurn(spec.id, () => ensure(spec, signal));
      const token = spec.accessToken === undefined ? {} : { tokenRequired: true };
      return { status: 'serving', endpoint: { ports, stable: true, ...token } };
    },
    async activity(ids, signal) {
      signal.throwIfAborted();
      return activity.of(ids, signal);
    },
    async remove(id, signal) {
      signal.throwIfAborted();
      const places = placesOf(dir, id);
      if (existsSync(places.home)) await inTurn(id, () => clear(places, id, signal));
      else book.release(id);
    },
    async listOwned(signal) {
      signal.throwIfAborted();
      // One without a record was being made when its broker died.
      return listIds(dir).filter((id) => isOurs(readRecord(placesOf(dir, id)), installationId));
    },
  };
}

const isOurs = (record: ProxyRecord | null, installation: string): boolean =>
  record === null || record.installation === installation;

const askedOf = ({ upstream, settings, accessToken, authorization }: ProxySpec): string =>
  JSON.stringify([
    upstream,
    settings,
    ...(accessToken === undefined ? [] : [digest(accessToken)]),
    ...(authorization === undefined ? [] : ['authorization', digest(authorization)]),
  ]);

const digest = (token: string): string => createHash('sha256').update(token).digest('hex');

const accessOf = ({ id, accessToken: token }: ProxySpec): NginxAccess | null =>
  token === undefined ? null : { token, parameter: TOKEN_PARAMETER, cookie: `berth_${id.slice(2)}` };

const isTaken = (words: string): boolean => words.includes('Address already in use');

/** Its words may quote its configuration. */
function refused(words: string, { accessToken = '', authorization = '' }: ProxySpec): BrokerError {
  const safe = [accessToken, authorization].reduce(
    (text, secret) => (secret === '' ? text : text.replaceAll(secret, '(token)')),
    words,
  );
  return new BrokerError('unavailable', `nginx refused: ${safe}`, { reason: 'NGINX_REFUSED' });
}

function save(places: Places, record: ProxyRecord): ProxyRecord {
  writeRecord(places, record);
  return record;
}

/** Runs what is asked for one key one after the other. */
function createTurns<K>() {
  const last = new Map<K, Promise<unknown>>();
  return async <T>(key: K, act: () => Promise<T>): Promise<T> => {
    const turn = (last.get(key) ?? Promise.resolve()).then(act, act);
    last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (last.get(key) === turn) last.delete(key);
    }
  };
}
