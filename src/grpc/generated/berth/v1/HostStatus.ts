// Original file: proto/berth/v1/admin.proto

import type { Ban as _berth_v1_Ban, Ban__Output as _berth_v1_Ban__Output } from '../../berth/v1/Ban.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

/**
 * A physical machine, or with an empty machine_id a host, which is the owner of machines, as the host registry knows it.
 */
export interface HostStatus {
  'provider'?: (string);
  'machineId'?: (string);
  'hostId'?: (string);
  /**
   * Its own ban. Unset: it has none.
   */
  'ban'?: (_berth_v1_Ban | null);
  /**
   * Of a machine: the ban of its host.
   */
  'hostBan'?: (_berth_v1_Ban | null);
  /**
   * Starts of the last 30 d that were measured.
   */
  'starts'?: (number);
  /**
   * Half of them took no longer. Unset: none was measured.
   */
  'startP50'?: (_google_protobuf_Duration | null);
  /**
   * Nine of ten took no longer.
   */
  'startP90'?: (_google_protobuf_Duration | null);
  /**
   * Instances lost on it within the window that counts toward a ban.
   */
  'losses'?: (number);
}

/**
 * A physical machine, or with an empty machine_id a host, which is the owner of machines, as the host registry knows it.
 */
export interface HostStatus__Output {
  'provider': (string);
  'machineId': (string);
  'hostId': (string);
  /**
   * Its own ban. Unset: it has none.
   */
  'ban': (_berth_v1_Ban__Output | null);
  /**
   * Of a machine: the ban of its host.
   */
  'hostBan': (_berth_v1_Ban__Output | null);
  /**
   * Starts of the last 30 d that were measured.
   */
  'starts': (number);
  /**
   * Half of them took no longer. Unset: none was measured.
   */
  'startP50': (_google_protobuf_Duration__Output | null);
  /**
   * Nine of ten took no longer.
   */
  'startP90': (_google_protobuf_Duration__Output | null);
  /**
   * Instances lost on it within the window that counts toward a ban.
   */
  'losses': (number);
}
