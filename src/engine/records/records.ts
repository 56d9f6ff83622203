import type { Role } from '../../domain/caller.ts';
import { BrokerError } from '../../domain/errors.ts';
import type { HostRecord, MachineRecord } from '../../domain/host-registry.ts';
import type { SessionId, TokenId } from '../../domain/ids.ts';
import type { Instance } from '../../domain/instance.ts';
import type { Offer } from '../../domain/offer.ts';
import type { Proxy } from '../../domain/proxy.ts';
import type { Question } from '../../domain/question.ts';
import type { QuotaName } from '../../domain/quota.ts';
import type { StartHistory } from '../../domain/reserve.ts';
import type { Asked, Refused, Session } from '../../domain/session.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Stored } from '../../ports/store.ts';

/** Written into every record. A reader accepts this version and the one before, so that a rollback works. */
const FORMAT = 1;

/** An idempotency key: the session it stands for, or the mark of a release that overtook its acquire. */
export type RequestRecord =
  | {
      readonly kind: 'session';
      readonly session: SessionId;
      /** Set where the session was asked for otherwise (`on_conflict` RETURN). */
      readonly asked?: Asked;
    }
  | { readonly kind: 'tombstone'; readonly at: EpochMs };

export type NameRecord = { readonly session: SessionId };
/** Environment of a session's own; dropped when the session has ended. */
export type SecretRecord = { readonly env: Readonly<Record<string, string>> };
/** A reserve target set by an admin, over the configuration's. */
export type ReserveRecord = { readonly target: number | null; readonly by: string; readonly at: EpochMs };
export type TokenRecord = {
  readonly id: TokenId;
  /** SHA-256 of the secret, hex. The secret has 256 bits of chance, so no slow hash is needed. */
  readonly hash: string;
  readonly tenant: string;
  readonly role: Role;
  readonly createdAt: EpochMs;
  readonly note: string;
};
/** Whose instances the store tells of. */
export type InstallationRecord = {
  readonly id: string;
  /** Another one after the store was emptied. Absent: claimed by a broker that did not tell. */
  readonly life?: string;
  /** The life that was put back into this one. Absent: the store was new. */
  readonly restored?: string;
};
/** Secret: whoever has it can make every session's access token. */
export type AccessKeyRecord = { readonly key: string };
/** Whether anything may be rented at all; where there is no such record it may. */
export type RentingRecord = {
  readonly on: boolean;
  readonly by: string;
  readonly at: EpochMs;
  /** For people. */
  readonly why: string;
};
/** What a class could rent when the leader last looked, for those who ask any replica for a quote. */
export type MarketRecord = {
  readonly class: string;
  /** What is to be looked for. */
  readonly search: Question['search'];
  /** When somebody last asked for a look, and when the leader last answered. null: not yet. */
  readonly askedAt: EpochMs;
  readonly answeredAt: EpochMs | null;
  /** Of what is told here. null: nothing was seen. */
  readonly takenAt: EpochMs | null;
  /** The best of them. */
  readonly offers: readonly Offer[];
  readonly refused: Refused;
  /** Whether the provider has more than it told. */
  readonly more: boolean;
  /** Why there was nothing to be seen, in words for people; empty otherwise. */
  readonly why: string;
};
export type LeaseRecord = {
  readonly holder: string;
  /** The holder stopped and gave it up. */
  readonly released: boolean;
  readonly beat: number;
};

/** Every kind of record that each replica keeps in memory, with what it holds. */
export type Mirrored = {
  session: Session;
  instance: Instance;
  proxy: Proxy;
  reserve: ReserveRecord;
  history: StartHistory;
  token: TokenRecord;
  lease: LeaseRecord;
  machine: MachineRecord;
  host: HostRecord;
  renting: RentingRecord;
  market: MarketRecord;
};
export type MirroredKind = keyof Mirrored;

/** Keys of records. `tenant`, class and ids never hold a `/`; a request_id or name may not either. */
export const KEY = {
  session: (id: string) => `session/${id}`,
  instance: (id: string) => `instance/${id}`,
  proxy: (id: string) => `proxy/${id}`,
  request: (tenant: string, requestId: string) => `request/${tenant}/${requestId}`,
  name: (tenant: string, name: string) => `name/${tenant}/${name}`,
  secret: (id: SessionId) => `secret/${id}`,
  reserve: (className: string) => `reserve/${className}`,
  history: (className: string) => `history/${className}`,
  token: (id: string) => `token/${id}`,
  lease: 'lease/leader',
  /** Ids of machines and hosts are those of their provider. */
  machine: (provider: string, machine: string) => `machine/${provider}:${machine}`,
  host: (provider: string, host: string) => `host/${provider}:${host}`,
  renting: 'renting/all',
  /** A class's name, and what tells one question of it from another. */
  market: (id: string) => `market/${id}`,
  /** Its revision is the leader's epoch: written at every change of leader, expected by every write of a loop. */
  epoch: 'epoch/leader',
  installation: 'installation/id',
  accessKey: 'installation/access-key',
  /** There as long as the store is not emptied once more since it was put back. */
  ground: 'installation/ground',
} as const;

/** Sorted sets. */
export const SET = {
  /** `tenant/id` of sessions that have not ended. */
  live: 'sessions/live',
  /** `tenant/id` of sessions that have ended and are still kept. */
  ended: 'sessions/ended',
  /** Keys of records to be dropped, by the time of it. */
  expiry: 'expiry',
  instances: 'instances',
  proxies: 'proxies',
  settings: 'settings',
  /** `DAY/TENANT` of days on which a session ended that cost something, by the day's beginning. */
  costs: 'costs',
  /** Idempotency keys that stand for a session beside its own (`on_conflict` RETURN). */
  aliases: (id: SessionId) => `aliases/${id}`,
} as const;

/** Counters. */
export const COUNTER = {
  instances: (provider: string) => `instances/${provider}`,
  /** Micro-dollars per hour of what counts in `instances`. */
  spending: (provider: string) => `spending/${provider}`,
  /** Micro-dollars of a tenant's sessions that ended on a UTC day. */
  cost: (tenant: string, day: string) => `cost/${tenant}/${day}`,
  /** What a tenant has of one of its quotas. */
  quota: (tenant: string, name: QuotaName) => `quota/${tenant}/${name}`,
} as const;

/** Which quota of the tenant the counter is of. */
export const quotaNameOf = (tenant: string, counter: string): QuotaName =>
  counter.slice(`quota/${tenant}/`.length) as QuotaName;

/** The value to store: without the revision, which the store keeps beside it. */
export const encode = (record: object): object =>
  // One copy: JSON leaves out what is undefined.
  ({ v: FORMAT, ...record, revision: undefined });

/** What was stored, with its revision. @throws BrokerError `unavailable` for a format of a later version */
export function decode<T>(stored: Stored): T & { readonly revision: number } {
  const { v, ...rest } = stored.value as { v: number } & T;
  if (v !== FORMAT && v !== FORMAT - 1)
    throw new BrokerError('unavailable', `a record has format ${v}, this broker reads ${FORMAT - 1} and ${FORMAT}`, {
      reason: 'RECORD_FORMAT',
    });
  return { ...rest, revision: stored.revision } as T & { readonly revision: number };
}

/** The kind and the rest of a key. */
export function splitKey(key: string): { readonly kind: string; readonly id: string } {
  const slash = key.indexOf('/');
  return { kind: key.slice(0, slash), id: key.slice(slash + 1) };
}
