import type { Logger } from '../../observability/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ComputeProvider, ProviderLimits } from '../../ports/compute-provider.ts';
import type { Marketplace } from '../../ports/marketplace.ts';

export type VastaiOptions = {
  /** Read for every call, so that a key that was replaced is used at once; it goes nowhere but into the calls' headers. */
  readonly key: () => Promise<string>;
  /** Such as https://console.vast.ai. */
  readonly url: string;
  /** Factor of all pauses between calls. Below 1 the real limits refuse them. */
  readonly pace: number;
  /** Networks where instances may be though they are private, link-local or loopback. */
  readonly upstreams: readonly { readonly address: string; readonly prefix: number }[];
  /** Nothing is offered while the account has less than this. */
  readonly minCreditMicros: number;
  readonly installationId: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'debug' | 'warn'>;
  readonly limits?: Partial<ProviderLimits>;
};

export type VastaiProvider = ComputeProvider &
  Marketplace & {
    /** Ends what is being asked; instances go on. */
    close(): Promise<void>;
  };
