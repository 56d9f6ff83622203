import { createInstanceHttp } from '../../../src/adapters/probe/instance-http.ts';
import { instanceHttpContract } from '../../contract/instance-http.contract.ts';

instanceHttpContract('sockets', createInstanceHttp);
