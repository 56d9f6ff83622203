// Original file: proto/berth/v1/session.proto

import type { Resources as _berth_v1_Resources, Resources__Output as _berth_v1_Resources__Output } from '../../berth/v1/Resources.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Instance {
  'id'?: (string);
  /**
   * "process", "kubernetes", "vastai" or "runpod".
   */
  'provider'?: (string);
  /**
   * The provider's own name for it.
   */
  'providerRef'?: (string);
  'machineId'?: (string);
  'hostId'?: (string);
  'region'?: (string);
  'granted'?: (_berth_v1_Resources | null);
  /**
   * US dollars per hour while it runs, all parts together.
   */
  'pricePerHour'?: (number | string);
  'createTime'?: (_google_protobuf_Timestamp | null);
  /**
   * The part of price_per_hour that is paid as long as the instance exists, running or not. 0: none.
   */
  'storagePricePerHour'?: (number | string);
}

export interface Instance__Output {
  'id': (string);
  /**
   * "process", "kubernetes", "vastai" or "runpod".
   */
  'provider': (string);
  /**
   * The provider's own name for it.
   */
  'providerRef': (string);
  'machineId': (string);
  'hostId': (string);
  'region': (string);
  'granted': (_berth_v1_Resources__Output | null);
  /**
   * US dollars per hour while it runs, all parts together.
   */
  'pricePerHour': (number);
  'createTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * The part of price_per_hour that is paid as long as the instance exists, running or not. 0: none.
   */
  'storagePricePerHour': (number);
}
