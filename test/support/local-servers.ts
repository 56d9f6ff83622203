import type { Server, Socket } from 'node:net';
import { afterEach } from 'vitest';
import { eventually } from './eventually.ts';

/** Servers on free ports that end after each test, and know of every connection to them. Called in a `describe`. */
export function localServers() {
  let servers: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];

  afterEach(async () => {
    for (const { server, sockets } of servers) {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
    servers = [];
  });

  return async function listen(server: Server, host = '127.0.0.1') {
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => sockets.delete(socket));
    });
    servers.push({ server, sockets });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no address');
    const to = { name: 'http', protocol: 'http', host, port: address.port } as const;
    /** Resolves when whoever asked has closed all that it opened. */
    const left = () => eventually('every connection to be closed', () => sockets.size === 0);
    /** Resolves when it takes no more connections. */
    const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
    return { to, left, close };
  };
}
