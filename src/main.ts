import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDirectProxy } from './adapters/direct/proxy.ts';
import { findNginx, type NginxFound } from './adapters/nginx/find.ts';
import { createNginxProxy } from './adapters/nginx/proxy.ts';
import { createInstanceHttp } from './adapters/probe/instance-http.ts';
import { createOwnConnections, type OwnConnections } from './adapters/probe/own-connections.ts';
import { createProber } from './adapters/probe/prober.ts';
import { createProcessProvider, type ProcessProvider } from './adapters/process/provider.ts';
import { openBlacklist } from './adapters/redis/blacklist.ts';
import { createRedisClock } from './adapters/redis/clock.ts';
import { openRedisStore } from './adapters/redis/store.ts';
import { openSqliteStore } from './adapters/sqlite/store.ts';
import { createSystemClock } from './adapters/system/clock.ts';
import { createIds } from './adapters/system/ids.ts';
import { keyFrom } from './adapters/vastai/key.ts';
import type { VastaiProvider } from './adapters/vastai/options.ts';
import { createVastaiProvider } from './adapters/vastai/provider.ts';
import { type ClassFile, openClassFile } from './config/class-file.ts';
import type { Known } from './config/class-rules.ts';
import { keptInstallationId } from './config/installation.ts';
import { type Config, NO_KEY, type VastaiConfig } from './config/load.ts';
import { isLoopback } from './config/places.ts';
import { shippedFile } from './config/shipped.ts';
import type { Quotas } from './domain/quota.ts';
import { REGIONS } from './domain/regions.ts';
import type { SessionClass } from './domain/session-class.ts';
import { viewOf } from './engine/calls/view.ts';
import type { BanExchanging, Classes, CurrentQuotas } from './engine/context.ts';
import { createEngine, type Engine } from './engine/engine.ts';
import { createReport } from './engine/report.ts';
import { type GrpcServer, type GrpcTls, startGrpc } from './grpc/server.ts';
import { createConsole } from './http/console/console.ts';
import { type HttpServer, startHttp } from './http/server.ts';
import { createLogger, type Logger } from './observability/logger.ts';
import { measuredProvider, measuredStore, type StoreHealth } from './observability/measured.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import type { Clock } from './ports/clock.ts';
import type { ComputeProvider } from './ports/compute-provider.ts';
import type { Marketplace } from './ports/marketplace.ts';
import type { Prober } from './ports/prober.ts';
import type { SessionProxy } from './ports/session-proxy.ts';
import type { Store } from './ports/store.ts';

/** Ports wrapped, or put in place of the configured ones; for tests and benches. */
export type Overrides = {
  readonly store?: (store: Store) => Store;
  readonly providers?: (providers: readonly ComputeProvider[]) => readonly ComputeProvider[];
  readonly proxies?: (proxies: readonly SessionProxy[]) => readonly SessionProxy[];
  readonly prober?: Prober;
  readonly log?: Logger;
};

export type Broker = {
  /** Where gRPC is served. */
  readonly address: string;
  /** Where health and metrics are served; null: not served. */
  readonly httpAddress: string | null;
  readonly engine: Engine;
  /** Reads the class file now. */
  reload(): Promise<void>;
  /** Ends long waits, gives the lease up, closes. Sessions go on, unless the configuration says otherwise. */
  stop(): Promise<void>;
};

/** Short calls that are under way at a stop may take this long [ms]. */
const GRACE_MS = 5_000;
/** `--clear-on-exit` and `--clear-on-start` give up waiting after this; what is left goes on being destroyed [ms]. */
const CLEAR_MS = 60_000;

/** A whole broker: reads the configuration, builds the adapters, starts the loops and the edges. */
export async function runBroker(config: Config, o: Overrides = {}): Promise<Broker> {
  const parts = new AsyncDisposableStack();
  try {
    return await build(config, o, parts);
  } catch (err) {
    await parts.disposeAsync();
    throw err;
  }
}

