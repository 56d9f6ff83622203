import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own that can be filled to the last byte without hurting anybody. */
export type SmallDisk = {
  readonly path: string;
  /** Until nothing more can be written. */
  fill(): void;
  /** Gives the space back. */
  free(): Promise<void>;
  remove(): Promise<void>;
};

/** @throws Error telling what is needed where file systems may not be mounted */
export async function mountSmallDisk(bytes: number): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), 'berth-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path], { encoding: 'utf8' });
  if (mounted.status !== 0) {
    await rmdir(path);
    const why = mounted.error?.message ?? mounted.stderr.trim();
    throw new Error(`this test needs a small disk, and may not mount one (${why}): run it as root, with CAP_SYS_ADMIN`);
  }
  const ballast = join(path, 'ballast');
  return {
    path,
    fill() {
      const file = openSync(ballast, 'a');
      // Whole pages first, then what is left of the last one.
      for (const size of [65_536, 4_096, 1]) while (fits(file, size));
      closeSync(file);
    },
    free: () => rm(ballast, { force: true }),
    async remove() {
      const ended = spawnSync('umount', [path], { encoding: 'utf8' });
      if (ended.status !== 0) throw new Error(`umount ${path}: ${ended.stderr.trim()}`);
      await rmdir(path);
    },
  };
}

function fits(file: number, bytes: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(bytes)) === bytes;
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOSPC') return false;
    throw err;
  }
}
