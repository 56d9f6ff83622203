// Original file: proto/berth/v1/admin.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

/**
 * The switch of all renting.
 */
export interface Renting {
  'on'?: (boolean);
  /**
   * Who turned it last: a token's id, or "local". Empty: nobody has ever.
   */
  'by'?: (string);
  /**
   * When. Unset: never.
   */
  'time'?: (_google_protobuf_Timestamp | null);
  /**
   * What they said. May be empty.
   */
  'why'?: (string);
}

/**
 * The switch of all renting.
 */
export interface Renting__Output {
  'on': (boolean);
  /**
   * Who turned it last: a token's id, or "local". Empty: nobody has ever.
   */
  'by': (string);
  /**
   * When. Unset: never.
   */
  'time': (_google_protobuf_Timestamp__Output | null);
  /**
   * What they said. May be empty.
   */
  'why': (string);
}
