import { resolve } from 'node:path';
import { configError, describeInput, explain, type Problem, pathText } from './explain.ts';
import { didYouMean } from './nearest.ts';
import { type Cidr, isLoopback, isWildcard, type Listen, type PortRange, type StorePlace } from './places.ts';
import { ConfigSchema, type Variables } from './schema.ts';
import { shippedFile } from './shipped.ts';
import { formatDuration } from './units.ts';

/** What a broker is told at its start. Paths are absolute, times in ms; null: not set. */
export type Config = {
  readonly dataDir: string;
  readonly store: StorePlace;
  readonly redisPrefix: string;
  readonly classesFile: string;
  readonly listen: Listen;
  /** null: not served. */
  readonly httpListen: Listen | null;
  readonly tls: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile: string | null } | null;
  readonly insecure: boolean;
  readonly adminTokenFile: string | null;
  readonly installationId: string | null;
  readonly lead: boolean;
  readonly leaseMs: number;
  readonly leaseRenewMs: number;
  readonly maxInstances: number;
  readonly maxMicrosPerHour: number;
  /** null: there is no such provider. */
  readonly vastai: VastaiConfig | null;
  readonly bans: {
    readonly termMs: number;
    readonly losses: number;
    readonly lossWindowMs: number;
    readonly hostAfter: number;
    readonly hostWindowMs: number;
  };
  /** null: there is none. */
  readonly blacklist: { readonly url: string; readonly write: boolean } | null;
  readonly processPorts: PortRange;
  readonly proxyPorts: PortRange;
  /** Address on which proxies listen, and the host that callers are told for it. */
  readonly proxyListen: string;
  readonly proxyHost: string;
  readonly activityMs: number;
  readonly keepEventsMs: number;
  readonly maxEvents: number;
  /** null: looked for. */
  readonly nginx: string | null;
  readonly keepEndedMs: number;
  readonly clearOnStart: boolean;
  readonly clearOnExit: boolean;
  readonly logLevel: Variables['BERTH_LOG_LEVEL'];
};

/** Why there is no provider vastai, and what to do about it. */
export const NO_KEY = 'it has no API key; set BERTH_VASTAI_KEY_FILE or BERTH_VASTAI_KEY';

/** One of `key` and `keyFile` is set. */
export type VastaiConfig = {
  readonly key: string | null;
  readonly keyFile: string | null;
  readonly url: string;
  readonly pace: number;
  readonly upstreams: readonly Cidr[];
  readonly minCreditMicros: number;
};

const HOST_WINDOW_MS = 7 * 86_400_000;

export type Env = Readonly<Record<string, string | undefined>>;

/** Read by the `berth` command and by instances: in an environment shared with them they are no mistake. */
const OTHERS = /^BERTH_(?:ADDRESS|TOKEN|TOKEN_FILE|TLS_CA|INSTANCE_ID|SESSION_ID|PORT_[A-Z0-9_]+|TEST_[A-Z0-9_]+)$/;
/** Set by Kubernetes in every pod beside a Service whose name begins with "berth". */
const KUBERNETES = /^BERTH(?:_[A-Z0-9]+)*_(?:SERVICE_(?:HOST|PORT)(?:_[A-Z0-9_]+)?|PORT(?:_\d+_[A-Z]+(?:_[A-Z]+)?)?)$/;

const DESCRIBED = describeInput(ConfigSchema);
const KNOWN = Object.keys(ConfigSchema.shape);

/** Reads the broker's options from environment variables; relative paths count from `cwd`.
 *  @throws ConfigError with one line per problem */
export function loadConfig(env: Env, cwd: string = process.cwd()): Config {
  // An empty variable is one that is not set: shells and Kubernetes can hardly unset one.
  const set = Object.fromEntries(Object.entries(env).filter(([name, value]) => name.startsWith('BERTH_') && value));
  const known = Object.fromEntries(Object.entries(set).filter(([name]) => KNOWN.includes(name)));
  const problems = unknownProblems(Object.keys(set).filter((name) => !KNOWN.includes(name)));
  const parsed = ConfigSchema.safeParse(known);
  if (!parsed.success) problems.push(...explain(parsed.error.issues, known, DESCRIBED));
  else problems.push(...crossCheck(parsed.data));
  if (!parsed.success || problems.length > 0)
    throw configError(problems.map((p) => `${pathText(p.path)}: ${p.text}`).join('\n'));
  return Object.freeze(toConfig(parsed.data, cwd));
}

