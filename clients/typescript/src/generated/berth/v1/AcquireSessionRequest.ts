// Original file: proto/berth/v1/session.proto

import type { OnConflict as _berth_v1_OnConflict, OnConflict__Output as _berth_v1_OnConflict__Output } from '../../berth/v1/OnConflict.ts';
import type { Requirements as _berth_v1_Requirements, Requirements__Output as _berth_v1_Requirements__Output } from '../../berth/v1/Requirements.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

/**
 * At most 1 MiB, all fields together, as every request.
 */
export interface AcquireSessionRequest {
  /**
   * Idempotency key chosen by the client, unique in its tenant: 1 to 128 characters of A-Z a-z 0-9 . _ : - .
   * Empty: the broker makes one, and the call cannot be retried safely.
   */
  'requestId'?: (string);
  /**
   * Name unique among the tenant's living sessions: 1 to 63 characters, lower-case letters, digits and "-",
   * beginning and ending with a letter or digit. Empty: no name.
   */
  'name'?: (string);
  /**
   * What to do when a living session has that name. Default: fail.
   */
  'onConflict'?: (_berth_v1_OnConflict);
  /**
   * Session class, as in BrokerAdmin.ListClasses. Required.
   */
  'class'?: (string);
  'requirements'?: (_berth_v1_Requirements | null);
  /**
   * The end user, 0 to 256 characters. Default: empty.
   */
  'owner'?: (string);
  /**
   * For the client's own use and for filters: at most 32; keys 1 to 63 characters of A-Z a-z 0-9 . _ / - ,
   * values 0 to 256 characters.
   */
  'labels'?: ({[key: string]: string});
  /**
   * Environment of the instance, on top of the class's: at most 128; names of A-Z a-z 0-9 _ not beginning with a
   * digit, at most 128 characters; values at most 32 KiB, 256 KiB together. Only what the class allows. Never
   * shown again by any call.
   */
  'env'?: ({[key: string]: string});
  /**
   * Command and arguments in place of the class's: at most 256, each 1 to 8,192 characters. Only if the class
   * allows it. {{cpu_limit}}, {{cpu_request}}, {{memory_limit}}, {{memory_request}} (bytes), {{gpu_count}},
   * {{disk}} (bytes), {{session_id}}, {{instance_id}} and {{port.NAME}} are filled in from what was granted.
   */
  'command'?: (string)[];
  /**
   * How long the session lives from the moment it is active. Default, lowest and highest come from the class
   * (1 h, 20 s, 24 h unless it says otherwise).
   */
  'lifetime'?: (_google_protobuf_Duration | null);
  /**
   * End the session when it was not used for this long. 0: never. Default and highest come from the class.
   */
  'idleTimeout'?: (_google_protobuf_Duration | null);
  /**
   * How long to wait for capacity, 0 s to 24 h. Default: from the class (10 min unless it says otherwise).
   */
  'queueTimeout'?: (_google_protobuf_Duration | null);
  /**
   * How long this call waits for the session to be active. No part of the content that a retry must repeat.
   * Unset: until active or ended, at most 1 s less than the call's deadline and at most 10 min.
   * 0: answer at once.
   */
  'wait'?: (_google_protobuf_Duration | null);
}

/**
 * At most 1 MiB, all fields together, as every request.
 */
export interface AcquireSessionRequest__Output {
  /**
   * Idempotency key chosen by the client, unique in its tenant: 1 to 128 characters of A-Z a-z 0-9 . _ : - .
   * Empty: the broker makes one, and the call cannot be retried safely.
   */
  'requestId': (string);
  /**
   * Name unique among the tenant's living sessions: 1 to 63 characters, lower-case letters, digits and "-",
   * beginning and ending with a letter or digit. Empty: no name.
   */
  'name': (string);
  /**
   * What to do when a living session has that name. Default: fail.
   */
  'onConflict': (_berth_v1_OnConflict__Output);
  /**
   * Session class, as in BrokerAdmin.ListClasses. Required.
   */
  'class': (string);
  'requirements': (_berth_v1_Requirements__Output | null);
  /**
   * The end user, 0 to 256 characters. Default: empty.
   */
  'owner': (string);
  /**
   * For the client's own use and for filters: at most 32; keys 1 to 63 characters of A-Z a-z 0-9 . _ / - ,
   * values 0 to 256 characters.
   */
  'labels': ({[key: string]: string});
  /**
   * Environment of the instance, on top of the class's: at most 128; names of A-Z a-z 0-9 _ not beginning with a
   * digit, at most 128 characters; values at most 32 KiB, 256 KiB together. Only what the class allows. Never
   * shown again by any call.
   */
  'env': ({[key: string]: string});
  /**
   * Command and arguments in place of the class's: at most 256, each 1 to 8,192 characters. Only if the class
   * allows it. {{cpu_limit}}, {{cpu_request}}, {{memory_limit}}, {{memory_request}} (bytes), {{gpu_count}},
   * {{disk}} (bytes), {{session_id}}, {{instance_id}} and {{port.NAME}} are filled in from what was granted.
   */
  'command': (string)[];
  /**
   * How long the session lives from the moment it is active. Default, lowest and highest come from the class
   * (1 h, 20 s, 24 h unless it says otherwise).
   */
  'lifetime': (_google_protobuf_Duration__Output | null);
  /**
   * End the session when it was not used for this long. 0: never. Default and highest come from the class.
   */
  'idleTimeout': (_google_protobuf_Duration__Output | null);
  /**
   * How long to wait for capacity, 0 s to 24 h. Default: from the class (10 min unless it says otherwise).
   */
  'queueTimeout': (_google_protobuf_Duration__Output | null);
  /**
   * How long this call waits for the session to be active. No part of the content that a retry must repeat.
   * Unset: until active or ended, at most 1 s less than the call's deadline and at most 10 min.
   * 0: answer at once.
   */
  'wait': (_google_protobuf_Duration__Output | null);
}
