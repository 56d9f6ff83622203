import { findLimits } from '../adapters/process/cgroup.ts';
import { type Finding, ok, warn } from './finding.ts';

/** Whether the kernel holds local instances to what they were granted. */
export function checkProcessLimits(): Finding {
  const check = 'process limits';
  // A group of its own, so that a broker's is left alone.
  const limits = findLimits(`berth-doctor-${process.pid}`);
  try {
    const seen = limits.describe();
    if (!seen.startsWith('none')) return ok(check, seen);
    return warn(
      check,
      seen,
      'instances may use all of this machine; run berth as root, or as a systemd service with Delegate=yes',
    );
  } finally {
    limits.dispose();
  }
}
