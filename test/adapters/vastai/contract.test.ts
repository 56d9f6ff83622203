import { computeProviderContract } from '../../contract/compute-provider.contract.ts';
import { vastWorld } from './world.ts';

/** On a network of one machine, so its ports are the machine's. */
const has = { sharedHost: true, logs: true, exits: false, oneTagForAll: false };

computeProviderContract('Vast.ai, as the simulator has it', has, async () => vastWorld({ frozen: false }));
