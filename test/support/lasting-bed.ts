import { MINUTE } from '../../src/domain/time.ts';
import { type BedOptions, type EngineBed, engineBed } from './engine-bed.ts';
import { aClass } from './fixtures.ts';

/** What becomes of a lost instance in these beds. */
export const onLoss = { attempts: 2, withinMs: 5 * MINUTE };

/** A class whose lost instances are replaced behind an address that stays. */
export const lasting = (over: Parameters<typeof aClass>[0] = {}) => aClass({ proxy: 'stable', onLoss, ...over });

/** An engine with that class; each instance has an address of its own. */
export async function lastingBed(o: BedOptions = {}): Promise<EngineBed> {
  const bed = await engineBed({ classes: [lasting()], ...o });
  bed.world.knobs.ownPorts = true;
  return bed;
}
