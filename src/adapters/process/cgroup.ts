import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Caps, Limits } from './limits.ts';
import { noLimits } from './limits.ts';
import { signalTo } from './proc.ts';

const PERIOD_US = 100_000;

/** One kind of control group file system. */
type Kind = {
  readonly describe: string;
  /** Directories in which each instance gets one of its own. The first one lists and kills. */
  readonly bases: readonly string[];
  readonly settings: (caps: Caps, base: string) => readonly (readonly [file: string, value: string])[];
  readonly killFile: boolean;
  /** Each base must hand its controllers down. */
  readonly delegates: boolean;
  readonly oomFile: string;
};

/**
 * The limits that this machine offers: cgroup v2 where the memory and cpu controllers are delegated to the broker,
 * else v1 where its hierarchies are writable, else none.
 * @param name of the directory below which the instances' groups are made, unique per installation
 * @param root where the control group file systems are mounted
 */
export function findLimits(name: string, root = '/sys/fs/cgroup'): Limits {
  if (!existsSync(root)) return noLimits(`${root} does not exist`);
  if (existsSync(join(root, 'cgroup.controllers'))) return version2(name, root);
  return version1(name, root);
}

function version1(name: string, root: string): Limits {
  const controllers = ['memory', 'cpu'].filter((c) => existsSync(join(root, c, 'cgroup.procs')));
  const usable = controllers.filter((c) => mayMake(join(root, c, name)));
  if (usable.length === 0) return noLimits(`${root} is not writable`);
  return byCgroup({
    describe: `${usable.join(' and ')} by cgroup v1`,
    bases: usable.map((c) => join(root, c, name)),
    killFile: false,
    delegates: false,
    oomFile: 'memory.oom_control',
    settings: (caps, base) =>
      base === join(root, 'memory', name)
        ? caps.memoryLimit > 0
          ? [
              ['memory.limit_in_bytes', `${caps.memoryLimit}`] as const,
              ['memory.memsw.limit_in_bytes', `${caps.memoryLimit}`] as const,
            ]
          : []
        : [
            ...(caps.cpuLimit > 0
              ? [['cpu.cfs_period_us', `${PERIOD_US}`] as const, ['cpu.cfs_quota_us', quota(caps)] as const]
              : []),
            ...(caps.cpuRequest > 0
              ? [['cpu.shares', `${Math.max(2, Math.round(caps.cpuRequest * 1024))}`] as const]
              : []),
          ],
  });
}

function version2(name: string, root: string): Limits {
  const own = readOr(join('/proc/self/cgroup'), '').match(/^0::(.*)$/m)?.[1] ?? '/';
  const parent = existsSync(join(root, own, 'cgroup.procs')) ? join(root, own) : root;
  const base = join(parent, name);
  if (!mayMake(base)) return noLimits(`${root} is not writable`);
  const missing = delegate(parent) ?? delegate(base);
  if (missing !== null) return noLimits(missing);
  return byCgroup({
    describe: 'memory and cpu by cgroup v2',
    bases: [base],
    killFile: true,
    delegates: true,
    oomFile: 'memory.events',
    settings: (caps) => [
      ...(caps.memoryLimit > 0
        ? [['memory.max', `${caps.memoryLimit}`] as const, ['memory.swap.max', '0'] as const]
        : []),
      ...(caps.cpuLimit > 0 ? [['cpu.max', `${quota(caps)} ${PERIOD_US}`] as const] : []),
      // The kernel's own mapping of v1 shares to weights: 1,024 shares are 39, so one core is 39.
      ...(caps.cpuRequest > 0
        ? [['cpu.weight', `${Math.min(10_000, Math.max(1, Math.round(caps.cpuRequest * 39)))}`] as const]
        : []),
    ],
  });
}

/** Hands the controllers down to the groups in `base`. @returns why that is not possible; null: done */
function delegate(base: string): string | null {
  const here = readOr(join(base, 'cgroup.controllers'), '').trim().split(' ');
  const lacking = ['memory', 'cpu'].filter((c) => !here.includes(c));
  if (lacking.length > 0) return `the ${lacking.join(' and ')} controller is not delegated to the broker's cgroup`;
  if (setFile(base, 'cgroup.subtree_control', '+memory +cpu')) return null;
  // A group that hands controllers down may hold no process itself: the broker moves into a group beside.
  const aside = join(base, 'berth-broker');
  if (
    mayMake(aside) &&
    setFile(aside, 'cgroup.procs', `${process.pid}`) &&
    setFile(base, 'cgroup.subtree_control', '+memory +cpu')
  )
    return null;
  return "other processes share the broker's cgroup, so it cannot hand its controllers down";
}

function byCgroup(kind: Kind): Limits {
  const pidsIn = (groups: readonly string[]): readonly number[] => [
    ...new Set(
      groups.flatMap((g) =>
        readOr(join(g, 'cgroup.procs'), '')
          .split('\n')
          .filter((p) => p !== '')
          .map(Number),
      ),
    ),
  ];
  return {
    describe: () => kind.describe,
    plan: (name) => kind.bases.map((base) => join(base, name)),
    make: (groups, caps) => {
      for (const group of groups) {
        // Another broker of the installation may have taken the empty base away as it stopped.
        if (mayMake(dirname(group)) && kind.delegates) delegate(dirname(group));
        mkdirSync(group);
        // Without swap accounting its file is missing, and without swap there is nothing to limit.
        for (const [file, value] of kind.settings(caps, dirname(group)))
          if (!setFile(group, file, value) && !file.includes('sw')) throw new Error(`cannot set ${file} to ${value}`);
      }
    },
    members: (groups) => (groups.length === 0 ? null : pidsIn(groups)),
    killAll: (groups) => {
      const [first] = groups;
      if (kind.killFile && first !== undefined && setFile(first, 'cgroup.kill', '1')) return;
      // What is forked between reading and killing is met by the next round.
      for (let round = 0; round < 10; round++) {
        const pids = pidsIn(groups);
        if (pids.length === 0) return;
        for (const pid of pids) signalTo(pid, 'SIGKILL');
      }
    },
    ranOutOfMemory: (groups) =>
      groups.some((g) => Number(readOr(join(g, kind.oomFile), '').match(/^oom_kill (\d+)$/m)?.[1] ?? 0) > 0),
    remove: (groups) => groups.map(gone).every((g) => g),
    dispose: () => {
      for (const base of kind.bases) gone(base);
    },
  };
}

const quota = (caps: Caps): string => `${Math.max(1_000, Math.round(caps.cpuLimit * PERIOD_US))}`;

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return otherwise;
  }
}

/** False: refused, or there is no such file. Never makes one. */
function setFile(dir: string, file: string, value: string): boolean {
  try {
    writeFileSync(join(dir, file), value, { flag: 'r+' });
    return true;
  } catch {
    return false;
  }
}

function mayMake(dir: string): boolean {
  try {
    mkdirSync(dir, { recursive: true });
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function gone(group: string): boolean {
  try {
    rmdirSync(group);
    return true;
  } catch (err) {
    return err instanceof Error && 'code' in err && err.code === 'ENOENT';
  }
}
