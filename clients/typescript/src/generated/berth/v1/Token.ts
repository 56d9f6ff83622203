// Original file: proto/berth/v1/admin.proto

import type { Role as _berth_v1_Role, Role__Output as _berth_v1_Role__Output } from '../../berth/v1/Role.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Token {
  /**
   * Names the token in lists and for RevokeToken; not secret.
   */
  'id'?: (string);
  'tenant'?: (string);
  'role'?: (_berth_v1_Role);
  'createTime'?: (_google_protobuf_Timestamp | null);
  /**
   * For people, such as whom it was given to.
   */
  'note'?: (string);
}

export interface Token__Output {
  /**
   * Names the token in lists and for RevokeToken; not secret.
   */
  'id': (string);
  'tenant': (string);
  'role': (_berth_v1_Role__Output);
  'createTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * For people, such as whom it was given to.
   */
  'note': (string);
}
