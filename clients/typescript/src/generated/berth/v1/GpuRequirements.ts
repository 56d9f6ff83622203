// Original file: proto/berth/v1/session.proto

import type { Long } from '@grpc/proto-loader';

export interface GpuRequirements {
  /**
   * GPU models in order of preference, such as "RTX 4090". At most 50, each 1 to 64 characters.
   */
  'models'?: (string)[];
  /**
   * GPUs, 0 to 64.
   */
  'count'?: (number);
  /**
   * Memory of each GPU in bytes, 0 to 1 TiB.
   */
  'memoryBytes'?: (number | string | Long);
  '_count'?: "count";
  '_memoryBytes'?: "memoryBytes";
}

export interface GpuRequirements__Output {
  /**
   * GPU models in order of preference, such as "RTX 4090". At most 50, each 1 to 64 characters.
   */
  'models': (string)[];
  /**
   * GPUs, 0 to 64.
   */
  'count'?: (number);
  /**
   * Memory of each GPU in bytes, 0 to 1 TiB.
   */
  'memoryBytes'?: (number);
  '_count'?: "count";
  '_memoryBytes'?: "memoryBytes";
}
