import type { NginxFound } from '../adapters/nginx/find.ts';
import { findNginx } from '../adapters/nginx/find.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import type { Config } from '../config/load.ts';
import { checkBlacklist } from './blacklist.ts';
import { checkClasses } from './classes.ts';
import { checkDataFolder, checkKeys, checkOpenFiles } from './files.ts';
import type { Finding } from './finding.ts';
import { checkNginx, checkSocketTool } from './nginx.ts';
import { checkListeners, checkPortRanges } from './ports.ts';
import { checkProcessLimits } from './process.ts';
import { checkStore } from './store.ts';
import { checkVastai } from './vastai.ts';

/** What a broker that runs already holds: no wonder then that it is taken. */
export type Running = { readonly grpc: boolean; readonly http: boolean };

/**
 * Whether a broker of this configuration finds on this machine what it needs. Looks, and changes nothing: what has to be
 * made to be tried is taken away again.
 * @param running which listeners of this configuration a broker answers at
 */
export async function checkMachine(config: Config, running: Running, signal: AbortSignal): Promise<readonly Finding[]> {
  const clock = createSystemClock();
  const found: NginxFound = await findNginx(config.nginx);
  const classes = await checkClasses(config, found);
  return [
    ...classes.findings,
    checkDataFolder(config.dataDir),
    ...(await checkStore(config, clock, signal)),
    ...checkKeys(config, clock.now()),
    checkProcessLimits(),
    checkOpenFiles(),
    ...(await checkNginx(found, classes.settings)),
    checkSocketTool(),
    ...(await checkListeners(config, running)),
    ...(await checkPortRanges(config)),
    ...(await checkVastai(config, clock, signal)),
    ...(await checkBlacklist(config, clock, signal)),
  ];
}
