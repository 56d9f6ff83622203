// Original file: proto/berth/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface QuotaUse {
  /**
   * "sessions", "gpus", "class:NAME", or "acquires-per-minute": new sessions, which sink by that many in a minute; its
   * limit is the burst.
   */
  'name'?: (string);
  'used'?: (number | string | Long);
  /**
   * Unset: not limited.
   */
  'limit'?: (number | string | Long);
  '_limit'?: "limit";
}

export interface QuotaUse__Output {
  /**
   * "sessions", "gpus", "class:NAME", or "acquires-per-minute": new sessions, which sink by that many in a minute; its
   * limit is the burst.
   */
  'name': (string);
  'used': (number);
  /**
   * Unset: not limited.
   */
  'limit'?: (number);
  '_limit'?: "limit";
}
