import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { httpServer } from './upstream.ts';
import { at, type NginxWorld, newProxyId, nginxWorld, portOf, urlOf } from './world.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

describe("nginx's memory", () => {
  let world: NginxWorld;
  const id = newProxyId();
  beforeEach(async () => {
    world = await nginxWorld();
  });
  afterEach(() => world.close());

  /** All of its processes together, what they share counted each time [bytes]. */
  const resident = (): number =>
    world
      .processes(id)
      .map((pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024)
      .reduce((sum, n) => sum + n, 0);

  /** Writes pieces to the client's end of an answer until `limit` or until nobody takes them. @returns what was taken */
  function pour(res: ServerResponse, piece: Buffer | string, limit: number): { taken: number; ended: boolean } {
    const state = { taken: 0, ended: false };
    const socket = res.socket as Socket;
    socket
      .on('error', () => undefined)
      .once('close', () => {
        state.ended = true;
      });
    const more = (): void => {
      while (!state.ended && state.taken < limit) {
        state.taken += piece.length;
        if (!socket.write(piece)) return void socket.once('drain', more);
      }
    };
    more();
    return state;
  }

  it('stays flat when the instance sends 1 GB of headers, which are cut off', async () => {
    const poured: { taken: number; ended: boolean }[] = [];
    const header = `x-more: ${'y'.repeat(1_000)}\r\n`;
    const port = await httpServer((_, res) => {
      res.socket?.write('HTTP/1.1 200 OK\r\n');
      poured.push(pour(res, header, GIB));
    });
    const url = urlOf(await world.serve([at(port)], {}, id));
    const before = resident();
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(url)));
    expect(answers.map((a) => a.status)).toEqual(Array(20).fill(502));
    expect(resident() - before).toBeLessThan(8 * MIB);
    await eventually('the instance to be cut off', () => poured.every((p) => p.ended));
    expect(Math.max(...poured.map((p) => p.taken))).toBeLessThan(64 * MIB);
  });

  it('stays flat when 50 clients never read what they asked for', async () => {
    const piece = Buffer.alloc(MIB);
    const poured: { taken: number; ended: boolean }[] = [];
    const port = await httpServer((_, res) => {
      res.writeHead(200, { 'content-length': GIB }).flushHeaders();
      poured.push(pour(res, piece, GIB));
    });
    const endpoint = await world.serve([at(port)], {}, id);
    const before = resident();
    const sockets = Array.from({ length: 50 }, () => {
      const socket = connect(portOf(endpoint), '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'));
      return socket.on('error', () => undefined).pause();
    });
    onTestFinished(() => {
      for (const s of sockets) s.destroy();
    });
    const total = (): number => poured.reduce((sum, p) => sum + p.taken, 0);
    let last = -1;
    // Held back: nothing is taken any more between two looks at least 200 ms apart.
    let lookedAt = 0;
    await eventually('all to be held back', () => {
      if (poured.length < 50 || performance.now() - lookedAt < 200) return false;
      lookedAt = performance.now();
      const still = total() === last;
      last = total();
      return still;
    });
    expect(total()).toBeLessThan(50 * 32 * MIB);
    expect(resident() - before).toBeLessThan(16 * MIB);
  });

  it('stays flat when an instance hangs under 100 requests, whose clients go away', async () => {
    let asked = 0;
    let left = 0;
    const port = await httpServer((_, res) => {
      asked++;
      res.once('close', () => left++);
    });
    const endpoint = await world.serve([at(port)], {}, id);
    const before = resident();
    const gone = new AbortController();
    const waiting = Array.from({ length: 100 }, () =>
      fetch(urlOf(endpoint), { signal: gone.signal }).catch(() => null),
    );
    await eventually('all to hang', () => asked === 100);
    expect(resident() - before).toBeLessThan(16 * MIB);
    gone.abort();
    await Promise.all(waiting);
    // The instance learns that nobody waits any more.
    await eventually('all to be let go', () => left === 100);
  });
});
