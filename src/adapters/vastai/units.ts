import type { Micros } from '../../domain/resources.ts';

/** Of disks. */
export const GB = 1e9;
/** Of memory. */
export const MIB = 2 ** 20;
/** Vast.ai rents no less. */
export const LEAST_DISK_GB = 8;

export const toDiskGb = (bytes: number): number => Math.max(LEAST_DISK_GB, Math.ceil(bytes / GB));

/** Rounded up, but not for the error of a float. */
export const toMicros = (dollars: number): Micros => Math.ceil(Number((dollars * 1e6).toFixed(3)));
