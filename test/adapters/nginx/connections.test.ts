import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionsTo, findSs, parseProcNet, parseSs } from '../../../src/adapters/nginx/connections.ts';

const never = new AbortController().signal;

/** Opened, and said something or nothing. */
async function opened(host: string): Promise<{ readonly port: number; readonly client: Socket }> {
  const server = createServer();
  const accepted: Socket[] = [];
  server.on('connection', (s) => accepted.push(s.resume()));
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect(port, host === '::' ? '127.0.0.1' : host);
  onTestFinished(() => {
    client.destroy();
    for (const s of accepted) s.destroy();
    server.close();
  });
  await once(client, 'connect');
  return { port, client };
}

describe('Connections to ports', () => {
  it.each(['127.0.0.1', '::1', '::'])(
    'on %s are told the same by ss and by /proc, with their other ends',
    async (host) => {
      const { port, client } = await opened(host);
      const range = { from: port, to: port };
      const peer = `${client.localAddress}:${client.localPort}`;
      const ss = findSs();
      expect(ss).not.toBeNull();
      expect(await connectionsTo(range, ss, never)).toEqual([{ port, peer, quietMs: expect.any(Number) }]);
      expect(await connectionsTo(range, null, never)).toEqual([{ port, peer, quietMs: null }]);
      expect(
        await connectionsTo({ from: client.localPort ?? 0, to: client.localPort ?? 0 }, null, never),
      ).toMatchObject([{ port: client.localPort }]);
    },
  );

  it('tell how long ago data moved, only where ss can be asked', async () => {
    const { port, client } = await opened('127.0.0.1');
    await new Promise((resolve) => client.write('hello', resolve));
    const range = { from: port, to: port };
    const [seen] = await connectionsTo(range, findSs(), never);
    expect(seen?.quietMs).toBeGreaterThanOrEqual(0);
    expect(seen?.quietMs).toBeLessThan(5_000);
    expect(await connectionsTo(range, null, never)).toMatchObject([{ quietMs: null }]);
  });

  it('are no error when there are none', async () => {
    expect(await connectionsTo({ from: 1, to: 2 }, findSs(), never)).toEqual([]);
    expect(await connectionsTo({ from: 1, to: 2 }, null, never)).toEqual([]);
  });

  it('are an error when ss fails, and not none', async () => {
    await expect(connectionsTo({ from: 1, to: 2 }, '/bin/false', never)).rejects.toThrow();
    await expect(connectionsTo({ from: 1, to: 2 }, findSs(), AbortSignal.abort())).rejects.toThrow();
  });

  it.each([
    ['0 0 10.0.0.1:30001 10.9.8.7:5', '10.9.8.7:5', null],
    ['0 0 10.0.0.1:30001 10.9.8.7:5 cubic rto:204 bytes_sent:2', '10.9.8.7:5', 0],
    ['0 0 10.0.0.1:30001 10.9.8.7:5 cubic rto:204 lastsnd:900 lastrcv:900 lastack:1', '10.9.8.7:5', 900],
    ['0 0 10.0.0.1:30001 10.9.8.7:5 cubic rto:204 bytes_received:3 lastsnd:900 lastrcv:70 lastack:1', '10.9.8.7:5', 70],
    ['0 0 10.0.0.1:30001 10.9.8.7:5 cubic rto:204 bytes_sent:2 lastsnd:40 lastrcv:70', '10.9.8.7:5', 40],
    ['0 0 10.0.0.1:30001 10.9.8.7:5 cubic rto:204 bytes_sent:2 lastrcv:70', '10.9.8.7:5', 0],
    ['0 0 [::ffff:10.0.0.1]:30001 [::ffff:10.9.8.7]:5 cubic', '10.9.8.7:5', null],
    ['0 0 [2001:db8::1]:30001 [2001:db8::2]:5 cubic', '2001:db8::2:5', null],
    ['0 0 [fe80::1%eth0]:30001 [fe80::2%eth0]:5 cubic', 'fe80::2:5', null],
    ['12 345 10.0.0.1%lo:30001 10.9.8.7:5', '10.9.8.7:5', null],
  ])('are read from %j', (line, peer, quietMs) => {
    expect(parseSs(`${line}\n`)).toEqual([{ port: 30_001, peer, quietMs }]);
  });

  it.each([
    ['0: 0100007F:7531 0708090A:0005 01 00000000:00000000', '10.9.8.7:5'],
    ['1: 0000000000000000FFFF00000100007F:7531 0000000000000000FFFF00000708090A:0005 01 0', '10.9.8.7:5'],
    ['2: 00000000000000000000000001000000:7531 B80D0120000000000000000002000000:0005 01 0', '2001:db8::2:5'],
  ])('are read from %j of /proc', (line, peer) => {
    const table = `  sl  local_address rem_address   st\n   ${line}\n   3: 0100007F:7531 00000000:0000 0A 0\n`;
    expect(parseProcNet(table)).toEqual([{ port: 0x7531, peer, quietMs: null }]);
  });
});
