import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates, type Pair } from './certificates.ts';
import { call, type Edge, failure, startEdge } from './support.ts';

describe('TLS', () => {
  let made: Certificates;
  let edge: Edge;
  beforeAll(() => {
    made = makeCertificates();
  });
  afterEach(() => edge.close());

  const asking = (ca: Buffer, pair?: Pair) => {
    const creds = credentials.createSsl(ca, pair?.key ?? null, pair?.cert ?? null);
    const address = `localhost:${edge.server.port}`;
    return call(
      edge.dial(creds, undefined, address),
      'AcquireSession',
      { class: 'echo' },
      { deadline: Date.now() + 5_000 },
    );
  };

  it('serves clients that trust the certificate, and no others', async () => {
    edge = await startEdge({ tls: made.server });
    expect((await asking(made.ca)).session.phase).toBe('SESSION_PHASE_ACTIVE');
    expect(await failure(asking(made.stranger.cert))).toMatchObject({ code: 'UNAVAILABLE' });
    expect(await failure(call(edge.client, 'ListClasses', {}, { deadline: Date.now() + 5_000 }))).toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  it('with an authority for clients serves only clients with its certificate', async () => {
    edge = await startEdge({ tls: { ...made.server, clientCa: made.ca } });
    expect((await asking(made.ca, made.client)).session.phase).toBe('SESSION_PHASE_ACTIVE');
    expect(await failure(asking(made.ca))).toMatchObject({ code: 'UNAVAILABLE' });
    expect(await failure(asking(made.ca, made.stranger))).toMatchObject({ code: 'UNAVAILABLE' });
    expect(edge.rpcs).toEqual([['AcquireSession', 'OK']]);
  });
});

describe('A server', () => {
  it('listens on a Unix socket, whose callers are on this machine', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'berth-sock-'));
    const edge = await startEdge({ listen: `unix:${join(folder, 'berth.sock')}` });
    try {
      expect(edge.server.port).toBe(0);
      expect((await call(edge.client, 'AcquireSession', { class: 'echo' })).session.tenant).toBe('default');
    } finally {
      await edge.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('says where it cannot listen', async () => {
    const edge = await startEdge();
    try {
      await expect(startEdge({ listen: edge.server.address })).rejects.toMatchObject({
        name: 'BrokerError',
        code: 'unavailable',
        message: expect.stringContaining(`cannot listen on ${edge.server.address}`),
      });
      await expect(startEdge({ tls: { cert: Buffer.from('none'), key: Buffer.from('none') } })).rejects.toMatchObject({
        name: 'BrokerError',
        details: { reason: 'LISTEN' },
      });
    } finally {
      await edge.close();
    }
  });
});
