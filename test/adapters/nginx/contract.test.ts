import { sessionProxyContract } from '../../contract/session-proxy.contract.ts';
import { nginxWorld } from './world.ts';

sessionProxyContract('nginx-local', { stable: true, owns: true }, async () => {
  const world = await nginxWorld();
  return { proxy: world.proxy, again: async () => world.again(), close: world.close };
});
