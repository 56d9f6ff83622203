// Original file: proto/berth/v1/session.proto

import type { Requirements as _berth_v1_Requirements, Requirements__Output as _berth_v1_Requirements__Output } from '../../berth/v1/Requirements.ts';

export interface QuoteSessionRequest {
  /**
   * Session class, as in BrokerAdmin.ListClasses. Required.
   */
  'class'?: (string);
  /**
   * As in AcquireSession.
   */
  'requirements'?: (_berth_v1_Requirements | null);
  /**
   * Most offers to tell, 1 to 64. Default (0): 10.
   */
  'maxOffers'?: (number);
}

export interface QuoteSessionRequest__Output {
  /**
   * Session class, as in BrokerAdmin.ListClasses. Required.
   */
  'class': (string);
  /**
   * As in AcquireSession.
   */
  'requirements': (_berth_v1_Requirements__Output | null);
  /**
   * Most offers to tell, 1 to 64. Default (0): 10.
   */
  'maxOffers': (number);
}
