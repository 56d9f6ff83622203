// Original file: proto/berth/v1/session.proto

import type { Resources as _berth_v1_Resources, Resources__Output as _berth_v1_Resources__Output } from '../../berth/v1/Resources.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

/**
 * Something that an acquire could get. What is not known is empty or unset.
 */
export interface QuotedOffer {
  'machineId'?: (string);
  'hostId'?: (string);
  /**
   * Two-letter country code, where there is one.
   */
  'region'?: (string);
  'granted'?: (_berth_v1_Resources | null);
  /**
   * US dollars per hour, all parts together; of an interruptible one what would be bid.
   */
  'pricePerHour'?: (number | string);
  /**
   * The part of it that is paid as long as the instance exists, running or not. 0: none.
   */
  'storagePricePerHour'?: (number | string);
  /**
   * From the acquire to active, from measured starts of the machine or its host, else estimated from its bandwidth.
   */
  'expectedStart'?: (_google_protobuf_Duration | null);
  /**
   * 0 to 1, as the provider says.
   */
  'reliability'?: (number | string);
  /**
   * Whether the provider may take it back for a higher bid.
   */
  'interruptible'?: (boolean);
  '_reliability'?: "reliability";
}

/**
 * Something that an acquire could get. What is not known is empty or unset.
 */
export interface QuotedOffer__Output {
  'machineId': (string);
  'hostId': (string);
  /**
   * Two-letter country code, where there is one.
   */
  'region': (string);
  'granted': (_berth_v1_Resources__Output | null);
  /**
   * US dollars per hour, all parts together; of an interruptible one what would be bid.
   */
  'pricePerHour': (number);
  /**
   * The part of it that is paid as long as the instance exists, running or not. 0: none.
   */
  'storagePricePerHour': (number);
  /**
   * From the acquire to active, from measured starts of the machine or its host, else estimated from its bandwidth.
   */
  'expectedStart': (_google_protobuf_Duration__Output | null);
  /**
   * 0 to 1, as the provider says.
   */
  'reliability'?: (number);
  /**
   * Whether the provider may take it back for a higher bid.
   */
  'interruptible': (boolean);
  '_reliability'?: "reliability";
}
