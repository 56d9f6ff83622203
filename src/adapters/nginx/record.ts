import { mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isProxyId, type ProxyId } from '../../domain/ids.ts';
import type { NginxFiles } from '../../nginx/describe.ts';

const Port = z.object({
  name: z.string(),
  protocol: z.enum(['http', 'grpc', 'tcp']),
  host: z.string(),
  port: z.number().int(),
});

/** `proxy.json`: what must be known of a proxy after the broker was started anew. The directory is the truth: brokers
 *  that share it may each lead for a while. */
const RecordSchema = z.object({
  version: z.literal(1),
  installation: z.string(),
  /** What callers are told. */
  ports: z.array(Port),
  /** The address on which it listens, with the same ports. */
  listen: z.string().default('127.0.0.1'),
  /** What was last asked for and is in force: upstream, settings and a digest of the token, compared as text. */
  asked: z.string(),
  /** Counts the configurations. */
  generation: z.number().int(),
  /** Whether it ever served on these ports: then they stay. */
  published: z.boolean(),
  /** How often it was started again. */
  restarts: z.number().int(),
});

export type ProxyRecord = z.infer<typeof RecordSchema>;

/** Below `<dir>/<proxy id>/`, which is nginx's prefix and working directory. */
export type Places = {
  readonly home: string;
  readonly record: string;
  readonly conf: string;
  readonly pid: string;
  readonly status: string;
  /** What nginx said before it could write its own log. */
  readonly startLog: string;
  readonly errorLog: string;
  readonly accessLog: string;
  readonly refusedLog: string;
};

/** As nginx knows them, from its prefix. */
export const FILES: NginxFiles = {
  pid: 'nginx.pid',
  errorLog: 'error.log',
  accessLog: 'access.log',
  refusedLog: 'refused.log',
  temp: '.',
};
export const CONF = 'nginx.conf';
/** Relative to the working directory, since the path of a socket may have no more than 107 bytes. */
export const STATUS_SOCKET = 'status.sock';

export function placesOf(dir: string, id: ProxyId): Places {
  const home = join(dir, id);
  const at = (name: string) => join(home, name);
  return {
    home,
    record: at('proxy.json'),
    conf: at(CONF),
    pid: at(FILES.pid),
    status: at(STATUS_SOCKET),
    startLog: at('start.log'),
    errorLog: at(FILES.errorLog),
    accessLog: at(FILES.accessLog),
    refusedLog: at(FILES.refusedLog),
  };
}

/** With an access log of the oldest time there is: nobody has used it yet. */
export function makeHome(places: Places): void {
  mkdirSync(places.home, { recursive: true, mode: 0o700 });
  writeFileSync(places.accessLog, '', { mode: 0o600 });
  utimesSync(places.accessLog, 0, 0);
}

/** Replaced as a whole, so that no reader ever meets half a file. */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export const writeRecord = (places: Places, record: ProxyRecord): void =>
  replaceFile(places.record, JSON.stringify(record));

/** null: missing or not a record. */
export function readRecord(places: Places): ProxyRecord | null {
  try {
    return RecordSchema.parse(JSON.parse(readFileSync(places.record, 'utf8')));
  } catch {
    return null;
  }
}

export const listIds = (dir: string): readonly ProxyId[] => readdirSync(dir).filter(isProxyId);
