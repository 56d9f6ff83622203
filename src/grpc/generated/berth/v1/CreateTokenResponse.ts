// Original file: proto/berth/v1/admin.proto

import type { Token as _berth_v1_Token, Token__Output as _berth_v1_Token__Output } from '../../berth/v1/Token.ts';

export interface CreateTokenResponse {
  'token'?: (_berth_v1_Token | null);
  /**
   * The bearer token itself: send it as "authorization: Bearer SECRET".
   */
  'secret'?: (string);
}

export interface CreateTokenResponse__Output {
  'token': (_berth_v1_Token__Output | null);
  /**
   * The bearer token itself: send it as "authorization: Bearer SECRET".
   */
  'secret': (string);
}
