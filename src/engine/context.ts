import type { BanPolicy } from '../domain/host-registry.ts';
import type { InstanceId, ProxyId } from '../domain/ids.ts';
import type { Quotas } from '../domain/quota.ts';
import type { Micros } from '../domain/resources.ts';
import type { SessionClass } from '../domain/session-class.ts';
import type { BanExchange } from '../ports/ban-exchange.ts';
import type { Clock } from '../ports/clock.ts';
import type { ComputeProvider } from '../ports/compute-provider.ts';
import type { Ids } from '../ports/ids.ts';
import type { InstanceHttp } from '../ports/instance-http.ts';
import type { Marketplace } from '../ports/marketplace.ts';
import type { Prober } from '../ports/prober.ts';
import type { SessionProxy } from '../ports/session-proxy.ts';
import type { Store } from '../ports/store.ts';
import type { EngineHooks } from './hooks.ts';
import type { Market } from './market/market.ts';
import type { Templates } from './market/templates.ts';
import type { Follower } from './records/follow.ts';
import type { Ledger } from './records/ledger.ts';
import type { Mirror } from './records/mirror.ts';
import type { QueueNews } from './records/queue-news.ts';

/** The classes as configured now; they may be reloaded at any time. */
export type Classes = {
  current(): ReadonlyMap<string, SessionClass>;
  /** Calls `listener` after each reload. Returns its end. */
  onChange(listener: () => void): () => void;
  /** Calls the listeners: what depends on the classes is to be looked at again. */
  changed(): void;
};

/** What tenants may have as configured now; reloaded with the classes. */
export type CurrentQuotas = () => Quotas;

/** The blacklist of another provisioner on the same account, and whose hosts it tells of. */
export type BanExchanging = {
  readonly exchange: BanExchange;
  readonly provider: string;
  /** Whether our bans of hosts are written there. */
  readonly write: boolean;
};

/** What the use cases and the loops work with. */
export type EngineContext = {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly classes: Classes;
  readonly quotas: CurrentQuotas;
  readonly providers: ReadonlyMap<string, ComputeProvider>;
  /** Of the providers that have one. */
  readonly marketplaces: ReadonlyMap<string, Marketplace>;
  readonly bans: BanPolicy;
  /** Cap on the price per hour of all instances of each provider. */
  readonly maxMicrosPerHour: Micros;
  readonly banExchange: BanExchanging | null;
  readonly proxies: ReadonlyMap<string, SessionProxy>;
  readonly prober: Prober;
  readonly instanceHttp: InstanceHttp;
  readonly mirror: Mirror;
  readonly market: Market;
  readonly templates: Templates;
  readonly ledger: Ledger;
  readonly follower: Follower;
  readonly hooks: EngineHooks;
  readonly queueNews: QueueNews;
  readonly keepEndedMs: number;
  /** How long the event log reaches back [ms]. */
  readonly keepEventsMs: number;
  /** How often is looked whether sessions are used [ms]. */
  readonly activityMs: number;
  /** What a proxy that asks for a token is to be sent. */
  readonly accessTokenOf: (proxy: ProxyId) => string;
  /** What stands for `{{instance_token}}` where a class has that. */
  readonly instanceTokenOf: (instance: InstanceId) => string;
  /** While set, all is being ended: no reserve is kept. */
  readonly clearing: { now: boolean };
};