function unknownProblems(names: readonly string[]): Problem[] {
  return names
    .filter((name) => !OTHERS.test(name) && !KUBERNETES.test(name))
    .map((name) => ({
      path: [name],
      text: `is no option of berth${didYouMean(name, KNOWN) || '; see deploy/config.md'}`,
    }));
}

type Refuse = (name: keyof Variables, text: string) => void;

/** Rules between variables: whom to blame and what to do. */
function crossCheck(v: Variables): Problem[] {
  const problems: Problem[] = [];
  const refuse: Refuse = (name, text) => problems.push({ path: [name], text });
  checkTls(v, refuse);
  checkPorts(v, refuse);
  if (v.BERTH_VASTAI_KEY !== undefined && v.BERTH_VASTAI_KEY_FILE !== undefined)
    refuse('BERTH_VASTAI_KEY_FILE', 'is set beside BERTH_VASTAI_KEY; accepted: one of the two');
  if (v.BERTH_BLACKLIST_WRITE && v.BERTH_BLACKLIST_REDIS === undefined)
    refuse('BERTH_BLACKLIST_REDIS', 'is required with BERTH_BLACKLIST_WRITE');
  if (isWildcard(v.BERTH_PROXY_LISTEN) && v.BERTH_PROXY_HOST === undefined)
    refuse(
      'BERTH_PROXY_HOST',
      `is required with BERTH_PROXY_LISTEN=${v.BERTH_PROXY_LISTEN}: callers cannot connect there`,
    );
  if (v.BERTH_LEASE_RENEW * 3 > v.BERTH_LEASE)
    refuse(
      'BERTH_LEASE_RENEW',
      `"${formatDuration(v.BERTH_LEASE_RENEW)}" is too long for a lease of ${formatDuration(v.BERTH_LEASE)}: two renewals may be lost; accepted: at most ${formatDuration(Math.floor(v.BERTH_LEASE / 3))}`,
    );
  return problems;
}

function checkTls(v: Variables, refuse: Refuse): void {
  const needs = (name: keyof Variables, by: keyof Variables) => {
    if (v[by] !== undefined && v[name] === undefined) refuse(name, `is required with ${by}; accepted: a path`);
  };
  needs('BERTH_TLS_KEY', 'BERTH_TLS_CERT');
  needs('BERTH_TLS_CERT', 'BERTH_TLS_KEY');
  needs('BERTH_TLS_CERT', 'BERTH_TLS_CLIENT_CA');
  if (!isLoopback(v.BERTH_LISTEN.host) && v.BERTH_TLS_CERT === undefined && !v.BERTH_INSECURE)
    refuse(
      'BERTH_LISTEN',
      `"${v.BERTH_LISTEN.host}" can be reached from other machines; set BERTH_TLS_CERT and BERTH_TLS_KEY, or BERTH_INSECURE=true to send tokens unencrypted`,
    );
}

const RANGES = [
  ['BERTH_PROCESS_PORTS', 'instances'],
  ['BERTH_PROXY_PORTS', 'proxies'],
] as const;

function checkPorts(v: Variables, refuse: Refuse): void {
  for (const name of ['BERTH_LISTEN', 'BERTH_HTTP_LISTEN'] as const) {
    const port = v[name]?.port ?? 0;
    for (const [range, whose] of RANGES) {
      const { from, to } = v[range];
      if (port >= from && port <= to)
        refuse(name, `port ${port} is one of ${range} (${from}-${to}), which are for ${whose}`);
    }
  }
  const [process, proxy] = [v.BERTH_PROCESS_PORTS, v.BERTH_PROXY_PORTS];
  if (process.from <= proxy.to && proxy.from <= process.to)
    refuse(
      'BERTH_PROXY_PORTS',
      `${proxy.from}-${proxy.to} shares ports with BERTH_PROCESS_PORTS (${process.from}-${process.to})`,
    );
  const { BERTH_LISTEN: grpc, BERTH_HTTP_LISTEN: http } = v;
  if (http !== null && http.port !== 0 && http.port === grpc.port && http.host === grpc.host)
    refuse('BERTH_HTTP_LISTEN', `port ${http.port} is the one of BERTH_LISTEN; accepted: another one, or off`);
}

