// Original file: proto/berth/v1/admin.proto

import type { Role as _berth_v1_Role, Role__Output as _berth_v1_Role__Output } from '../../berth/v1/Role.ts';

export interface CreateTokenRequest {
  /**
   * 1 to 63 characters, lower-case letters, digits and "-". Required.
   */
  'tenant'?: (string);
  /**
   * Required.
   */
  'role'?: (_berth_v1_Role);
  /**
   * 0 to 256 characters.
   */
  'note'?: (string);
}

export interface CreateTokenRequest__Output {
  /**
   * 1 to 63 characters, lower-case letters, digits and "-". Required.
   */
  'tenant': (string);
  /**
   * Required.
   */
  'role': (_berth_v1_Role__Output);
  /**
   * 0 to 256 characters.
   */
  'note': (string);
}
