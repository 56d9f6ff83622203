// Original file: proto/berth/v1/admin.proto

import type { Instance as _berth_v1_Instance, Instance__Output as _berth_v1_Instance__Output } from '../../berth/v1/Instance.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

/**
 * An instance as admins see it.
 */
export interface InstanceStatus {
  'instance'?: (_berth_v1_Instance | null);
  'class'?: (string);
  /**
   * "intended", "requested", "booting", "ready", "bound" or "destroying".
   */
  'phase'?: (string);
  /**
   * When the present phase began.
   */
  'phaseTime'?: (_google_protobuf_Timestamp | null);
  /**
   * The session that has it or that it is made for; empty in the reserve.
   */
  'sessionId'?: (string);
  /**
   * Why it is being destroyed, such as "lost"; empty otherwise.
   */
  'reason'?: (string);
  /**
   * The same in words for people.
   */
  'detail'?: (string);
  /**
   * US dollars since it was rented.
   */
  'cost'?: (number | string);
  /**
   * How far its start is, in words for people, such as what its provider says. Empty: nothing is told.
   */
  'progress'?: (string);
  /**
   * Why it failed, where it did: "slow", "pull", "runtime", "exited", "offline", "vanished", "restarted",
   * "unanswering", "preempted", "ours" (image, command, login, credit or bid), "offer-gone" or "limited" (nothing was
   * rented).
   */
  'cause'?: (string);
  /**
   * When it was first seen running; from then on the whole price is paid. Unset: not yet.
   */
  'runningTime'?: (_google_protobuf_Timestamp | null);
}

/**
 * An instance as admins see it.
 */
export interface InstanceStatus__Output {
  'instance': (_berth_v1_Instance__Output | null);
  'class': (string);
  /**
   * "intended", "requested", "booting", "ready", "bound" or "destroying".
   */
  'phase': (string);
  /**
   * When the present phase began.
   */
  'phaseTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * The session that has it or that it is made for; empty in the reserve.
   */
  'sessionId': (string);
  /**
   * Why it is being destroyed, such as "lost"; empty otherwise.
   */
  'reason': (string);
  /**
   * The same in words for people.
   */
  'detail': (string);
  /**
   * US dollars since it was rented.
   */
  'cost': (number);
  /**
   * How far its start is, in words for people, such as what its provider says. Empty: nothing is told.
   */
  'progress': (string);
  /**
   * Why it failed, where it did: "slow", "pull", "runtime", "exited", "offline", "vanished", "restarted",
   * "unanswering", "preempted", "ours" (image, command, login, credit or bid), "offer-gone" or "limited" (nothing was
   * rented).
   */
  'cause': (string);
  /**
   * When it was first seen running; from then on the whole price is paid. Unset: not yet.
   */
  'runningTime': (_google_protobuf_Timestamp__Output | null);
}