function toConfig(v: Variables, cwd: string): Config {
  const dataDir = resolve(cwd, v.BERTH_DATA_DIR);
  const absolute = (path: string | undefined): string | null => (path === undefined ? null : resolve(cwd, path));
  const certFile = absolute(v.BERTH_TLS_CERT);
  const keyFile = absolute(v.BERTH_TLS_KEY);
  return {
    dataDir,
    store: toStore(v.BERTH_STORE, dataDir, cwd),
    redisPrefix: v.BERTH_REDIS_PREFIX,
    classesFile: absolute(v.BERTH_CLASSES) ?? shippedFile('deploy/classes/default.yaml'),
    listen: v.BERTH_LISTEN,
    httpListen: v.BERTH_HTTP_LISTEN,
    tls: certFile && keyFile ? { certFile, keyFile, clientCaFile: absolute(v.BERTH_TLS_CLIENT_CA) } : null,
    insecure: v.BERTH_INSECURE,
    adminTokenFile: absolute(v.BERTH_ADMIN_TOKEN_FILE),
    installationId: v.BERTH_INSTALLATION_ID ?? null,
    lead: v.BERTH_LEAD,
    leaseMs: v.BERTH_LEASE,
    leaseRenewMs: v.BERTH_LEASE_RENEW,
    maxInstances: v.BERTH_MAX_INSTANCES,
    maxMicrosPerHour: v.BERTH_MAX_DOLLARS_PER_HOUR,
    vastai: toVastai(v, absolute(v.BERTH_VASTAI_KEY_FILE)),
    bans: {
      termMs: v.BERTH_BAN_TERM,
      losses: v.BERTH_BAN_LOSSES,
      lossWindowMs: v.BERTH_BAN_LOSS_WINDOW,
      hostAfter: v.BERTH_BAN_HOST_AFTER,
      hostWindowMs: HOST_WINDOW_MS,
    },
    blacklist:
      v.BERTH_BLACKLIST_REDIS === undefined ? null : { url: v.BERTH_BLACKLIST_REDIS, write: v.BERTH_BLACKLIST_WRITE },
    processPorts: v.BERTH_PROCESS_PORTS,
    proxyPorts: v.BERTH_PROXY_PORTS,
    proxyListen: v.BERTH_PROXY_LISTEN,
    proxyHost: v.BERTH_PROXY_HOST ?? v.BERTH_PROXY_LISTEN,
    activityMs: v.BERTH_ACTIVITY_INTERVAL,
    keepEventsMs: v.BERTH_KEEP_EVENTS,
    maxEvents: v.BERTH_MAX_EVENTS,
    nginx: absolute(v.BERTH_NGINX),
    keepEndedMs: v.BERTH_KEEP_ENDED,
    clearOnStart: v.BERTH_CLEAR_ON_START,
    clearOnExit: v.BERTH_CLEAR_ON_EXIT,
    logLevel: v.BERTH_LOG_LEVEL,
  };
}

function toVastai(v: Variables, keyFile: string | null): VastaiConfig | null {
  const key = v.BERTH_VASTAI_KEY ?? null;
  if (key === null && keyFile === null) return null;
  return {
    key,
    keyFile,
    url: v.BERTH_VASTAI_URL,
    pace: v.BERTH_VASTAI_PACE,
    upstreams: v.BERTH_VASTAI_UPSTREAMS ?? [],
    minCreditMicros: v.BERTH_VASTAI_MIN_CREDIT,
  };
}

const toStore = (written: StorePlace | undefined, dataDir: string, cwd: string): StorePlace =>
  written === undefined
    ? { kind: 'sqlite', file: resolve(dataDir, 'berth.db') }
    : written.kind === 'sqlite'
      ? { kind: 'sqlite', file: resolve(cwd, written.file) }
      : written;
