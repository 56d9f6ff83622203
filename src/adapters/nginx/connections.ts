import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { PortRange } from './ports.ts';
import { findProgram } from './programs.ts';

/** An established connection to one of the ports that were asked for. */
export type Connection = {
  readonly port: number;
  /** The other end as `address:port`, IPv6 without brackets, IPv4 in IPv6 as IPv4. */
  readonly peer: string;
  /** Since data last moved on it, in either direction, or since it was opened [ms]; null: the kernel did not tell. */
  readonly quietMs: number | null;
};

const SYSTEM_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
/** Some 400 bytes a connection. */
const MOST_BYTES = 256 * 1024 * 1024;

/** The program that reads the kernel's counters of all connections at once; null: this system has none. */
export const findSs = (path = process.env.PATH ?? ''): string | null => findProgram('ss', path, SYSTEM_FOLDERS);

/**
 * All connections to the ports of a range, in one read.
 * @param ss from `findSs`; without it, nothing is known of the data
 */
export async function connectionsTo(
  range: PortRange,
  ss: string | null,
  signal: AbortSignal,
): Promise<readonly Connection[]> {
  if (ss !== null) {
    const filter = `( sport >= :${range.from} and sport <= :${range.to} )`;
    const asked = { signal, maxBuffer: MOST_BYTES, env: {} };
    return parseSs((await promisify(execFile)(ss, ['-tinHO', 'state', 'established', filter], asked)).stdout);
  }
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'latin1').catch(() => ''));
  return (await Promise.all(tables)).flatMap(parseProcNet).filter(({ port }) => port >= range.from && port <= range.to);
}

/** Lines such as `0 0 127.0.0.1:30001 127.0.0.1:5 cubic rto:204 … lastsnd:4 lastrcv:4`. There
 *  may be many thousands, so only what is needed is taken out. */
export const parseSs = (printed: string): readonly Connection[] =>
  printed.split('\n').flatMap((line) => {
    const ends = /^\s*\d+\s+\d+\s+(\S+)\s+(\S+)/.exec(line);
    if (ends?.[1] === undefined || ends[2] === undefined) return [];
    // A time of 0 is left out. Both begin with the connection.
    const ago = (name: RegExp): number => Number(name.exec(line)?.[1] ?? 0);
    const quietMs = line.includes(' rto:') ? Math.min(ago(/ lastsnd:(\d+)/), ago(/ lastrcv:(\d+)/)) : null;
    return [{ port: portIn(ends[1]), peer: plain(ends[2]), quietMs }];
  });

const portIn = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));

/** `[::ffff:10.0.0.1]:5`, `[::1%lo]:5` and `10.0.0.1:5` as in `Connection.peer`. */
const plain = (address: string): string => address.replace(/^\[(?:::ffff:(?=[\d.]+\]))?([^\]%]*)[^\]]*\]/, '$1');

const ESTABLISHED = '01';

/** `sl local_address rem_address st …`, addresses as words of 32 bits in this machine's order, in hexadecimal. */
export const parseProcNet = (table: string): readonly Connection[] =>
  table.split('\n').flatMap((line) => {
    const [, local, peer, state] = line.trim().split(/\s+/);
    if (state !== ESTABLISHED || local === undefined || peer === undefined) return [];
    return [{ port: hexPort(local), peer: `${hexHost(peer)}:${hexPort(peer)}`, quietMs: null }];
  });

const hexPort = (address: string): number => Number.parseInt(address.slice(address.indexOf(':') + 1), 16);

function hexHost(address: string): string {
  const words = address.slice(0, address.indexOf(':')).match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).map((b) => Number.parseInt(b, 16)).reverse());
  const v4 = bytes.length === 4 || words.slice(0, 3).join('') === '0000000000000000FFFF0000';
  return v4 ? bytes.slice(-4).join('.') : shortened(bytes);
}

/** IPv6 as everybody writes it. */
function shortened(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
