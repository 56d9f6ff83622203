import { createHash } from 'node:crypto';
import { type Document, isMap, LineCounter, parseDocument } from 'yaml';
import { crossCheck, isMarket, type Known, proxyOf } from './class-rules.ts';
import { ClassSchema, type WrittenClass } from './class-schema.ts';
import { configError, describeInput, explain, type Problem, pathText } from './explain.ts';
import { isLabel } from './fields.ts';
import { locate } from './locate.ts';
import { didYouMean } from './nearest.ts';
import { has, isFrom, isPlain, merge, type Plain, refusedMap } from './plain.ts';
import { NO_QUOTAS, type ParsedQuotas, readQuotas } from './quotas.ts';
import { fillOwn, type Own, ownParts } from './shipped.ts';

/** Not an option: nothing is activated before there is an in-instance agent. */
const ACTIVATION_TIMEOUT_MS = 60_000;
/** A class file is written by people; a Kubernetes ConfigMap holds no more either. */
const MAX_FILE_BYTES = 1_048_576;

const DESCRIBED = describeInput(ClassSchema);

export type ParseOptions = Known & {
  /** Names the file in messages. */
  readonly file: string;
  readonly own?: Own;
};

/** One session class; assignable to `SessionClass` of the domain, which a test asserts. */
export type ParsedClass = ReturnType<typeof toClass>;

/** What a class file says. */
export type ParsedFile = { readonly classes: readonly ParsedClass[]; readonly quotas: ParsedQuotas };

/** Reads a class file's text. All that is wrong with it is told at once; the rules between the options of a class are
 *  checked when each option for itself is right.
 *  @throws ConfigError with one line per problem: file:line:column: path: what is wrong; accepted: ... */
