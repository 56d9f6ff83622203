import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { InstanceId } from '../../domain/ids.ts';
import { isInstanceId } from '../../domain/ids.ts';

/** `instance.json`: what must be known of an instance after the broker was started anew. Never its environment. */
const RecordSchema = z.object({
  version: z.literal(1),
  installation: z.string(),
  ports: z.array(
    z.object({
      name: z.string(),
      protocol: z.enum(['http', 'grpc', 'tcp']),
      host: z.string(),
      port: z.number().int(),
    }),
  ),
  resources: z.object({ cpuRequest: z.number(), cpuLimit: z.number(), memoryLimit: z.number() }),
  cgroups: z.array(z.string()),
  /** null: about to be started. */
  leader: z.object({ pid: z.number().int().positive(), startTime: z.string(), bootId: z.string() }).nullable(),
});

export type InstanceRecord = z.infer<typeof RecordSchema>;

/** The files of one instance, all below `<dir>/<instance id>/`. */
export type Places = {
  readonly home: string;
  /** Working directory and HOME of the program. */
  readonly work: string;
  readonly tmp: string;
  readonly log: string;
  /** The end of what was cut off `log`. */
  readonly olderLog: string;
  readonly record: string;
  /** Exit code of the program, written by the wrapper; empty while it runs. */
  readonly exit: string;
  /** When the end was first asked for [EpochMs]. */
  readonly terminate: string;
};

export function placesOf(dir: string, tag: InstanceId): Places {
  const home = join(dir, tag);
  const at = (name: string) => join(home, name);
  return {
    home,
    work: at('work'),
    tmp: at('tmp'),
    log: at('log'),
    olderLog: at('log.1'),
    record: at('instance.json'),
    exit: at('exit'),
    terminate: at('terminate'),
  };
}

/** Exclusively: throws EEXIST for a tag that was used before, which is what keeps an instance from starting twice. */
export function makePlaces(places: Places): void {
  mkdirSync(places.home, { mode: 0o700 });
  mkdirSync(places.work, { mode: 0o700 });
  mkdirSync(places.tmp, { mode: 0o700 });
}

/** Replaced as a whole, so a reader never meets half a record. Not synced: a machine that crashes ends its processes. */
export function writeRecord(places: Places, record: InstanceRecord): void {
  writeFileSync(`${places.record}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${places.record}.new`, places.record);
}

/** null: missing or not a record. */
export function readRecord(places: Places): InstanceRecord | null {
  try {
    return RecordSchema.parse(JSON.parse(readFileSync(places.record, 'utf8')));
  } catch {
    return null;
  }
}

/** null: not written. */
export function readNumber(file: string): number | null {
  try {
    const text = readFileSync(file, 'latin1').trim();
    return /^\d+$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}

/** A folder that was removed under the running broker is made again: a list that fails for ever would keep everything
 *  from being started and from being proven gone. */
export function listTags(dir: string): readonly InstanceId[] {
  if (!isThere(dir)) mkdirSync(dir, { recursive: true, mode: 0o700 });
  return readdirSync(dir).filter(isInstanceId);
}

export const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
