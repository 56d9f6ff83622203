import { createDirectProxy } from '../../../src/adapters/direct/proxy.ts';
import { sessionProxyContract } from '../../contract/session-proxy.contract.ts';

sessionProxyContract('direct', { stable: false, owns: false }, async () => ({
  proxy: createDirectProxy(),
  again: async () => createDirectProxy(),
  close: async () => undefined,
}));