export function parseClassFile(text: string, options: ParseOptions): ParsedFile {
  if (text.length > MAX_FILE_BYTES) throw configError(`${options.file}: is larger than 1 MiB`);
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${options.file}:${line}:${col}`;
  };
  if (doc.errors.length > 0) throw configError(doc.errors.map((e) => `${at(e.pos[0])}: ${e.message}`).join('\n'));

  const read = readFile(doc, options);
  if (read.problems.length === 0) return { classes: read.classes, quotas: read.quotas };
  const told = read.problems
    .map((p) => ({ offset: locate(doc, p), text: p.path.length ? `${pathText(p.path)}: ${p.text}` : p.text }))
    .toSorted((a, b) => a.offset - b.offset)
    .map((p) => `${at(p.offset)}: ${p.text}`);
  throw configError([...new Set(told)].join('\n'));
}

type Read = { readonly classes: readonly ParsedClass[]; readonly problems: readonly Problem[] };
const PARTS = ['classes', 'defaults', 'quotas'];
const broken = (problems: readonly Problem[]) => ({ classes: [], quotas: NO_QUOTAS, problems });

function readFile(doc: Document.Parsed, options: ParseOptions): Read & ParsedFile {
  const root = toPlain(doc);
  if (typeof root === 'string') return broken([{ path: [], text: root }]);
  const { classes: written, defaults = {}, quotas: limits = {}, ...others } = root;
  const problems: Problem[] = Object.keys(others).map((key) => ({
    path: [key],
    atKey: true,
    text: `unknown option${didYouMean(key, PARTS) || `; accepted: ${PARTS.join(', ')}`}`,
  }));
  if (!isPlain(defaults)) return broken([...problems, refusedMap(['defaults'], defaults)]);
  if (!isPlain(written) || Object.keys(written).length === 0)
    return broken([...problems, { path: ['classes'], text: 'is required; accepted: at least one class by its name' }]);

  problems.push(...defaultsProblems(defaults));
  const classes = Object.entries(written).flatMap(([name, own]): ParsedClass[] => {
    const result = readClass(name, own, defaults, options);
    problems.push(...result.problems);
    return [...result.classes];
  });
  const { quotas, problems: wrong } = readQuotas(limits, Object.keys(written));
  return { classes, quotas, problems: [...problems, ...wrong] };
}

function readClass(name: string, own: unknown, defaults: Plain, options: ParseOptions): Read {
  const path = ['classes', name];
  const problems: Problem[] = [];
  if (!isLabel(name, 63))
    problems.push({
      path,
      atKey: true,
      text: 'is no name for a class; accepted: 1 to 63 lower-case letters, digits and "-", beginning with a letter',
    });
  if (!isPlain(own)) return { classes: [], problems: [...problems, refusedMap(path, own)] };
  const merged = merge(withoutOther(defaults, own), own);
  const parsed = ClassSchema.safeParse(merged);
  const found = parsed.success
    ? crossCheck(parsed.data, options)
    : explain(parsed.error.issues, merged, DESCRIBED).filter((p) => !isFrom(defaults, own, p.path));
  problems.push(...found.map((p) => ({ ...p, path: [...path, ...p.path] })));
  if (!parsed.success || problems.length > 0) return { classes: [], problems };
  return {
    classes: [toClass(name, parsed.data, proxyOf(parsed.data.proxy, options), options.own ?? ownParts())],
    problems,
  };
}

function defaultsProblems(defaults: Plain): Problem[] {
  const parsed = ClassSchema.safeParse(defaults);
  if (parsed.success) return [];
  return explain(parsed.error.issues, defaults, DESCRIBED)
    .filter((p) => has(defaults, p.path))
    .map((p) => ({ ...p, path: ['defaults', ...p.path] }));
}

function toPlain(doc: Document.Parsed): Plain | string {
  if (!isMap(doc.contents))
    return 'is no class file; accepted: a map with "classes" and, if wanted, "defaults" and "quotas"';
  try {
    const plain: unknown = doc.toJS({ maxAliasCount: 100 });
    if (isEndless(plain)) return 'cannot be read: an alias (*) stands within what it names';
    return isPlain(plain) ? plain : 'is no class file';
  } catch (err) {
    return `cannot be read: ${err instanceof Error ? err.message : String(err)}`;
  }
}

/** Whether a value holds itself. */
const isEndless = (value: unknown, within: readonly unknown[] = []): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (within.includes(value) || Object.values(value).some((v) => isEndless(v, [...within, value])));

const READINESS_KINDS = ['http', 'grpc', 'tcp'] as const;

/** `defaults` without the kinds of readiness that the class does not want: they exclude each other. */
function withoutOther(defaults: Plain, own: Plain): Plain {
  const { readiness } = defaults;
  const wanted = own.readiness;
  if (!isPlain(readiness) || !isPlain(wanted)) return defaults;
  if (!READINESS_KINDS.some((kind) => kind in wanted)) return defaults;
  const kept = Object.entries(readiness).filter(
    ([key]) => key in wanted || !READINESS_KINDS.some((kind) => kind === key),
  );
  return { ...defaults, readiness: Object.fromEntries(kept) };
}

type Probe =
  | {
      readonly kind: 'http';
      readonly port: string;
      readonly path: string;
      readonly expect: readonly { from: number; to: number }[];
    }
  | { readonly kind: 'grpc'; readonly port: string; readonly service: string }
  | { readonly kind: 'tcp'; readonly port: string };

const firstPort = (c: WrittenClass): string => c.ports[0]?.name ?? '';

function toProbe(c: WrittenClass): Probe {
  const { http, grpc, tcp } = c.readiness;
  if (http) return { kind: 'http', port: http.port ?? firstPort(c), path: http.path, expect: http.expect };
  if (grpc) return { kind: 'grpc', port: grpc.port ?? firstPort(c), service: grpc.service };
  return { kind: 'tcp', port: tcp?.port ?? firstPort(c) };
}

function toActivity(c: WrittenClass) {
  const { connections, http } = c.activity;
  if (http === undefined) return { connections, http: null };
  return {
    connections,
    http: { port: http.port ?? firstPort(c), path: http.path, json: http.json, timeoutMs: http.timeout },
  };
}

const toHook = (c: WrittenClass) =>
  c.before_end === undefined
    ? null
    : { port: c.before_end.port ?? firstPort(c), path: c.before_end.path, timeoutMs: c.before_end.timeout };

const toImage = (c: WrittenClass) =>
  c.image === '' && c.template === undefined
    ? null
    : {
        image: c.image,
        template: c.template ?? null,
        login:
          c.registry === undefined
            ? null
            : { server: c.registry.server, username: c.registry.username, passwordFile: c.registry.password_file },
      };

const toPlacement = (p: WrittenClass['placement'], model: string) => ({
  gpuModels: p.gpu_models.length > 0 ? p.gpu_models : model === '' ? [] : [model],
  regions: p.regions,
  maxMicrosPerHour: p.max_price ?? null,
  minReliability: p.min_reliability,
  minDownMbps: p.min_download,
  minCuda: p.min_cuda,
  verified: p.verified,
  datacenter: p.datacenter,
  interruptible: p.interruptible,
  minRemainingMs: p.min_remaining,
  query: p.query ?? null,
  microsPerMinute: p.minute_value,
  expectedHours: p.expected_hours,
  imageBytes: p.image_size,
  offerAttempts: p.offer_attempts,
});

const toReplace = (on: WrittenClass['on_loss']) =>
  on === 'end' ? null : { attempts: on.replace.attempts, withinMs: on.replace.within };

const toResources = (r: WrittenClass['resources']) => ({
  cpu: r.cpu,
  memory: r.memory,
  gpuModel: r.gpus.model,
  gpuCount: r.gpus.count,
  gpuMemory: r.gpus.memory,
  disk: r.disk,
});

const toProxySettings = (p: WrittenClass['proxy_settings']) => ({
  maxBody: p.max_body,
  maxHeader: p.max_header,
  maxConnections: p.max_connections,
  connectTimeoutMs: p.connect_timeout,
  readTimeoutMs: p.read_timeout,
  sendTimeoutMs: p.send_timeout,
  clientHeaderTimeoutMs: p.client_header_timeout,
  clientBodyTimeoutMs: p.client_body_timeout,
  clientSendTimeoutMs: p.client_send_timeout,
  keepaliveTimeoutMs: p.keepalive_timeout,
  drainTimeoutMs: p.drain_timeout,
  ...(p.authorization === undefined ? {} : { authorization: p.authorization }),
});

function toClass(name: string, c: WrittenClass, proxy: string, own: Own) {
  const most = c.allow.max_resources;
  return {
    name,
    description: c.description,
    provider: c.provider,
    proxy,
    proxySettings: proxy === 'direct' ? null : toProxySettings(c.proxy_settings),
    command: c.command.map((argument) => fillOwn(argument, own)),
    env: c.env,
    ports: c.ports.map(({ number, ...port }) => (number === undefined ? port : { ...port, number })),
    resources: toResources(c.resources),
    allow: {
      command: c.allow.command,
      env: c.allow.env,
      maxResources: toResources({
        cpu: most.cpu ?? c.resources.cpu,
        memory: most.memory ?? c.resources.memory,
        gpus: {
          model: most.gpus.model ?? c.resources.gpus.model,
          count: most.gpus.count ?? c.resources.gpus.count,
          memory: most.gpus.memory ?? c.resources.gpus.memory,
        },
        disk: most.disk ?? c.resources.disk,
      }),
    },
    lifetime: c.lifetime,
    maxAgeMs: c.max_age ?? c.lifetime.max,
    idleTimeoutMs: c.idle_timeout,
    maxIdleTimeoutMs: c.max_idle_timeout,
    queueTimeoutMs: c.queue_timeout,
    bootTimeoutMs: c.boot_timeout ?? (isMarket(c.provider) ? 20 : 5) * 60_000,
    activationTimeoutMs: ACTIVATION_TIMEOUT_MS,
    confirmTimeoutMs: c.confirm_timeout,
    warnBeforeMs: c.warn_before,
    startAttempts: c.start_attempts,
    readiness: {
      ...toProbe(c),
      intervalMs: c.readiness.interval,
      timeoutMs: c.readiness.timeout,
      failureThreshold: c.readiness.failure_threshold,
      readyIntervalMs: c.readiness.ready_interval,
      whileInUse: c.readiness.while_in_use,
    },
    reserve: {
      target: c.reserve.target,
      maxAtOnce: c.reserve.max_at_once,
      maxFailures: c.reserve.max_failures,
      retryMs: c.reserve.retry,
      maxRetryMs: c.reserve.max_retry,
    },
    access: c.access,
    activity: toActivity(c),
    beforeEnd: toHook(c),
    onLoss: toReplace(c.on_loss),
    image: toImage(c),
    placement: isMarket(c.provider) ? toPlacement(c.placement, c.resources.gpus.model) : null,
    replaceOutdated: c.replace_outdated,
    recipe: recipeOf(c),
  };
}

/** Over what an instance and its proxy are made from, as written: `{{berth}}` and `auto` stay, so that replicas
 *  installed in different folders agree. The order of variables does not count. */
function recipeOf(c: WrittenClass): string {
  const env = Object.entries(c.env).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const parts = [
    c.provider,
    c.proxy,
    c.proxy === 'direct' ? null : toProxySettings(c.proxy_settings),
    c.command,
    env,
    c.ports.map((p) => (p.number === undefined ? [p.name, p.protocol] : [p.name, p.protocol, p.number])),
    toResources(c.resources),
    // Only where it is not the default: instances made before there was a choice stay what they are.
    ...(c.access === 'open' ? [] : [c.access]),
    ...(toImage(c) === null ? [] : [c.image, c.template ?? '']),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
