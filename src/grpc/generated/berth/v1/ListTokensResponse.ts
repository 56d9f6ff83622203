// Original file: proto/berth/v1/admin.proto

import type { Token as _berth_v1_Token, Token__Output as _berth_v1_Token__Output } from '../../berth/v1/Token.ts';

export interface ListTokensResponse {
  'tokens'?: (_berth_v1_Token)[];
}

export interface ListTokensResponse__Output {
  'tokens': (_berth_v1_Token__Output)[];
}
