// Original file: proto/berth/v1/session.proto

import type { SessionPhase as _berth_v1_SessionPhase, SessionPhase__Output as _berth_v1_SessionPhase__Output } from '../../berth/v1/SessionPhase.ts';

export interface ListSessionsRequest {
  /**
   * 1 to 1,000. Default (0): 100.
   */
  'pageSize'?: (number);
  /**
   * From the answer before; stays good while sessions come and go.
   */
  'pageToken'?: (string);
  /**
   * Only this class. Empty: any.
   */
  'class'?: (string);
  /**
   * Only these phases. Empty: all but RELEASED.
   */
  'phases'?: (_berth_v1_SessionPhase)[];
  /**
   * Only this owner. Unset: any.
   */
  'owner'?: (string);
  /**
   * Only sessions that carry all of these.
   */
  'labels'?: ({[key: string]: string});
  /**
   * Only this tenant; admins only. Empty: the caller's own, or every tenant for an admin.
   */
  'tenant'?: (string);
  '_owner'?: "owner";
}

export interface ListSessionsRequest__Output {
  /**
   * 1 to 1,000. Default (0): 100.
   */
  'pageSize': (number);
  /**
   * From the answer before; stays good while sessions come and go.
   */
  'pageToken': (string);
  /**
   * Only this class. Empty: any.
   */
  'class': (string);
  /**
   * Only these phases. Empty: all but RELEASED.
   */
  'phases': (_berth_v1_SessionPhase__Output)[];
  /**
   * Only this owner. Unset: any.
   */
  'owner'?: (string);
  /**
   * Only sessions that carry all of these.
   */
  'labels': ({[key: string]: string});
  /**
   * Only this tenant; admins only. Empty: the caller's own, or every tenant for an admin.
   */
  'tenant': (string);
  '_owner'?: "owner";
}
