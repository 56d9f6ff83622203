/** What an instance may use. 0: not limited. Bytes and cores. */
export type Caps = { readonly cpuRequest: number; readonly cpuLimit: number; readonly memoryLimit: number };

/** The kernel's hold on an instance: limits, and a list of its processes that they cannot leave. */
export interface Limits {
  /** For people, such as "memory and cpu by cgroup v1" or "none: /sys/fs/cgroup is not writable". */
  describe(): string;
  /**
   * The directories of one instance's groups, which are not made by this: they are recorded first, so that none is
   * forgotten. Empty without limits.
   */
  plan(name: string): readonly string[];
  /** Makes the groups. The instance's first process enters by writing its pid to `cgroup.procs` of each, before the
   *  program starts. */
  make(groups: readonly string[], caps: Caps): void;
  /** Pids of all processes in it. null: there is no such list. */
  members(groups: readonly string[]): readonly number[] | null;
  /** Sends SIGKILL to all of them. */
  killAll(groups: readonly string[]): void;
  /** Whether the kernel killed a process of it for want of memory. */
  ranOutOfMemory(groups: readonly string[]): boolean;
  /** False: processes are still in it; call again. */
  remove(groups: readonly string[]): boolean;
  /** Takes away what was made for all instances together, if none is left. */
  dispose(): void;
}

/** @param why for people: why there are none */
export function noLimits(why: string): Limits {
  return {
    describe: () => `none: ${why}`,
    plan: () => [],
    make: () => undefined,
    members: () => null,
    killAll: () => undefined,
    ranOutOfMemory: () => false,
    remove: () => true,
    dispose: () => undefined,
  };
}