async function build(config: Config, o: Overrides, parts: AsyncDisposableStack): Promise<Broker> {
  const ids = createIds();
  const replicaId = `replica-${ids.token().slice(-8)}`;
  const log = o.log ?? createLogger({ level: config.logLevel, base: { replica: replicaId } });
  const metrics = createMetrics();
  const system = createSystemClock();
  const stop = new AbortController();
  const health: StoreHealth = { ok: true, detail: '' };
  parts.defer(() => stop.abort());

  // With an installation id given, the store is the first to need it.
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const installationId =
    config.installationId ?? (await keptInstallationId(config.dataDir, () => ids.token().slice(2)));
  const { store, clock } = await openStore(config, o, metrics, log, system, health, stop.signal, parts);
  const { providers, marketplaces, processes } = createProviders(config, o, metrics, log, clock, installationId, parts);
  const found = await findNginx(config.nginx);
  const own = createOwnConnections(system);
  const proxies = createProxies(config, o, log, system, installationId, found, own);
  const names = {
    providers: providers.map((p) => p.name),
    proxies: proxies.map((p) => p.kind),
    unusable: {
      ...('why' in found ? { 'nginx-local': found.why } : {}),
      ...(config.vastai === null ? { vastai: NO_KEY } : {}),
    },
    regions: REGIONS,
  };
  const { classes, quotas, file } = await openClasses(config, names, log, clock, stop.signal);

  const engine = createEngine({
    store,
    clock,
    ids,
    classes,
    quotas,
    providers,
    marketplaces,
    bans: config.bans,
    banExchange: exchangeOf(config, clock, parts),
    proxies,
    prober: o.prober ?? createProber(own),
    instanceHttp: createInstanceHttp(),
    hooks: createReport(log, metrics, clock),
    maxInstances: config.maxInstances,
    maxMicrosPerHour: config.maxMicrosPerHour,
    keepEndedMs: config.keepEndedMs,
    keepEventsMs: config.keepEventsMs,
    activityMs: config.activityMs,
    leaseMs: config.leaseMs,
    renewMs: config.leaseRenewMs,
    mayLead: config.lead,
    alone: config.store.kind === 'sqlite',
    adminSecret: config.adminTokenFile === null ? null : (await readFile(config.adminTokenFile, 'utf8')).trim(),
    about: { version: await version(), replicaId, installationId, store: config.store.kind, startedAt: clock.now() },
  });
  const http = await openHttp(config, engine, metrics, health, log, clock);
  if (http !== null) parts.defer(() => http.stop(AbortSignal.timeout(GRACE_MS)));
  const running = engine.run(stop.signal);
  parts.defer(async () => {
    stop.abort();
    await running;
  });
  await engine.ready;
  if (config.clearOnStart) await engine.clear(AbortSignal.timeout(CLEAR_MS));
  if (config.clearOnExit) parts.defer(() => engine.clear(AbortSignal.timeout(CLEAR_MS)));
  const grpc = await openGrpc(config, engine, metrics, log, clock, system);
  parts.defer(() => grpc.stop(GRACE_MS));

  if (http !== null) log.info({ address: `${http.host}:${http.port}` }, 'http.started');
  log.info({ address: grpc.address }, 'broker.started');
  log.info({ provider: 'process', detail: processes.describeLimits() }, 'provider.limits');
  return {
    address: grpc.address,
    httpAddress: http === null ? null : `${http.host}:${http.port}`,
    engine,
    async reload() {
      await file.reload();
    },
    async stop() {
      await parts.disposeAsync();
      log.info({}, 'broker.stopped');
    },
  };
}

const version = async (): Promise<string> => {
  const { version: v } = JSON.parse(await readFile(shippedFile('package.json'), 'utf8')) as { version: string };
  return v;
};

async function openStore(
  config: Config,
  o: Overrides,
  metrics: Metrics,
  log: Logger,
  system: Clock,
  health: StoreHealth,
  signal: AbortSignal,
  parts: AsyncDisposableStack,
): Promise<{ store: Store; clock: Clock }> {
  const wrap = (store: Store) => {
    parts.defer(() => store.close());
    return measuredStore(o.store?.(store) ?? store, metrics, system, health);
  };
  const { maxEvents } = config;
  if (config.store.kind === 'sqlite')
    return { store: wrap(await openSqliteStore(config.store.file, { maxEvents })), clock: system };
  const redis = await openRedisStore({ url: config.store.url, prefix: config.redisPrefix, clock: system, maxEvents });
  for (const detail of redis.notes) log.warn({ detail }, 'store.note');
  const store = wrap(redis);
  return { store, clock: await createRedisClock(system, redis.serverTime, signal) };
}

function createProviders(
  config: Config,
  o: Overrides,
  metrics: Metrics,
  log: Logger,
  clock: Clock,
  installationId: string,
  parts: AsyncDisposableStack,
): { providers: readonly ComputeProvider[]; marketplaces: readonly Marketplace[]; processes: ProcessProvider } {
  // A create must end before the lease could: see `Term.outlives`.
  const createMs = Math.min(10_000, config.leaseMs - 2 * config.leaseRenewMs);
  const processes = createProcessProvider({
    dir: join(config.dataDir, 'instances'),
    installationId,
    portRange: config.processPorts,
    clock,
    limits: { createMs },
    log,
  });
  parts.defer(() => processes.close());
  const markets = config.vastai === null ? [] : [createVastai(config.vastai, installationId, createMs, clock, log)];
  for (const market of markets) parts.defer(() => market.close());
  const own = [processes, ...markets];
  const all = o.providers?.(own) ?? own;
  return { providers: all.map((p) => measuredProvider(p, metrics, clock)), marketplaces: markets, processes };
}

