// Original file: proto/berth/v1/session.proto

import type { SessionPhase as _berth_v1_SessionPhase, SessionPhase__Output as _berth_v1_SessionPhase__Output } from '../../berth/v1/SessionPhase.ts';
import type { EndReason as _berth_v1_EndReason, EndReason__Output as _berth_v1_EndReason__Output } from '../../berth/v1/EndReason.ts';
import type { Endpoint as _berth_v1_Endpoint, Endpoint__Output as _berth_v1_Endpoint__Output } from '../../berth/v1/Endpoint.ts';
import type { Deadlines as _berth_v1_Deadlines, Deadlines__Output as _berth_v1_Deadlines__Output } from '../../berth/v1/Deadlines.ts';
import type { Instance as _berth_v1_Instance, Instance__Output as _berth_v1_Instance__Output } from '../../berth/v1/Instance.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { PlannedEnd as _berth_v1_PlannedEnd, PlannedEnd__Output as _berth_v1_PlannedEnd__Output } from '../../berth/v1/PlannedEnd.ts';
import type { Long } from '@grpc/proto-loader';

export interface Session {
  /**
   * Lower-case letters, digits and "-", beginning with a letter; sorts by time of creation.
   */
  'id'?: (string);
  'name'?: (string);
  'tenant'?: (string);
  'owner'?: (string);
  'class'?: (string);
  'requestId'?: (string);
  'labels'?: ({[key: string]: string});
  'phase'?: (_berth_v1_SessionPhase);
  /**
   * Why the session is still waiting, in words for people. Empty when it does not wait. Also set in ACTIVE while its
   * instance is being replaced.
   */
  'waitingFor'?: (string);
  /**
   * Why the session ended. Set in RELEASING and RELEASED.
   */
  'endReason'?: (_berth_v1_EndReason);
  /**
   * The same in words for people, with what is known beyond the reason.
   */
  'endDetail'?: (string);
  /**
   * Set from ACTIVE on. Never changes while the session lives.
   */
  'endpoint'?: (_berth_v1_Endpoint | null);
  'deadlines'?: (_berth_v1_Deadlines | null);
  /**
   * Set from STARTING on.
   */
  'instance'?: (_berth_v1_Instance | null);
  /**
   * US dollars so far; grows while the instance lives.
   */
  'cost'?: (number | string);
  /**
   * Whether it was served from the reserve.
   */
  'fromReserve'?: (boolean);
  /**
   * Grows with every change of this session. For WatchSession.after_revision.
   */
  'revision'?: (number | string | Long);
  'createTime'?: (_google_protobuf_Timestamp | null);
  /**
   * When the present phase began.
   */
  'phaseTime'?: (_google_protobuf_Timestamp | null);
  'activeTime'?: (_google_protobuf_Timestamp | null);
  /**
   * When the session ended, for RELEASED.
   */
  'endTime'?: (_google_protobuf_Timestamp | null);
  /**
   * When the session should be active, from the class's measured starts. Set while QUEUED or STARTING, where known.
   */
  'expectedActiveTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Set when the end is near, and taken back when the end moves away.
   */
  'warning'?: (_berth_v1_PlannedEnd | null);
  /**
   * Instances tried so far.
   */
  'attempts'?: (number);
  /**
   * While QUEUED: 1 for the next one of its class to be served. Tenants take turns. 0: not queued.
   */
  'queuePosition'?: (number);
  /**
   * While QUEUED, and after it ended by QUEUE_TIMEOUT: how many offers were refused by which rule at the last look,
   * such as "price", "region" or "cap".
   */
  'refused'?: ({[key: string]: number});
  /**
   * While ACTIVE: when and why it ends if nothing happens.
   */
  'plannedEnd'?: (_berth_v1_PlannedEnd | null);
  /**
   * When it was last used, as far as is known. Set from ACTIVE on.
   */
  'lastUsedTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Instances that were lost and replaced behind the endpoint.
   */
  'replacements'?: (number);
  /**
   * How far the start of its instance is, in words for people, such as what its provider says: "pulling layer 3 of 9".
   * Set while STARTING, and while ACTIVE with another instance on its way; empty while nothing is told.
   */
  'progress'?: (string);
}

export interface Session__Output {
  /**
   * Lower-case letters, digits and "-", beginning with a letter; sorts by time of creation.
   */
  'id': (string);
  'name': (string);
  'tenant': (string);
  'owner': (string);
  'class': (string);
  'requestId': (string);
  'labels': ({[key: string]: string});
  'phase': (_berth_v1_SessionPhase__Output);
  /**
   * Why the session is still waiting, in words for people. Empty when it does not wait. Also set in ACTIVE while its
   * instance is being replaced.
   */
  'waitingFor': (string);
  /**
   * Why the session ended. Set in RELEASING and RELEASED.
   */
  'endReason': (_berth_v1_EndReason__Output);
  /**
   * The same in words for people, with what is known beyond the reason.
   */
  'endDetail': (string);
  /**
   * Set from ACTIVE on. Never changes while the session lives.
   */
  'endpoint': (_berth_v1_Endpoint__Output | null);
  'deadlines': (_berth_v1_Deadlines__Output | null);
  /**
   * Set from STARTING on.
   */
  'instance': (_berth_v1_Instance__Output | null);
  /**
   * US dollars so far; grows while the instance lives.
   */
  'cost': (number);
  /**
   * Whether it was served from the reserve.
   */
  'fromReserve': (boolean);
  /**
   * Grows with every change of this session. For WatchSession.after_revision.
   */
  'revision': (number);
  'createTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * When the present phase began.
   */
  'phaseTime': (_google_protobuf_Timestamp__Output | null);
  'activeTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * When the session ended, for RELEASED.
   */
  'endTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * When the session should be active, from the class's measured starts. Set while QUEUED or STARTING, where known.
   */
  'expectedActiveTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Set when the end is near, and taken back when the end moves away.
   */
  'warning': (_berth_v1_PlannedEnd__Output | null);
  /**
   * Instances tried so far.
   */
  'attempts': (number);
  /**
   * While QUEUED: 1 for the next one of its class to be served. Tenants take turns. 0: not queued.
   */
  'queuePosition': (number);
  /**
   * While QUEUED, and after it ended by QUEUE_TIMEOUT: how many offers were refused by which rule at the last look,
   * such as "price", "region" or "cap".
   */
  'refused': ({[key: string]: number});
  /**
   * While ACTIVE: when and why it ends if nothing happens.
   */
  'plannedEnd': (_berth_v1_PlannedEnd__Output | null);
  /**
   * When it was last used, as far as is known. Set from ACTIVE on.
   */
  'lastUsedTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Instances that were lost and replaced behind the endpoint.
   */
  'replacements': (number);
  /**
   * How far the start of its instance is, in words for people, such as what its provider says: "pulling layer 3 of 9".
   * Set while STARTING, and while ACTIVE with another instance on its way; empty while nothing is told.
   */
  'progress': (string);
}
