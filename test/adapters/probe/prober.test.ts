import { createOwnConnections } from '../../../src/adapters/probe/own-connections.ts';
import { createProber } from '../../../src/adapters/probe/prober.ts';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import { proberContract } from '../../contract/prober.contract.ts';

proberContract('sockets', () => createProber(createOwnConnections(createSystemClock())));
