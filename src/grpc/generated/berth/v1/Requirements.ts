// Original file: proto/berth/v1/session.proto

import type { CpuAmount as _berth_v1_CpuAmount, CpuAmount__Output as _berth_v1_CpuAmount__Output } from '../../berth/v1/CpuAmount.ts';
import type { MemoryAmount as _berth_v1_MemoryAmount, MemoryAmount__Output as _berth_v1_MemoryAmount__Output } from '../../berth/v1/MemoryAmount.ts';
import type { GpuRequirements as _berth_v1_GpuRequirements, GpuRequirements__Output as _berth_v1_GpuRequirements__Output } from '../../berth/v1/GpuRequirements.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What the session needs. Everything is optional: what is unset comes from the class. A class says what may be
 * asked for; anything beyond is refused with INVALID_ARGUMENT naming the field and what is accepted.
 */
export interface Requirements {
  /**
   * CPU cores.
   */
  'cpu'?: (_berth_v1_CpuAmount | null);
  /**
   * Main memory.
   */
  'memory'?: (_berth_v1_MemoryAmount | null);
  'gpus'?: (_berth_v1_GpuRequirements | null);
  /**
   * Disk space in bytes, 0 to 1 PiB.
   */
  'diskBytes'?: (number | string | Long);
  /**
   * Acceptable regions, any of them: continents such as "europe" or "north-america", countries by their English name,
   * or two-letter country codes, whatever their case; "world" is anywhere. At most 50.
   */
  'regions'?: (string)[];
  /**
   * Highest price in US dollars per hour, all parts together, 0 to 10,000.
   */
  'maxPricePerHour'?: (number | string);
  /**
   * Whether a cheaper instance that the provider may take back is acceptable.
   */
  'interruptible'?: (boolean);
  /**
   * Lowest acceptable reliability of the machine, 0 to 1.
   */
  'minReliability'?: (number | string);
  '_diskBytes'?: "diskBytes";
  '_maxPricePerHour'?: "maxPricePerHour";
  '_interruptible'?: "interruptible";
  '_minReliability'?: "minReliability";
}

/**
 * What the session needs. Everything is optional: what is unset comes from the class. A class says what may be
 * asked for; anything beyond is refused with INVALID_ARGUMENT naming the field and what is accepted.
 */
export interface Requirements__Output {
  /**
   * CPU cores.
   */
  'cpu': (_berth_v1_CpuAmount__Output | null);
  /**
   * Main memory.
   */
  'memory': (_berth_v1_MemoryAmount__Output | null);
  'gpus': (_berth_v1_GpuRequirements__Output | null);
  /**
   * Disk space in bytes, 0 to 1 PiB.
   */
  'diskBytes'?: (number);
  /**
   * Acceptable regions, any of them: continents such as "europe" or "north-america", countries by their English name,
   * or two-letter country codes, whatever their case; "world" is anywhere. At most 50.
   */
  'regions': (string)[];
  /**
   * Highest price in US dollars per hour, all parts together, 0 to 10,000.
   */
  'maxPricePerHour'?: (number);
  /**
   * Whether a cheaper instance that the provider may take back is acceptable.
   */
  'interruptible'?: (boolean);
  /**
   * Lowest acceptable reliability of the machine, 0 to 1.
   */
  'minReliability'?: (number);
  '_diskBytes'?: "diskBytes";
  '_maxPricePerHour'?: "maxPricePerHour";
  '_interruptible'?: "interruptible";
  '_minReliability'?: "minReliability";
}
