import { X509Certificate } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config/load.ts';
import { DAY } from '../domain/time.ts';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** Below these, logs and the store soon fill the disk [bytes]. */
const SCARCE = GIB;
const TOO_LITTLE = 100 * MIB;

/** Whether the data folder can be written and has room; one that is not there yet is judged by where it will be. */
export function checkDataFolder(dir: string): Finding {
  const check = 'data folder';
  let place = dir;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    accessSync(place, constants.W_OK | constants.X_OK);
  } catch {
    return fail(check, `${place} cannot be written`, 'give it to the user that berth runs as, or set BERTH_DATA_DIR');
  }
  const { bavail, bsize } = statfsSync(place);
  const free = bavail * bsize;
  const seen = `${dir}${place === dir ? '' : ' (made at the first start)'}, ${amount(free)} free`;
  const todo = 'make room on its disk, or set BERTH_DATA_DIR to a larger one';
  if (free < TOO_LITTLE) return fail(check, seen, todo);
  return free < SCARCE ? warn(check, seen, todo) : ok(check, seen);
}

const amount = (bytes: number): string =>
  bytes < GIB ? `${Math.floor(bytes / MIB)} MiB` : `${Math.floor(bytes / GIB)} GiB`;

/** Certificates are renewed by people who want to know in time [ms]. */
const RENEW_MS = 14 * DAY;

/** The files that gRPC needs: certificate, key, token. */
export function checkKeys(config: Config, nowMs: number): readonly Finding[] {
  const findings: Finding[] = [];
  if (config.tls !== null) findings.push(checkCertificate(config.tls, nowMs));
  const { adminTokenFile: file } = config;
  if (file !== null) findings.push(checkToken(file));
  return findings;
}

function checkCertificate({ certFile, keyFile, clientCaFile }: NonNullable<Config['tls']>, nowMs: number): Finding {
  const check = 'TLS';
  try {
    const certificate = new X509Certificate(readFileSync(certFile));
    readFileSync(keyFile);
    if (clientCaFile !== null) new X509Certificate(readFileSync(clientCaFile));
    const left = certificate.validToDate.getTime() - nowMs;
    const seen = `${certFile}, valid until ${certificate.validTo}`;
    if (left <= 0) return fail(check, seen, 'renew the certificate and start berth again');
    return left < RENEW_MS ? warn(check, seen, 'renew the certificate soon') : ok(check, seen);
  } catch (err) {
    return fail(check, messageOf(err), 'see BERTH_TLS_CERT, BERTH_TLS_KEY and BERTH_TLS_CLIENT_CA');
  }
}

/** A token that can be guessed is none [characters]. */
const SHORTEST_TOKEN = 16;

function checkToken(file: string): Finding {
  const check = 'admin token';
  try {
    const { length } = readFileSync(file, 'utf8').trim();
    if (length >= SHORTEST_TOKEN) return ok(check, `in ${file}`);
    return warn(
      check,
      `${file} holds ${length} characters`,
      'put a long random text into it, such as of: openssl rand -hex 32',
    );
  } catch (err) {
    return fail(check, messageOf(err), 'see BERTH_ADMIN_TOKEN_FILE');
  }
}

/** A caller takes one, an instance three, a proxy's log and socket some more. */
const FEW_FILES = 4_096;

export function checkOpenFiles(): Finding {
  const check = 'open files';
  const [, most = ''] = /^Max open files\s+(\S+)/m.exec(readOr('/proc/self/limits')) ?? [];
  if (most === '') return ok(check, 'no limit is known on this system');
  if (most === 'unlimited' || Number(most) >= FEW_FILES) return ok(check, `at most ${most}`);
  return warn(
    check,
    `at most ${most}`,
    `raise the limit before the start: ulimit -n 65536, or LimitNOFILE= of systemd`,
  );
}

export function readOr(file: string, otherwise = ''): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return otherwise;
  }
}
