import { noLimits } from '../../../src/adapters/process/limits.ts';
import { computeProviderContract } from '../../contract/compute-provider.contract.ts';
import { processWorld } from './world.ts';

const has = { sharedHost: true, logs: true, exits: true, oneTagForAll: true };

computeProviderContract('process, with the limits of this machine', has, async () => processWorld());
computeProviderContract('process, without limits', has, async () =>
  processWorld({ caps: noLimits('the test says so') }),
);
