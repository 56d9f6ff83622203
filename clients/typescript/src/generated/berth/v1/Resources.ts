// Original file: proto/berth/v1/session.proto

import type { Long } from '@grpc/proto-loader';

/**
 * What an instance has. 0 or empty: not limited or not known.
 */
export interface Resources {
  /**
   * Cores.
   */
  'cpuRequest'?: (number | string);
  /**
   * Cores.
   */
  'cpuLimit'?: (number | string);
  'memoryRequestBytes'?: (number | string | Long);
  'memoryLimitBytes'?: (number | string | Long);
  'gpuModel'?: (string);
  'gpuCount'?: (number);
  'gpuMemoryBytes'?: (number | string | Long);
  'diskBytes'?: (number | string | Long);
}

/**
 * What an instance has. 0 or empty: not limited or not known.
 */
export interface Resources__Output {
  /**
   * Cores.
   */
  'cpuRequest': (number);
  /**
   * Cores.
   */
  'cpuLimit': (number);
  'memoryRequestBytes': (number);
  'memoryLimitBytes': (number);
  'gpuModel': (string);
  'gpuCount': (number);
  'gpuMemoryBytes': (number);
  'diskBytes': (number);
}
