// Original file: proto/berth/v1/admin.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Event {
  /**
   * Names its place in the log; for after_id.
   */
  'id'?: (string);
  'time'?: (_google_protobuf_Timestamp | null);
  /**
   * "session", "instance", "proxy", "reserve", "host" (a ban of a machine or host, and its end) or "renting" (the
   * switch was turned).
   */
  'kind'?: (string);
  /**
   * Of the session, instance or proxy; for "reserve" the class; for "host" PROVIDER:MACHINE or PROVIDER:host:HOST;
   * for "renting" "all".
   */
  'subject'?: (string);
  'class'?: (string);
  /**
   * Of a session's event; empty for others.
   */
  'tenant'?: (string);
  /**
   * Who did it: a token's id, "local", or the loop of the leader, such as "sessions".
   */
  'actor'?: (string);
  /**
   * The phase before, or the reserve target. Empty: made anew, or the configuration's target. For "host" "banned" or
   * empty, for "renting" "on" or "off".
   */
  'before'?: (string);
  'after'?: (string);
  /**
   * Why it ended, such as "idle" or "lost". For a session that stays active: "warned", "replacing" or "replaced". For
   * a ban its reason, as in Ban. Empty otherwise.
   */
  'reason'?: (string);
  /**
   * The same in words for people.
   */
  'detail'?: (string);
  /**
   * The session of an instance's or a proxy's event, where there is one.
   */
  'sessionId'?: (string);
}

export interface Event__Output {
  /**
   * Names its place in the log; for after_id.
   */
  'id': (string);
  'time': (_google_protobuf_Timestamp__Output | null);
  /**
   * "session", "instance", "proxy", "reserve", "host" (a ban of a machine or host, and its end) or "renting" (the
   * switch was turned).
   */
  'kind': (string);
  /**
   * Of the session, instance or proxy; for "reserve" the class; for "host" PROVIDER:MACHINE or PROVIDER:host:HOST;
   * for "renting" "all".
   */
  'subject': (string);
  'class': (string);
  /**
   * Of a session's event; empty for others.
   */
  'tenant': (string);
  /**
   * Who did it: a token's id, "local", or the loop of the leader, such as "sessions".
   */
  'actor': (string);
  /**
   * The phase before, or the reserve target. Empty: made anew, or the configuration's target. For "host" "banned" or
   * empty, for "renting" "on" or "off".
   */
  'before': (string);
  'after': (string);
  /**
   * Why it ended, such as "idle" or "lost". For a session that stays active: "warned", "replacing" or "replaced". For
   * a ban its reason, as in Ban. Empty otherwise.
   */
  'reason': (string);
  /**
   * The same in words for people.
   */
  'detail': (string);
  /**
   * The session of an instance's or a proxy's event, where there is one.
   */
  'sessionId': (string);
}
