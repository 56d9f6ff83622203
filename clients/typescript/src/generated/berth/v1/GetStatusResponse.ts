// Original file: proto/berth/v1/admin.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Reserve as _berth_v1_Reserve, Reserve__Output as _berth_v1_Reserve__Output } from '../../berth/v1/Reserve.ts';
import type { LoopStatus as _berth_v1_LoopStatus, LoopStatus__Output as _berth_v1_LoopStatus__Output } from '../../berth/v1/LoopStatus.ts';
import type { ProviderStatus as _berth_v1_ProviderStatus, ProviderStatus__Output as _berth_v1_ProviderStatus__Output } from '../../berth/v1/ProviderStatus.ts';
import type { QueueStatus as _berth_v1_QueueStatus, QueueStatus__Output as _berth_v1_QueueStatus__Output } from '../../berth/v1/QueueStatus.ts';
import type { Renting as _berth_v1_Renting, Renting__Output as _berth_v1_Renting__Output } from '../../berth/v1/Renting.ts';
import type { Long } from '@grpc/proto-loader';

export interface GetStatusResponse {
  'version'?: (string);
  /**
   * Of the replica that answers.
   */
  'replicaId'?: (string);
  /**
   * Of the whole installation.
   */
  'installationId'?: (string);
  /**
   * The replica that reconciles; empty while none does.
   */
  'leaderId'?: (string);
  /**
   * "sqlite" or "redis".
   */
  'store'?: (string);
  'startTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Living sessions by phase, such as "active".
   */
  'sessions'?: ({[key: string]: number | string | Long});
  /**
   * Instances by phase.
   */
  'instances'?: ({[key: string]: number | string | Long});
  /**
   * Proxies by phase.
   */
  'proxies'?: ({[key: string]: number | string | Long});
  'reserves'?: (_berth_v1_Reserve)[];
  'loops'?: (_berth_v1_LoopStatus)[];
  'providers'?: (_berth_v1_ProviderStatus)[];
  /**
   * Classes in which sessions wait.
   */
  'queues'?: (_berth_v1_QueueStatus)[];
  /**
   * Whether anything may be rented.
   */
  'renting'?: (_berth_v1_Renting | null);
}

export interface GetStatusResponse__Output {
  'version': (string);
  /**
   * Of the replica that answers.
   */
  'replicaId': (string);
  /**
   * Of the whole installation.
   */
  'installationId': (string);
  /**
   * The replica that reconciles; empty while none does.
   */
  'leaderId': (string);
  /**
   * "sqlite" or "redis".
   */
  'store': (string);
  'startTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Living sessions by phase, such as "active".
   */
  'sessions': ({[key: string]: number});
  /**
   * Instances by phase.
   */
  'instances': ({[key: string]: number});
  /**
   * Proxies by phase.
   */
  'proxies': ({[key: string]: number});
  'reserves': (_berth_v1_Reserve__Output)[];
  'loops': (_berth_v1_LoopStatus__Output)[];
  'providers': (_berth_v1_ProviderStatus__Output)[];
  /**
   * Classes in which sessions wait.
   */
  'queues': (_berth_v1_QueueStatus__Output)[];
  /**
   * Whether anything may be rented.
   */
  'renting': (_berth_v1_Renting__Output | null);
}
