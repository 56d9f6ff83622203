import type { NamedPort, Protocol } from './endpoint.ts';
import type { ProxySettings } from './proxy.ts';
import type { Resources } from './resources.ts';
import type { Placement } from './search.ts';

/** How it is decided that an instance serves. HTTP and gRPC are asked through the proxy, TCP of the instance itself. */
export type Readiness =
  | { readonly kind: 'http'; readonly port: string; readonly path: string; readonly expect: readonly StatusRange[] }
  /** grpc.health.v1.Health/Check; an empty service asks for the server as a whole. */
  | { readonly kind: 'grpc'; readonly port: string; readonly service: string }
  | { readonly kind: 'tcp'; readonly port: string };

/** Both ends inclusive. */
export type StatusRange = { readonly from: number; readonly to: number };

export type ReadinessPolicy = Readiness & {
  /** Between two probes of an instance that does not answer yet; the first ones come faster [ms]. */
  readonly intervalMs: number;
  /** How long one probe waits for its answer [ms]. */
  readonly timeoutMs: number;
  /** Failed probes in a row after which a ready instance counts as lost. */
  readonly failureThreshold: number;
  /** Between two probes of a reserve member [ms]. */
  readonly readyIntervalMs: number;
  /** Whether an instance in use is probed, too, as often as a reserve member. Absent: not. */
  readonly whileInUse?: boolean;
};

export type Span = { readonly default: number; readonly min: number; readonly max: number };

/** How many ready instances a class keeps, and how hard it tries. */
export type ReservePolicy = {
  readonly target: number;
  /** Instances on their way at once for the reserve. */
  readonly maxAtOnce: number;
  /** Failed starts in a row after which refilling stops, but for trial starts. */
  readonly maxFailures: number;
  /** Before the first trial start; doubled after each that fails [ms]. */
  readonly retryMs: number;
  /** No trial start waits longer than this [ms]. */
  readonly maxRetryMs: number;
};

/** What counts as use of a session, beside KeepAlive and requests to its proxy. */
export type ActivityPolicy = {
  /** Connections to its proxy: use as long as they are open, only while data moves on them, or not at all. */
  readonly connections: 'open' | 'data' | 'ignore';
  /** What the instance itself says; null: it is not asked. */
  readonly http: ActivityProbe | null;
};

/** A GET to the instance whose JSON answer tells of its use. */
export type ActivityProbe = {
  readonly port: string;
  readonly path: string;
  /** Where in the answer: names and array indices joined by `.`. A text is the time of the last use (RFC 3339); a
   *  number, true or false is use whenever it has changed. */
  readonly json: string;
  readonly timeoutMs: number;
};

/** A POST to the instance before a session ends by itself, so that work can be saved. */
export type EndHook = { readonly port: string; readonly path: string; readonly timeoutMs: number };

/** What becomes of a session whose instance is lost in use. null: it ends. */
export type ReplacePolicy = {
  /** Instances tried for one loss. */
  readonly attempts: number;
  /** From the loss on; then the session ends [ms]. */
  readonly withinMs: number;
};

/** What a caller may override. Requirements are bounded by `maxResources`; 0 there means: must not be asked for. */
export type Allowed = {
  readonly command: boolean;
  /** Names of variables; `*` matches any run of characters. */
  readonly env: readonly string[];
  readonly maxResources: Resources;
};

/** What a provider that runs images makes instances from. */
export type ImageSource = {
  /** Empty: the template's. */
  readonly image: string;
  /** A template of the provider, by hash or number; null: none. */
  readonly template: string | null;
  /** null: the image can be had by anybody. */
  readonly login: RegistryLogin | null;
};

/** The password is read from its file whenever an instance is made; it is in no record. */
export type RegistryLogin = { readonly server: string; readonly username: string; readonly passwordFile: string };

/** A named recipe set by admins. All times in ms. */
export type SessionClass = {
  readonly name: string;
  readonly description: string;
  readonly provider: string;
  readonly proxy: string;
  /** null: the proxy has none. */
  readonly proxySettings: ProxySettings | null;
  readonly command: readonly string[];
  /** null: the provider runs commands as they are. */
  readonly image: ImageSource | null;
  /** null: the provider has no market. */
  readonly placement: Placement | null;
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly ClassPort[];
  readonly resources: Resources;
  readonly allow: Allowed;
  readonly lifetime: Span;
  /** No extension passes this, counted from `active`. */
  readonly maxAgeMs: number;
  /** null: sessions are never idle unless the caller asks. */
  readonly idleTimeoutMs: number | null;
  readonly maxIdleTimeoutMs: number;
  readonly queueTimeoutMs: number;
  readonly bootTimeoutMs: number;
  readonly activationTimeoutMs: number;
  readonly confirmTimeoutMs: number;
  /** How long before an end by lifetime or idleness the warning comes. */
  readonly warnBeforeMs: number;
  /** Instances tried for one session before it ends as `start-failed`. */
  readonly startAttempts: number;
  readonly readiness: ReadinessPolicy;
  readonly reserve: ReservePolicy;
  /** Whether the HTTP and gRPC ports let only requests through that carry the session's access token. */
  readonly access: 'open' | 'token';
  readonly activity: ActivityPolicy;
  /** null: nothing is called. */
  readonly beforeEnd: EndHook | null;
  readonly onLoss: ReplacePolicy | null;
  /** Whether instances in use are replaced, too, when what they were made from has changed. */
  readonly replaceOutdated: boolean;
  /** Changes with anything that an instance is made from, so that older reserve members can be told apart. */
  readonly recipe: string;
};

export type ClassPort = NamedPort & { readonly protocol: Protocol };
