// Original file: proto/berth/v1/admin.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

export interface BanHostRequest {
  /**
   * Such as "vastai". 1 to 63 characters of a-z 0-9 "-". Required.
   */
  'provider'?: (string);
  /**
   * One machine.
   */
  'machineId'?: (string);
  /**
   * Every machine of this host.
   */
  'hostId'?: (string);
  /**
   * 1 min to 3,650 d. Unset: as long as bans last that berth makes itself (7 d unless configured).
   */
  'term'?: (_google_protobuf_Duration | null);
  /**
   * For people, 1 to 256 characters. Required.
   */
  'reason'?: (string);
  /**
   * Required: 1 to 64 characters of A-Z a-z 0-9 . _ - .
   */
  'target'?: "machineId"|"hostId";
}

export interface BanHostRequest__Output {
  /**
   * Such as "vastai". 1 to 63 characters of a-z 0-9 "-". Required.
   */
  'provider': (string);
  /**
   * One machine.
   */
  'machineId'?: (string);
  /**
   * Every machine of this host.
   */
  'hostId'?: (string);
  /**
   * 1 min to 3,650 d. Unset: as long as bans last that berth makes itself (7 d unless configured).
   */
  'term': (_google_protobuf_Duration__Output | null);
  /**
   * For people, 1 to 256 characters. Required.
   */
  'reason': (string);
  /**
   * Required: 1 to 64 characters of A-Z a-z 0-9 . _ - .
   */
  'target'?: "machineId"|"hostId";
}
