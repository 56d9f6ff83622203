import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { get } from 'node:http';
import type { Clock } from '../../ports/clock.ts';
import { masterOf, signalTo, workersOf } from './processes.ts';
import { CONF, FILES, type Places, STATUS_SOCKET } from './record.ts';

/** What nginx says to a configuration: null, or its own words. */
export type Refusal = string | null;

/** Nginx tries a taken port for 2.5 s [ms]. */
const START_MS = 10_000;
const RELOAD_MS = 5_000;
const LOOK_MS = 3;
const STATUS_MS = 1_000;
const LONGEST_WORDS = 1_000;

/**
 * Starts nginx, which puts itself into a session of its own once it listens, and so outlives the broker. Resolves
 * then, or with its words.
 */
export async function startNginx(program: string, places: Places, clock: Clock, signal: AbortSignal): Promise<Refusal> {
  // Left behind by one that was killed, which cannot be bound again.
  for (const path of [places.status, places.pid]) rmSync(path, { force: true });
  const log = openSync(places.startLog, 'w', 0o600);
  try {
    const code = await exitCode(program, places, log, AbortSignal.any([signal, AbortSignal.timeout(START_MS)]));
    if (code !== 0) return wordsIn(places, places.startLog, 0) || `it ended with code ${code}`;
  } finally {
    closeSync(log);
  }
  // Written a moment after the first process has ended.
  const deadline = clock.monotonic() + START_MS;
  while (masterOf(places) === null) {
    if (clock.monotonic() > deadline) return wordsIn(places, places.errorLog, 0) || 'it ended at once';
    await clock.sleep(1, signal);
  }
  return null;
}

/** No variables: one by the name NGINX would mean sockets to nginx. */
function exitCode(program: string, { home }: Places, log: number, signal: AbortSignal): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['-p', `${home}/`, '-c', CONF, '-e', FILES.errorLog], {
      cwd: home,
      env: {},
      stdio: ['ignore', 'ignore', log],
      signal,
      killSignal: 'SIGKILL',
    });
    child.once('error', reject);
    child.once('exit', resolve);
  });
}

/** Makes the configuration file take force; resolves when it has, or with nginx's words, and the old one stays. */
export async function reloadNginx(
  places: Places,
  generation: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Refusal> {
  const master = masterOf(places);
  const said = sizeOf(places.errorLog);
  if (master === null || !signalTo(master, 'SIGHUP')) return 'it does not run';
  const deadline = clock.monotonic() + RELOAD_MS;
  while ((await askStatus(places, '/generation').catch(() => '')) !== String(generation)) {
    const words = wordsIn(places, places.errorLog, said);
    if (words !== '' || clock.monotonic() > deadline) return words || 'it did not take the new configuration in time';
    await clock.sleep(LOOK_MS, signal);
  }
  // The workers before take connections for another 100 ms, and lead them to where they did.
  while (workersOf(master) > 1 && clock.monotonic() < deadline) await clock.sleep(LOOK_MS, signal);
  return null;
}

/** @param path /generation or /status. @throws Error when nothing answers */
export async function askStatus(places: Places, path: string): Promise<string> {
  // By way of the open directory, since the path of a socket may have no more than 107 bytes.
  const home = openSync(places.home, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await new Promise<string>((resolve, reject) => {
      const socketPath = `/proc/self/fd/${home}/${STATUS_SOCKET}`;
      const signal = AbortSignal.timeout(STATUS_MS);
      const asked = get({ socketPath, path, agent: false, signal }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (piece: string) => {
          text += piece;
        });
        answer.once('end', () => resolve(text.trim()));
        answer.once('error', reject);
      });
      asked.once('error', reject);
    });
  } finally {
    closeSync(home);
  }
}

export const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** What made nginx refuse, from `offset` of its log [bytes]; without this machine's paths. */
function wordsIn({ home }: Places, path: string, offset: number): string {
  let text: string;
  try {
    text = readFileSync(path).subarray(offset).toString('utf8');
  } catch {
    return '';
  }
  const refused = text
    .split('\n')
    .map((line) => /\[emerg\] (?:\d+#\d+: )?(.*)/.exec(line)?.[1])
    .filter((line) => line !== undefined);
  return [...new Set(refused)].join('; ').replaceAll(`${home}/`, '').slice(0, LONGEST_WORDS);
}
