import { readFileSync } from 'node:fs';
import { parseClassFile } from '../../../src/config/classes.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { shippedFile } from '../../../src/config/shipped.ts';
import { wantedOf } from '../../../src/domain/placement.ts';
import type { Micros } from '../../../src/domain/resources.ts';
import { AVOID_NOTHING } from '../../../src/domain/search.ts';
import type { SessionClass } from '../../../src/domain/session-class.ts';
import type { Terms } from './run.ts';

export const CLASS_FILE = 'deploy/classes/vastai.yaml';

/** In place of what is shipped. */
export type Changed = { readonly microsPerMinute?: Micros; readonly banTerm?: string };

/** What the shipped class and the broker's defaults say. */
export function shippedTerms({ microsPerMinute, banTerm }: Changed = {}): Terms {
  const known = { providers: ['vastai'], proxies: ['nginx-local'], file: CLASS_FILE };
  const [c]: readonly SessionClass[] = parseClassFile(readFileSync(shippedFile(CLASS_FILE), 'utf8'), known).classes;
  if (c?.placement === undefined || c.placement === null) throw new Error(`${CLASS_FILE} has no class of a market`);
  const placement = microsPerMinute === undefined ? c.placement : { ...c.placement, microsPerMinute };
  const { bans } = loadConfig(banTerm === undefined ? {} : { BERTH_BAN_TERM: banTerm }, '/');
  return {
    bans,
    reserve: c.reserve,
    placement,
    wanted: wantedOf({ resources: c.resources, need: {}, ports: c.ports.length, placement, avoid: AVOID_NOTHING }),
    bootTimeoutMs: c.bootTimeoutMs,
    queueTimeoutMs: c.queueTimeoutMs,
    startAttempts: c.startAttempts,
  };
}
