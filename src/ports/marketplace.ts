import type { Micros } from '../domain/resources.ts';

/** A recipe that is kept at the provider. */
export type Template = {
  /** Changes with its content. */
  readonly hash: string;
  readonly image: string;
};

export type Account = {
  /** Prepaid money that is left. */
  readonly creditMicros: Micros;
};

/** What a provider that takes money has beside its instances. Implementations never retry and never log secrets. */
export interface Marketplace {
  readonly name: string;
  /** @param named its hash or number. @throws BrokerError `not-found` */
  template(named: string, signal: AbortSignal): Promise<Template>;
  account(signal: AbortSignal): Promise<Account>;
}