/** Its bans are of hosts of Vast.ai: the provisioner knew no other provider. */
function exchangeOf({ blacklist }: Config, clock: Clock, parts: AsyncDisposableStack): BanExchanging | null {
  if (blacklist === null) return null;
  const exchange = openBlacklist({ url: blacklist.url, clock });
  parts.defer(() => exchange.close());
  return { exchange, provider: 'vastai', write: blacklist.write };
}

function createVastai(
  c: VastaiConfig,
  installationId: string,
  createMs: number,
  clock: Clock,
  log: Logger,
): VastaiProvider {
  const { key, keyFile, ...rest } = c;
  return createVastaiProvider({
    ...rest,
    key: keyFrom({ key, keyFile }),
    installationId,
    clock,
    log,
    limits: { createMs },
  });
}

/** `system`: nginx is waited for by this machine's time, whatever the store's. */
function createProxies(
  config: Config,
  o: Overrides,
  log: Logger,
  system: Clock,
  installationId: string,
  found: NginxFound,
  own: OwnConnections,
): readonly SessionProxy[] {
  const nginx = createNginxProxy({
    dir: join(config.dataDir, 'proxies'),
    installationId,
    portRange: config.proxyPorts,
    listening: { address: config.proxyListen, host: config.proxyHost },
    clock: system,
    own,
    found,
    log,
  });
  const all = [createDirectProxy(), nginx];
  return o.proxies?.(all) ?? all;
}

async function openClasses(
  config: Config,
  known: Known,
  log: Logger,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ classes: Classes; quotas: CurrentQuotas; file: ClassFile }> {
  const listeners = new Set<() => void>();
  const byName = (list: readonly SessionClass[]) => new Map(list.map((c) => [c.name, c]));
  const changed = () => {
    for (const listener of listeners) listener();
  };
  const file = await openClassFile({
    path: config.classesFile,
    ...known,
    onChange(content) {
      current = byName(content.classes);
      quotas = content.quotas;
      log.info({ path: config.classesFile }, 'classes.reloaded');
      changed();
    },
    onBroken: (detail) => log.error({ path: config.classesFile, detail }, 'classes.broken'),
    sleep: clock.sleep,
    signal,
  });
  let current: ReadonlyMap<string, SessionClass> = byName(file.content().classes);
  let quotas: Quotas = file.content().quotas;
  return {
    file,
    quotas: () => quotas,
    classes: {
      current: () => current,
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      changed,
    },
  };
}

async function openHttp(
  config: Config,
  engine: Engine,
  metrics: Metrics,
  store: StoreHealth,
  log: Logger,
  clock: Clock,
): Promise<HttpServer | null> {
  metrics.watch({
    sessions: () => Object.fromEntries(engine.mirror.phases('session')),
    instances: () => Object.fromEntries(engine.mirror.phases('instance')),
    reserves: engine.reserves,
    leads: engine.isLeading,
    money: engine.money,
    banned: engine.banned,
  });
  if (config.httpListen === null) return null;
  const onError = (err: unknown) => log.warn({ err }, 'http.failed');
  return startHttp({
    listen: config.httpListen,
    // A store that is away makes no replica unready: all would be at once, and callers would lose the typed answer.
    health: () => ({ live: true, ready: engine.isReady(), details: { store: { ...store } } }),
    metrics,
    console: createConsole({
      admin: engine.admin,
      auth: engine.auth,
      isReady: engine.isReady,
      mirror: engine.mirror,
      view: (session) => viewOf({ clock, mirror: engine.mirror }, session),
      clock,
      onError,
    }),
    onError,
  });
}

/** Without any token everybody who can connect is an admin, so nobody but this machine may connect. */
async function openGrpc(
  config: Config,
  engine: Engine,
  metrics: Metrics,
  log: Logger,
  clock: Clock,
  system: Clock,
): Promise<GrpcServer> {
  const { tls, listen } = config;
  const open = !engine.auth.tokensExist();
  if (open)
    log.warn(
      { detail: 'no token exists: only this machine is served; make one with: berth token create' },
      'auth.open',
    );
  const host = open && !isLoopback(listen.host) ? '127.0.0.1' : listen.host;
  return startGrpc({
    listen: `${host.includes(':') ? `[${host}]` : host}:${listen.port}`,
    sessions: engine.sessions,
    admin: engine.admin,
    auth: engine.auth,
    ...(tls === null ? {} : { tls: await readTls(tls) }),
    insecure: config.insecure,
    clock,
    wallNow: system.now,
    ids: createIds(),
    log,
    metrics,
  });
}

async function readTls(tls: NonNullable<Config['tls']>): Promise<GrpcTls> {
  const clientCa = tls.clientCaFile === null ? {} : { clientCa: await readFile(tls.clientCaFile) };
  return { cert: await readFile(tls.certFile), key: await readFile(tls.keyFile), ...clientCa };
}
