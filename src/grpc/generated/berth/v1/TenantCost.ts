// Original file: proto/berth/v1/admin.proto

import type { DayCost as _berth_v1_DayCost, DayCost__Output as _berth_v1_DayCost__Output } from '../../berth/v1/DayCost.ts';

export interface TenantCost {
  'tenant'?: (string);
  /**
   * US dollars per hour of its living sessions, now.
   */
  'pricePerHour'?: (number | string);
  /**
   * Living sessions.
   */
  'sessions'?: (number);
  /**
   * US dollars so far of its living sessions.
   */
  'livingCost'?: (number | string);
  /**
   * What its ended sessions cost, by the day of their end, the newest first; only days with any.
   */
  'days'?: (_berth_v1_DayCost)[];
}

export interface TenantCost__Output {
  'tenant': (string);
  /**
   * US dollars per hour of its living sessions, now.
   */
  'pricePerHour': (number);
  /**
   * Living sessions.
   */
  'sessions': (number);
  /**
   * US dollars so far of its living sessions.
   */
  'livingCost': (number);
  /**
   * What its ended sessions cost, by the day of their end, the newest first; only days with any.
   */
  'days': (_berth_v1_DayCost__Output)[];
}
