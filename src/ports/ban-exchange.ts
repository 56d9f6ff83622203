import type { EpochMs } from '../domain/time.ts';

/** A host that another provisioner on the same account has banned. `until` null: it has no end there. */
export type ForeignBan = { readonly host: string; readonly reason: string; readonly until: EpochMs | null };

/** Why a host is banned, in that provisioner's words. */
export type ForeignReason = 'slow_startup' | 'restarts';

/** The blacklist of hosts of another provisioner that runs beside this broker. Implementations never retry.
 *  @throws BrokerError `unavailable` */
export interface BanExchange {
  /** All bans, or an error, never a part. */
  read(signal: AbortSignal): Promise<readonly ForeignBan[]>;
  /** @param ttlMs until it ends there by itself */
  write(host: string, reason: ForeignReason, ttlMs: number): Promise<void>;
  /** Resolves also when there is none. */
  remove(host: string): Promise<void>;
}
