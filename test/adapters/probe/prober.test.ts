import { createProber } from '../../../src/adapters/probe/prober.ts';
import { proberContract } from '../../contract/prober.contract.ts';

proberContract('sockets', createProber);
