// Original file: proto/berth/v1/admin.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

export interface ProviderStatus {
  'name'?: (string);
  /**
   * Instances that count toward the cap.
   */
  'instances'?: (number | string | Long);
  'maxInstances'?: (number | string | Long);
  /**
   * When the provider was last listed completely.
   */
  'listTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Why the last listing failed; empty when it did not.
   */
  'listError'?: (string);
  /**
   * US dollars per hour of what counts in instances.
   */
  'pricePerHour'?: (number | string);
  /**
   * Its cap: nothing is rented that would pass it.
   */
  'maxPricePerHour'?: (number | string);
  /**
   * US dollars per hour of instances that carry this installation's tag and have no record: what would be leaked, were
   * it not being ended. Only the leader knows it; unset elsewhere, and before it has looked.
   */
  'untrackedDollarsPerHour'?: (number | string);
  /**
   * US dollars of prepaid credit left. Unset: not known here, or the provider takes none.
   */
  'credit'?: (number | string);
  '_untrackedDollarsPerHour'?: "untrackedDollarsPerHour";
  '_credit'?: "credit";
}

export interface ProviderStatus__Output {
  'name': (string);
  /**
   * Instances that count toward the cap.
   */
  'instances': (number);
  'maxInstances': (number);
  /**
   * When the provider was last listed completely.
   */
  'listTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Why the last listing failed; empty when it did not.
   */
  'listError': (string);
  /**
   * US dollars per hour of what counts in instances.
   */
  'pricePerHour': (number);
  /**
   * Its cap: nothing is rented that would pass it.
   */
  'maxPricePerHour': (number);
  /**
   * US dollars per hour of instances that carry this installation's tag and have no record: what would be leaked, were
   * it not being ended. Only the leader knows it; unset elsewhere, and before it has looked.
   */
  'untrackedDollarsPerHour'?: (number);
  /**
   * US dollars of prepaid credit left. Unset: not known here, or the provider takes none.
   */
  'credit'?: (number);
  '_untrackedDollarsPerHour'?: "untrackedDollarsPerHour";
  '_credit'?: "credit";
}
