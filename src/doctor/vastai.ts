import { statSync } from 'node:fs';
import { keyFrom } from '../adapters/vastai/key.ts';
import { createVastaiProvider } from '../adapters/vastai/provider.ts';
import type { Config } from '../config/load.ts';
import type { Clock } from '../ports/clock.ts';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

const ANSWER_MS = 10_000;
const OTHERS_MAY_READ = 0o077;
const quiet = { debug: () => undefined, warn: () => undefined };

/** Whether Vast.ai takes the key, and what is left to spend. Nothing is rented, and nothing is looked for. */
export async function checkVastai({ vastai }: Config, clock: Clock, signal: AbortSignal): Promise<readonly Finding[]> {
  if (vastai === null) return [];
  const { key, keyFile, url, minCreditMicros } = vastai;
  const check = 'vastai';
  const read = keyFrom({ key, keyFile });
  const provider = createVastaiProvider({
    ...vastai,
    key: read,
    installationId: 'doctor',
    clock,
    log: quiet,
  });
  const findings = keyFile === null ? [] : checkMode(keyFile);
  try {
    // By itself, since a call does not tell what its key was missing for.
    await read();
    const { creditMicros } = await provider.account(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]));
    const seen = `${url} takes the key; ${dollars(creditMicros)} left`;
    const todo = `nothing is rented below ${dollars(minCreditMicros)}: pay in, or lower BERTH_VASTAI_MIN_CREDIT`;
    return [...findings, creditMicros < minCreditMicros ? warn(check, seen, todo) : ok(check, seen)];
  } catch (err) {
    return [
      ...findings,
      fail(check, messageOf(err), 'see BERTH_VASTAI_KEY_FILE, BERTH_VASTAI_KEY and BERTH_VASTAI_URL'),
    ];
  } finally {
    await provider.close();
  }
}

const dollars = (micros: number): string => `$${(micros / 1_000_000).toFixed(2)}`;

function checkMode(file: string): Finding[] {
  return (modeOf(file) & OTHERS_MAY_READ) === 0
    ? []
    : [warn('vastai key', `${file} can be read by other users`, `chmod 600 ${file}`)];
}

/** A file that is not there, or cannot be looked at, is told by whoever reads it. */
function modeOf(file: string): number {
  try {
    return statSync(file).mode;
  } catch {
    return 0;
  }
}
