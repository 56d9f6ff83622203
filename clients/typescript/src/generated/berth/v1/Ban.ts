// Original file: proto/berth/v1/admin.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Ban {
  'createTime'?: (_google_protobuf_Timestamp | null);
  /**
   * It ends by itself then.
   */
  'endTime'?: (_google_protobuf_Timestamp | null);
  /**
   * "slow-start", "pull-failed", "runtime-failed", "losses", "banned-machines" (of a host: too many of its machines
   * were), "admin", or "legacy" (read from the blacklist of the provisioner that berth replaces).
   */
  'reason'?: (string);
  /**
   * What was seen, on which instance, or what the admin said; in words for people.
   */
  'evidence'?: (string);
  /**
   * A token's id, "local", or the loop of the leader.
   */
  'by'?: (string);
}

export interface Ban__Output {
  'createTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * It ends by itself then.
   */
  'endTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * "slow-start", "pull-failed", "runtime-failed", "losses", "banned-machines" (of a host: too many of its machines
   * were), "admin", or "legacy" (read from the blacklist of the provisioner that berth replaces).
   */
  'reason': (string);
  /**
   * What was seen, on which instance, or what the admin said; in words for people.
   */
  'evidence': (string);
  /**
   * A token's id, "local", or the loop of the leader.
   */
  'by': (string);
}
