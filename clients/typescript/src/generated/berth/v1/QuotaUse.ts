// Original file: proto/berth/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface QuotaUse {
  /**
   * "sessions", "gpus", "acquires-per-minute" or "class:NAME".
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
   * "sessions", "gpus", "acquires-per-minute" or "class:NAME".
   */
  'name': (string);
  'used': (number);
  /**
   * Unset: not limited.
   */
  'limit'?: (number);
  '_limit'?: "limit";
}
