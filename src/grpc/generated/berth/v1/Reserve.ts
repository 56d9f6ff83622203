// Original file: proto/berth/v1/admin.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Reserve {
  'class'?: (string);
  /**
   * Instances to keep ready.
   */
  'target'?: (number);
  /**
   * What the class's configuration says; differs from target after SetReserve.
   */
  'configuredTarget'?: (number);
  /**
   * Instances ready to be handed out.
   */
  'ready'?: (number);
  /**
   * Instances on their way.
   */
  'starting'?: (number);
  /**
   * Failed starts in a row.
   */
  'failures'?: (number);
  /**
   * Whether refilling stopped because starts keep failing; one trial start is made at retry_time.
   */
  'backingOff'?: (boolean);
  /**
   * The last failure, in words for people.
   */
  'lastFailure'?: (string);
  'retryTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Who set the target last, and when. Unset while the configuration's holds.
   */
  'setBy'?: (string);
  'setTime'?: (_google_protobuf_Timestamp | null);
}

export interface Reserve__Output {
  'class': (string);
  /**
   * Instances to keep ready.
   */
  'target': (number);
  /**
   * What the class's configuration says; differs from target after SetReserve.
   */
  'configuredTarget': (number);
  /**
   * Instances ready to be handed out.
   */
  'ready': (number);
  /**
   * Instances on their way.
   */
  'starting': (number);
  /**
   * Failed starts in a row.
   */
  'failures': (number);
  /**
   * Whether refilling stopped because starts keep failing; one trial start is made at retry_time.
   */
  'backingOff': (boolean);
  /**
   * The last failure, in words for people.
   */
  'lastFailure': (string);
  'retryTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Who set the target last, and when. Unset while the configuration's holds.
   */
  'setBy': (string);
  'setTime': (_google_protobuf_Timestamp__Output | null);
}
